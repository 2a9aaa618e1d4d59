import { octets } from "./kit/media.ts";
import { input, lasts, ruled, schema, timestamp, z } from "./kit/schema.ts";
import { filename, MAX_FILE_BYTES, signedQuery, Upload } from "./uploads.ts";
import { operation } from "./vocabulary.ts";

/** Bounds of parts: S3's own. */
export const MIN_PART_BYTES = 5 * 1024 ** 2;
export const MAX_PART_BYTES = 512 * 1024 ** 2;
export const MAX_PARTS = 10_000;

export const ResumableUploadInput = input("ResumableUploadInput", "A file to come in parts", {
  filename,
  size: ruled(
    z.int().min(1).max(MAX_FILE_BYTES).describe("Bytes of the whole file").meta({ example: 10_485_760 }),
    `makes at most ${MAX_PARTS} parts of part_size`,
  ),
  part_size: ruled(
    z
      .int()
      .min(MIN_PART_BYTES)
      .max(MAX_PART_BYTES)
      .describe("Bytes of every part but the last; absent for one that suits the size")
      .meta({ example: 8_388_608 }),
    `makes at most ${MAX_PARTS} parts of size`,
  ).optional(),
});

export const UploadPart = schema("UploadPart", "A part that has come", {
  number: z.int().min(1).max(MAX_PARTS).describe("Its place, from 1").meta({ example: 1 }),
  size: z.int().min(0).describe("Bytes").meta({ example: 8_388_608 }),
  created_at: timestamp("When it came"),
});

export const UploadPartList = schema("UploadPartList", "The parts that have come", {
  data: z.array(UploadPart).describe("By number. What is missing is yet to be sent"),
});

export const UploadPartUrl = schema("UploadPartUrl", "Where a part can be sent without a credential", {
  number: z.int().min(1).max(MAX_PARTS).describe("The part's place, from 1").meta({ example: 1 }),
  method: z.enum(["PUT"]).describe("The method to send it with"),
  url: z
    .string()
    .describe("Send the bytes here, as they are; straight to the store where it is S3")
    .meta({ example: "https://files.example.com/org/upl?partNumber=1&signature=3f9a1c" }),
  size: z.int().min(1).describe("Bytes that this part must have").meta({ example: 8_388_608 }),
  headers: z
    .record(z.string(), z.string())
    .describe("Headers to send with it")
    .meta({ example: { "content-type": "application/octet-stream" } }),
  expires_at: lasts(timestamp("Until when the address is good: an hour"), 3600),
});

const partBytes = octets(["application/octet-stream"], "The bytes of the part");

export const createResumableUpload = operation({
  id: "createResumableUpload",
  method: "post",
  path: "/v1/uploads/resumable",
  tag: "Uploads",
  summary: "Begin an upload in parts",
  description: `Then send every part (in any order, again where one broke off), and complete it. The same on every store.
\`Upload.parts\` says how large the parts are. What is not completed in 24 hours is dropped; deleting it aborts it. A file larger than the plan allows is a 413, more than it
keeps in all a 403; the bytes count as used from now on.`,
  scopes: ["uploads:write"],
  idempotent: "key",
  effect: { creates: "upload" },
  body: ResumableUploadInput,
  responses: { 201: Upload },
  errors: ["PLAN_LIMIT", "UPSTREAM_ERROR"],
});

export const listUploadParts = operation({
  id: "listUploadParts",
  method: "get",
  path: "/v1/uploads/{upload_id}/parts",
  tag: "Uploads",
  summary: "List the parts that have come",
  description: "What to resume from. Parts sent straight to the store are seen too.",
  scopes: ["uploads:read"],
  responses: { 200: UploadPartList },
  errors: ["CONFLICT", "UPSTREAM_ERROR"],
});

export const putUploadPart = operation({
  id: "putUploadPart",
  method: "put",
  path: "/v1/uploads/{upload_id}/parts/{part_number}",
  tag: "Uploads",
  summary: "Send a part",
  description:
    "A part that is sent again takes the place of the former. One that breaks off leaves the former as it was. Too many bytes " +
    "are a 413, too few a 400, and so is a part that the upload does not have. Once it is complete, no part comes any more (409).",
  scopes: ["uploads:write"],
  idempotent: "natural",
  body: partBytes,
  limits: { bodyBytes: MAX_PART_BYTES },
  responses: { 200: UploadPart },
  errors: ["CONFLICT", "UPSTREAM_ERROR"],
});

export const createUploadPartUrl = operation({
  id: "createUploadPartUrl",
  method: "post",
  path: "/v1/uploads/{upload_id}/parts/{part_number}/url",
  tag: "Uploads",
  summary: "Get an address to send a part to",
  description: "Good for an hour, without a credential: for browsers, and straight to the store where that is S3.",
  scopes: ["uploads:write"],
  idempotent: "natural",
  responses: { 200: UploadPartUrl },
  errors: ["CONFLICT"],
});

export const putSignedUploadPart = operation({
  id: "putSignedUploadPart",
  method: "put",
  path: "/v1/uploads/{upload_id}/parts/{part_number}/content",
  tag: "Uploads",
  summary: "Send a part by its address",
  description: "What `createUploadPartUrl` leads to where files are kept in a folder.",
  auth: "signed",
  idempotent: "natural",
  query: signedQuery(),
  body: partBytes,
  limits: { bodyBytes: MAX_PART_BYTES },
  responses: { 200: UploadPart },
  errors: ["CONFLICT", "UPSTREAM_ERROR"],
});

export const completeUpload = operation({
  id: "completeUpload",
  method: "post",
  path: "/v1/uploads/{upload_id}/complete",
  tag: "Uploads",
  summary: "Complete an upload in parts",
  description:
    "Every part must have come: a 409 names those missing in `details.missing`. The bytes are then checked; follow the " +
    "upload. Completing it again changes nothing.",
  scopes: ["uploads:write"],
  idempotent: "natural",
  effect: { updates: "upload" },
  async: { poll: "getUpload", terminal: ["ready", "failed"] },
  responses: { 202: Upload },
  errors: ["CONFLICT", "UPSTREAM_ERROR"],
});
