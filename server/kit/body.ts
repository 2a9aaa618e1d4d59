import type { IncomingMessage } from "node:http";
import { ApiError } from "../../spec/kit/errors.ts";
import type { Incoming } from "./request.ts";

/** The client went away before its body was whole: nobody is left to answer. */
export class ClientGone extends Error {
  override readonly name = "ClientGone";
}

export function tooLarge(maxBytes: number): ApiError {
  return new ApiError("PAYLOAD_TOO_LARGE", `The body may have at most ${maxBytes} bytes`, {
    details: { max_bytes: maxBytes },
    // The rest of the body is not read, so the connection cannot be used again.
    headers: { Connection: "close" },
  });
}

/** Whether a request announces a body (RFC 9112 §6). */
export function announcesBody(request: Incoming): boolean {
  const length = request.header("content-length");
  if (length !== undefined) return length !== "0";
  if (request.header("transfer-encoding") !== undefined) return true;
  // In process there is no framing: a Request either has a body or not.
  return request.stream instanceof ReadableStream;
}

function fromNode(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // It may have left while its credential was looked up: then "close" has been emitted and will not come again.
    if (incoming.destroyed) {
      reject(new ClientGone("The client closed the connection"));
      return;
    }
    const chunks: Buffer[] = [];
    let size = 0;
    incoming.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) {
        incoming.removeAllListeners("data");
        incoming.pause();
        reject(tooLarge(maxBytes));
      } else chunks.push(chunk);
    });
    incoming.on("end", () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    incoming.on("error", () => reject(new ClientGone("The client closed the connection")));
    incoming.on("close", () => reject(new ClientGone("The client closed the connection")));
  });
}

/** The body as it comes, counted: throws 413 past `maxBytes`, ClientGone when the client leaves. */
export async function* countedBody(request: Incoming, maxBytes: number): AsyncGenerator<Uint8Array> {
  const { stream } = request;
  if (stream === null) return;
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Uint8Array>) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield chunk;
    }
  } catch (error) {
    throw error instanceof ApiError ? error : new ClientGone("The client closed the connection", { cause: error });
  }
}

/** Reads a whole body, counting while it comes: a false or absent `Content-Length` gains nothing. */
export async function readBody(request: Incoming, maxBytes: number): Promise<Buffer> {
  const { stream } = request;
  if (stream === null) return Buffer.alloc(0);
  if (!(stream instanceof ReadableStream)) return fromNode(stream, maxBytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of countedBody(request, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 text of a body, or undefined when it is not UTF-8. */
export function utf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
