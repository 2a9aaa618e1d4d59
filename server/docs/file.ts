import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

const compress = promisify(gzip);

/** What a request says that matters to a file: `Accept-Encoding` and `If-None-Match`, as they came or undefined. */
export type FileRequest = { acceptEncoding?: string | undefined; ifNoneMatch?: string | undefined };

/** A whole answer: give it to `new Response(body, { status, headers })` or to node:http. `body` is null on a 304. */
export type FileAnswer = { status: 200 | 304; body: Uint8Array<ArrayBuffer> | null; headers: Record<string, string> };

/** A file held in memory, answered any number of times. */
export type StaticFile = (request?: FileRequest) => Promise<FileAnswer>;

/** What becomes a file: its text, and its headers, lower case, without `content-length`, `etag` and `vary`. */
export type FileSource = { text: string; headers: Record<string, string> };

type Ready = { plain: Uint8Array<ArrayBuffer>; packed: Uint8Array<ArrayBuffer>; etag: string };

async function prepare(text: string): Promise<Ready> {
  const plain = new Uint8Array(Buffer.from(text));
  const etag = `W/"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
  return { plain, packed: new Uint8Array(await compress(plain)), etag };
}

function accepts(header: string | undefined): boolean {
  const gzipWeight = header?.split(",").find((part) => /^\s*(gzip|\*)\s*(;|$)/i.test(part));
  return gzipWeight !== undefined && !/;\s*q=0(\.0*)?\s*$/i.test(gzipWeight);
}

function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, "");
  return header.trim() === "*" || header.split(",").some((tag) => bare(tag) === bare(etag));
}

/**
 * Makes a file of a text that is known late: `source` runs at the first request, once, and its gzip form is made off the
 * main thread and kept. A source that fails is tried again at the next request. Conditional requests: RFC 9110 §13.1.2.
 */
export function staticFile(source: () => FileSource | Promise<FileSource>): StaticFile {
  let loading: Promise<Ready & { headers: Record<string, string> }> | undefined;
  const load = async () => {
    const { text, headers } = await source();
    return { ...(await prepare(text)), headers };
  };
  return async (request = {}) => {
    loading ??= load().catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    const file = await loading;
    const headers: Record<string, string> = { ...file.headers, etag: file.etag, vary: "accept-encoding" };
    if (matches(request.ifNoneMatch, file.etag)) return { status: 304, body: null, headers };
    const packed = accepts(request.acceptEncoding);
    const body = packed ? file.packed : file.plain;
    if (packed) headers["content-encoding"] = "gzip";
    headers["content-length"] = String(body.byteLength);
    return { status: 200, body, headers };
  };
}
