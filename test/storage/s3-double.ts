import { createHash, randomUUID } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { MIN_PART_BYTES } from "../../server/storage/service.ts";
import { badSignature, type Credentials } from "./s3-signature.ts";

type Whole = { bytes: Buffer; type: string; written: Date };
type Upload = {
  key: string;
  type: string;
  begun: Date;
  parts: Map<number, { bytes: Buffer; tag: string; written: Date }>;
};
type Answer = { status: number; headers?: Record<string, string>; body?: string | Buffer };
type Asked = { method: string; key: string; query: URLSearchParams; headers: http.IncomingHttpHeaders; body: Buffer };

/** What may be made to go wrong: the operation, how often, and whether before it is done or after (its answer is lost). */
export type Fault = { operation: string; times: number; how: "500" | "lost" };

export type S3Double = {
  readonly endpoint: string;
  readonly credentials: Credentials;
  /** Operations that were done, in order. */
  readonly done: string[];
  readonly faults: Fault[];
  /** Answers wait for it: a store that is slow. */
  readonly pace: { until: Promise<void> };
  /** How far the store's clock is ahead of ours. */
  readonly clock: { aheadMs: number };
  /** Answers that are still being sent. */
  sending(): number;
  /** Ids of the multipart uploads that are open. */
  unfinished(): string[];
  close(): Promise<void>;
};

/** Entries on a page of a list: few, so that lists have several. */
const PAGE = 3;

/**
 * The wire format of S3, as far as the store uses it, in memory, on loopback; one bucket, `files`, in the path. It checks
 * signatures by its own reading of the specification, and refuses what S3 refuses: small parts, wrong tags, cut bodies,
 * and `aws-chunked` bodies, as many S3-compatible stores do.
 */
export async function openS3Double(): Promise<S3Double> {
  const credentials = { region: "test-1", accessKeyId: "AKIDEXAMPLE", secretAccessKey: "a+secret/of+the+tests" };
  const uploads = new Map<string, Upload>();
  const bucket = makeBucket(uploads);
  const done: string[] = [];
  const faults: Fault[] = [];
  const clock = { aheadMs: 0 };
  const pace = { until: Promise.resolve() };
  let sending = 0;
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => {});
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", async () => {
      await pace.until;
      const url = new URL(request.url ?? "/", `http://${request.headers.host}`);
      const body = Buffer.concat(chunks);
      const { answer, operation } = serve(request, url, body);
      const fault = faults.find((one) => one.operation === operation && one.times > 0);
      if (fault && answer.status < 300) {
        fault.times -= 1;
        if (fault.how === "lost") return void request.socket.destroy();
      }
      sending += 1;
      response.on("close", () => {
        sending -= 1;
      });
      response.writeHead(answer.status, { "content-length": Buffer.byteLength(answer.body ?? ""), ...answer.headers });
      response.end(request.method === "HEAD" ? undefined : answer.body);
    });
  });
  const serve = (request: http.IncomingMessage, url: URL, body: Buffer): { answer: Answer; operation: string } => {
    const [, name = "", ...rest] = url.pathname.split("/");
    const asked: Asked = {
      method: request.method ?? "GET",
      key: decodeURIComponent(rest.join("/")),
      query: url.searchParams,
      headers: request.headers,
      body,
    };
    const operation = operationOf(asked);
    const wrong = badSignature(request, url, body, credentials, Date.now() + clock.aheadMs);
    if (wrong) return { operation, answer: refuse(403, wrong) };
    if (name !== "files") return { operation, answer: refuse(404, "NoSuchBucket") };
    if (String(request.headers["x-amz-content-sha256"]).startsWith("STREAMING"))
      return { operation, answer: refuse(501, "NotImplemented") };
    const fault = faults.find((one) => one.operation === operation && one.times > 0 && one.how === "500");
    if (fault) {
      fault.times -= 1;
      return { operation, answer: refuse(500, "InternalError") };
    }
    done.push(operation);
    return { operation, answer: bucket[operation]?.(asked) ?? refuse(501, "NotImplemented") };
  };
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  // An AddressInfo, because it listens on a port and not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    credentials,
    done,
    faults,
    clock,
    pace,
    sending: () => sending,
    unfinished: () => [...uploads.keys()],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function operationOf({ method, key, query }: Asked): string {
  if (key === "") {
    if (method === "HEAD") return "HeadBucket";
    return query.has("uploads") ? "ListMultipartUploads" : "ListObjectsV2";
  }
  if (query.has("uploads")) return "CreateMultipartUpload";
  const many = query.has("uploadId");
  const names: Record<string, [string, string]> = {
    PUT: ["PutObject", "UploadPart"],
    GET: ["GetObject", "ListParts"],
    HEAD: ["HeadObject", "HeadObject"],
    POST: ["", "CompleteMultipartUpload"],
    DELETE: ["DeleteObject", "AbortMultipartUpload"],
  };
  return names[method]?.[many ? 1 : 0] ?? "";
}

