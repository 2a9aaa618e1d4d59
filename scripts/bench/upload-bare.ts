/**
 * What taking a file costs at least, on node:http alone. `BARE_MODE` says what is done with the bytes: `nothing`; `file`:
 * hashed, written and synced, as any server must that keeps them in a folder; `s3`: the store of the benchmark, which speaks
 * as much of S3 as a put needs, and keeps nothing.
 */
import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { createServer, type IncomingMessage } from "node:http";

const mode = process.env.BARE_MODE ?? "nothing";

async function taken(request: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of request) bytes += chunk.length;
  return bytes;
}

async function kept(request: IncomingMessage): Promise<number> {
  const path = `${process.env.STORAGE_DIR}/whole`;
  const file = await open(path, "w");
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of request) {
    hash.update(chunk);
    bytes += (await file.write(chunk)).bytesWritten;
  }
  await file.sync();
  await file.close();
  await rm(path);
  return bytes;
}

/** The answer to a call of S3, by its query: a put in one or in parts. What is asked for is never there. */
function s3Answer(request: IncomingMessage): { status: number; body: string } {
  const { searchParams } = new URL(request.url ?? "/", "http://localhost");
  if (request.method === "GET") return { status: 404, body: "<Error><Code>NoSuchKey</Code></Error>" };
  const id = "<Key>k</Key><UploadId>u</UploadId>";
  if (searchParams.has("uploads")) {
    return { status: 200, body: `<InitiateMultipartUploadResult>${id}</InitiateMultipartUploadResult>` };
  }
  if (request.method !== "POST") return { status: 200, body: "" };
  return { status: 200, body: `<CompleteMultipartUploadResult>${id}</CompleteMultipartUploadResult>` };
}

const server = createServer(async (request, response) => {
  const bytes = await (mode === "file" && request.method === "POST" ? kept(request) : taken(request));
  if (mode !== "s3") return void response.end(`${bytes}`);
  const { status, body } = s3Answer(request);
  response.writeHead(status, { "content-type": "application/xml", etag: '"e"' }).end(body);
});
server.listen(Number(process.env.PORT), "127.0.0.1");
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
