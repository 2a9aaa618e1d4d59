import { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { validationError } from "../../spec/kit/errors.ts";
import { countedBody } from "./body.ts";
import type { Incoming } from "./request.ts";

/** One part of a `multipart/form-data` body (RFC 7578), in the order sent. */
export type Part =
  | { readonly name: string; readonly value: string }
  | {
      readonly name: string;
      readonly filename: string;
      readonly type: string;
      readonly bytes: AsyncIterable<Uint8Array>;
    };

const malformed = (message: string) => validationError([{ path: "body", code: "invalid_multipart", message }]);

/**
 * The parts of a multipart body as they arrive; nothing is buffered but one chunk. A file's bytes must be read, or left,
 * before the next part comes. Throws 400 on a malformed body, 413 past `maxBytes`.
 */
export async function* readMultipart(request: Incoming, contentType: string, maxBytes: number): AsyncGenerator<Part> {
  const queue: Part[] = [];
  let wake = () => {};
  let ended = false;
  let failed: unknown;
  const changed = () => {
    wake();
  };
  const parser = makeParser(contentType);
  parser.on("field", (name, value) => {
    queue.push({ name, value });
    changed();
  });
  parser.on("file", (name, stream, filename, _encoding, type) => {
    queue.push({ name, filename: filename ?? "", type, bytes: stream });
    changed();
  });
  parser.on("finish", () => {
    ended = true;
    changed();
  });
  const source = Readable.from(countedBody(request, maxBytes));
  const fail = (error: unknown) => {
    failed ??= error;
    changed();
  };
  source.on("error", (error) => {
    fail(error);
    parser.destroy();
  });
  parser.on("error", () => fail(malformed("is not a well-formed multipart body")));
  source.pipe(parser);
  try {
    for (;;) {
      const part = queue.shift();
      if (part) {
        yield part;
        // A file that the handler left unread is drained, so that the next part can come.
        if ("bytes" in part && part.bytes instanceof Readable && !part.bytes.readableEnded) part.bytes.resume();
        continue;
      }
      if (failed) throw failed;
      if (ended) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    source.destroy();
  }
}

function makeParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      limits: { fieldSize: 64 * 1024, fields: 100, parts: 200 },
    });
  } catch {
    throw malformed("needs a boundary in its Content-Type");
  }
}
