import { line, REACHABLE, webUrl } from "./fields.ts";
import { multipart, none, octets } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { exampleId, id, input, lasts, nullable, query, ruled, schema, timestamp, whole, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

/** What a file may be. Its bytes decide, never its name or what the client says. */
export const FILE_TYPES = [
  "video/mp4",
  "video/quicktime",
  "video/webm",
  "audio/mpeg",
  "audio/wav",
  "audio/mp4",
  "image/jpeg",
  "image/png",
  "image/webp",
  "image/gif",
  "application/pdf",
  "text/markdown",
  "text/plain",
] as const;

/** Largest file of all plans, as many parts as there may be of the largest there may be; and largest in one request. */
export const MAX_FILE_BYTES = 10_000 * 512 * 1024 ** 2;
export const MAX_SINGLE_BYTES = 5 * 1024 ** 3;

export const filename = line(255, "The file's name. No path: `/` and `\\` become `_`", "nora-coffee.mp4");

const type = z.enum(FILE_TYPES).describe("What the file is, by its bytes");

const status = z
  .enum(["pending", "ready", "failed"])
  .describe("`pending` while bytes are missing or being checked; only a `ready` one can be downloaded");

const fileUrl = ruled(webUrl("https?", "Where the file is", "https://cdn.example.com/coffee-12.mp4"), REACHABLE);

export const Upload = schema("Upload", "A file", {
  id: id("upl"),
  filename,
  via: z.enum(["multipart", "url", "parts"]).describe("How it came"),
  status,
  progress: z
    .int()
    .min(0)
    .max(100)
    .describe("How much has come, in percent, as far as it is known")
    .meta({ example: 100 }),
  type: nullable(type),
  size: nullable(
    z
      .int()
      .min(0)
      .describe("Bytes; of one in parts as announced, of others once they have come")
      .meta({ example: 10_485_760 }),
  ),
  sha256: nullable(
    z
      .string()
      .describe("SHA-256 of the bytes, in hex")
      .meta({ example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" }),
  ),
  width: nullable(
    z.int().min(0).describe("Pixels, of a picture or video where it could be read").meta({ example: 1080 }),
  ),
  height: nullable(
    z.int().min(0).describe("Pixels, of a picture or video where it could be read").meta({ example: 1920 }),
  ),
  duration_ms: nullable(
    z.int().min(0).describe("Milliseconds, of sound or video where it could be read").meta({ example: 58_000 }),
  ),
  source_url: nullable(fileUrl.describe("Where it was fetched from; null when it was not")),
  parts: nullable(
    z
      .object({
        size: z.int().describe("Bytes of every part but the last").meta({ example: 8_388_608 }),
        count: z.int().describe("How many there are").meta({ example: 2 }),
      })
      .describe("The parts it comes in; null when it does not"),
  ),
  error: nullable(
    z
      .object({
        code: z
          .string()
          .describe("What went wrong, for programs: `type_not_allowed`, `too_large`, `fetch_failed` and others")
          .meta({ example: "type_not_allowed" }),
        message: z.string().describe("What went wrong, for people").meta({ example: "The file is a ZIP archive" }),
      })
      .describe("Why it failed"),
  ),
  created_at: timestamp("When the upload was begun"),
  ready_at: nullable(timestamp("When it became ready")),
  expires_at: nullable(
    lasts(timestamp("When an unfinished upload is dropped; null once it is ready"), 86_400, "created_at"),
  ),
});

export const ImportUploadInput = input("ImportUploadInput", "A file to fetch", {
  url: fileUrl,
  filename: filename.optional(),
});

export const DownloadUrl = schema("DownloadUrl", "Where a file can be fetched without a credential", {
  url: z
    .string()
    .describe("GET it; ranges are supported")
    .meta({ example: "https://api.example.com/api/v1/uploads/upl_x/content?expires=1768469460&signature=3f9a1c" }),
  expires_at: lasts(timestamp("Until when the address is good: 15 minutes"), 900),
});

const expires = whole({ min: 0, max: 99_999_999_999, about: "Until when the address is good, in Unix seconds" }).meta({
  example: 1_768_469_460,
});
const signature = z
  .string()
  .min(1)
  .max(128)
  .describe("Proof that this server made the address")
  .meta({ example: `${exampleId("org")}.kZ3Qm2rV0yB1nTq8sUeW5xLd7fGhJcA9oPiRtYvMwXE` });

/** What proves a signed address. */
export const signedQuery = () => query({ expires, signature });

export const listUploads = operation({
  id: "listUploads",
  method: "get",
  path: "/v1/uploads",
  tag: "Uploads",
  summary: "List uploads",
  description: "The organization's files, newest first.",
  scopes: ["uploads:read"],
  effect: { lists: "upload" },
  query: page.query({
    status: status.optional(),
    type: z.enum(FILE_TYPES).describe("Only files of this type").optional(),
  }),
  responses: { 200: page.of(Upload) },
});

export const createUpload = operation({
  id: "createUpload",
  method: "post",
  path: "/v1/uploads",
  tag: "Uploads",
  summary: "Upload a file",
  description: `In one request, within two minutes: send larger files in parts. What is not of an allowed type by its bytes
is a 415, more than the plan allows for one file a 413, more than it keeps in all a 403.`,
  scopes: ["uploads:write"],
  idempotent: "key",
  effect: { creates: "upload" },
  body: multipart(z.strictObject({}), {
    file: "The file. Its part's `filename` names the upload, without a path before it",
  }),
  limits: { bodyBytes: MAX_SINGLE_BYTES },
  responses: { 201: Upload },
  errors: ["PLAN_LIMIT", "UPSTREAM_ERROR"],
});

export const importUpload = operation({
  id: "importUpload",
  method: "post",
  path: "/v1/uploads/import",
  tag: "Uploads",
  summary: "Fetch a file from an address",
  description:
    "The server fetches it. Addresses inside the server's own network are refused (400). Without a `filename` it is called " +
    "as the last piece of the address's path.",
  scopes: ["uploads:write"],
  idempotent: "key",
  effect: { creates: "upload" },
  async: { poll: "getUpload", terminal: ["ready", "failed"] },
  body: ImportUploadInput,
  responses: { 202: Upload },
  errors: ["PLAN_LIMIT"],
});

export const getUpload = operation({
  id: "getUpload",
  method: "get",
  path: "/v1/uploads/{upload_id}",
  tag: "Uploads",
  summary: "Get an upload",
  scopes: ["uploads:read"],
  effect: { reads: "upload" },
  responses: { 200: Upload },
});

export const deleteUpload = operation({
  id: "deleteUpload",
  method: "delete",
  path: "/v1/uploads/{upload_id}",
  tag: "Uploads",
  summary: "Delete an upload",
  description: "Aborts one that is not complete, with every part that has come.",
  scopes: ["uploads:write"],
  effect: { deletes: "upload" },
  responses: { 204: none("The file is gone") },
});

export const createDownloadUrl = operation({
  id: "createDownloadUrl",
  method: "post",
  path: "/v1/uploads/{upload_id}/download-url",
  tag: "Uploads",
  summary: "Get an address to download a file from",
  description: "Good for 15 minutes, without a credential. An upload that is not ready is a 409.",
  scopes: ["uploads:read"],
  idempotent: "natural",
  responses: { 200: DownloadUrl },
  errors: ["CONFLICT"],
});

export const downloadUpload = operation({
  id: "downloadUpload",
  method: "get",
  path: "/v1/uploads/{upload_id}/content",
  tag: "Uploads",
  summary: "Download a file by its address",
  description:
    "What `createDownloadUrl` leads to where files are kept in a folder. Always an attachment, never a page.",
  auth: "signed",
  query: signedQuery(),
  responses: {
    200: octets(["*/*"], "The file"),
    206: octets(["*/*"], "The part of the file that `Range` asked for"),
  },
  errors: ["UPSTREAM_ERROR"],
});