const escaped = (text: string) => text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`);
const element = (name: string, ...inner: (string | number)[]) => `<${name}>${inner.join("")}</${name}>`;
const refuse = (status: number, code: string): Answer => ({
  status,
  headers: { "content-type": "application/xml" },
  body: element("Error", element("Code", code), element("Message", code)),
});
const answer = (name: string, ...inner: (string | number)[]): Answer => ({
  status: 200,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>${element(name, ...inner)}`,
});
const quoted = (bytes: Buffer) => `"${createHash("md5").update(bytes).digest("hex")}"`;

/** What each operation does, over one bucket's objects and unfinished uploads. */
function makeBucket(uploads: Map<string, Upload>): Record<string, (asked: Asked) => Answer> {
  const objects = new Map<string, Whole>();
  const uploadOf = ({ query, key }: Asked) => {
    const upload = uploads.get(query.get("uploadId") ?? "");
    return upload?.key === key ? upload : undefined;
  };
  const get = ({ key, headers, query }: Asked): Answer => {
    const object = objects.get(key);
    if (!object) return refuse(404, "NoSuchKey");
    const common = {
      "content-type": query.get("response-content-type") ?? object.type,
      "last-modified": object.written.toUTCString(),
      ...(query.has("response-content-disposition") && {
        "content-disposition": query.get("response-content-disposition") ?? "",
      }),
    };
    const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
    if (first === undefined) return { status: 200, headers: common, body: object.bytes };
    if (Number(first) >= object.bytes.length) return refuse(416, "InvalidRange");
    const body = object.bytes.subarray(Number(first), last ? Number(last) + 1 : undefined);
    return { status: 206, headers: { ...common, "content-range": `bytes ${first}-${last}` }, body };
  };
  const complete = (asked: Asked): Answer => {
    const upload = uploadOf(asked);
    if (!upload) return refuse(404, "NoSuchUpload");
    const listed = [...asked.body.toString().matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = ""]) => ({
      number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
      tag: (/<ETag>(.*?)</.exec(part)?.[1] ?? "").replaceAll(/&quot;|&#34;/g, '"'),
    }));
    const parts = listed.map(({ number, tag }) => ({ number, tag, found: upload.parts.get(number) }));
    if (parts.some(({ found, tag }) => found?.tag !== tag)) return refuse(400, "InvalidPart");
    if (parts.some(({ number }, index) => number <= (parts[index - 1]?.number ?? 0)))
      return refuse(400, "InvalidPartOrder");
    if (parts.slice(0, -1).some(({ found }) => (found?.bytes.length ?? 0) < MIN_PART_BYTES))
      return refuse(400, "EntityTooSmall");
    const bytes = Buffer.concat(parts.map(({ found }) => found?.bytes ?? Buffer.alloc(0)));
    objects.set(asked.key, { bytes, type: upload.type, written: new Date() });
    uploads.delete(asked.query.get("uploadId") ?? "");
    return answer("CompleteMultipartUploadResult", element("Key", asked.key), element("ETag", escaped(quoted(bytes))));
  };
  return {
    HeadBucket: () => ({ status: 200 }),
    PutObject({ key, headers, body }) {
      objects.set(key, { bytes: body, type: headers["content-type"] ?? "", written: new Date() });
      return { status: 200, headers: { etag: quoted(body) } };
    },
    GetObject: get,
    HeadObject: get,
    DeleteObject({ key }) {
      objects.delete(key);
      return { status: 204 };
    },
    CreateMultipartUpload({ key, headers }) {
      const id = randomUUID();
      uploads.set(id, { key, type: headers["content-type"] ?? "", begun: new Date(), parts: new Map() });
      return answer("InitiateMultipartUploadResult", element("Key", key), element("UploadId", id));
    },
    UploadPart(asked) {
      const upload = uploadOf(asked);
      if (!upload) return refuse(404, "NoSuchUpload");
      const tag = quoted(asked.body);
      upload.parts.set(Number(asked.query.get("partNumber")), { bytes: asked.body, tag, written: new Date() });
      return { status: 200, headers: { etag: tag } };
    },
    ListParts(asked) {
      const upload = uploadOf(asked);
      if (!upload) return refuse(404, "NoSuchUpload");
      const from = Number(asked.query.get("part-number-marker") ?? 0);
      const all = [...upload.parts].sort(([a], [b]) => a - b).filter(([number]) => number > from);
      const page = all
        .slice(0, PAGE)
        .map(([number, { bytes, tag, written }]) =>
          element(
            "Part",
            element("PartNumber", number),
            element("ETag", escaped(tag)),
            element("Size", bytes.length),
            element("LastModified", written.toISOString()),
          ),
        );
      const next = all[PAGE - 1]?.[0] ?? 0;
      return answer(
        "ListPartsResult",
        element("IsTruncated", String(all.length > PAGE)),
        element("NextPartNumberMarker", next),
        ...page,
      );
    },
    CompleteMultipartUpload: complete,
    AbortMultipartUpload(asked) {
      if (!uploadOf(asked)) return refuse(404, "NoSuchUpload");
      uploads.delete(asked.query.get("uploadId") ?? "");
      return { status: 204 };
    },
    ListObjectsV2({ query }) {
      const after = query.get("continuation-token") ?? query.get("start-after") ?? "";
      const all = [...objects].filter(([key]) => key > after).sort(([a], [b]) => (a < b ? -1 : 1));
      const page = all.slice(0, PAGE);
      return answer(
        "ListBucketResult",
        element("IsTruncated", String(all.length > PAGE)),
        ...(all.length > PAGE ? [element("NextContinuationToken", page.at(-1)?.[0] ?? "")] : []),
        ...page.map(([key, { written, bytes }]) =>
          element(
            "Contents",
            element("Key", key),
            element("LastModified", written.toISOString()),
            element("Size", bytes.length),
          ),
        ),
      );
    },
    ListMultipartUploads({ query }) {
      const [key, id] = [query.get("key-marker") ?? "", query.get("upload-id-marker")];
      const all = [...uploads]
        .map(([handle, upload]) => ({ handle, ...upload }))
        .sort((a, b) => (`${a.key} ${a.handle}` < `${b.key} ${b.handle}` ? -1 : 1))
        .filter((one) => one.key > key || (id !== null && one.key === key && one.handle > id));
      const page = all.slice(0, PAGE);
      return answer(
        "ListMultipartUploadsResult",
        element("IsTruncated", String(all.length > PAGE)),
        element("NextKeyMarker", page.at(-1)?.key ?? ""),
        element("NextUploadIdMarker", page.at(-1)?.handle ?? ""),
        ...page.map((one) =>
          element(
            "Upload",
            element("Key", one.key),
            element("UploadId", one.handle),
            element("Initiated", one.begun.toISOString()),
          ),
        ),
      );
    },
  };
}
