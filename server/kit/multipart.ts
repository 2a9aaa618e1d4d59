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

/** Bounds of a body's text fields, which are buffered: bytes of one, and how many. */
const FIELD_BYTES = 64 * 1024;
const MAX_FIELDS = 100;

/**
 * The parts of a multipart body as they arrive; of files, nothing is buffered but one chunk. A file's bytes must be read,
 * or left, before the next part comes. Throws 400 on a malformed or cut body, 413 past `maxBytes`, ClientGone when the
 * client leaves; from the file being read, or else from the next part.
 */
export async function* readMultipart(
  request: Incoming,
  contentType: string,
  maxBytes: number,
): AsyncGenerator<Part, void> {
  const queue: { part: Part; file?: Readable }[] = [];
  let wake = () => {};
  let ended = false;
  let failed: unknown;
  let current: Readable | undefined;
  const parser = makeParser(contentType);
  const source = Readable.from(countedBody(request, maxBytes));
  const fail = (error: unknown) => {
    failed ??= error;
    // Whoever reads a file hears of it there: the stream would else wait for bytes that never come.
    current?.destroy(error instanceof Error ? error : new Error(String(error)));
    source.destroy();
    wake();
  };
  const broken = () => fail(malformed("is not a well-formed multipart body"));
  parser.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) return fail(malformed(`has a field longer than ${FIELD_BYTES} bytes`));
    queue.push({ part: { name, value } });
    wake();
  });
  parser.on("file", (name, file, filename, _encoding, type) => {
    current = file;
    // Without a listener, a file that breaks off before anybody reads it would end the process.
    file.on("error", broken);
    queue.push({ part: { name, filename: filename ?? "", type, bytes: fileBytes(file, () => failed) }, file });
    wake();
  });
  parser.on("fieldsLimit", () => fail(malformed(`has more than ${MAX_FIELDS} fields`)));
  parser.on("partsLimit", () => fail(malformed("has too many parts")));
  parser.on("finish", () => {
    ended = true;
    wake();
  });
  parser.on("error", broken);
  source.on("error", fail);
  source.pipe(parser);
  try {
    for (;;) {
      const next = queue.shift();
      if (next) {
        yield next.part;
        // A file that the handler left unread is drained, so that the next part can come.
        if (next.file && !next.file.readableEnded) next.file.resume();
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

async function* fileBytes(file: Readable, failure: () => unknown): AsyncGenerator<Uint8Array, void> {
  try {
    // Kept alive when the reader stops early: what it leaves is drained.
    for await (const chunk of file.iterator({ destroyOnReturn: false })) yield chunk;
  } catch (error) {
    throw failure() ?? error;
  }
}

function makeParser(contentType: string): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": contentType },
      limits: { fieldSize: FIELD_BYTES, fields: MAX_FIELDS, parts: 2 * MAX_FIELDS },
    });
  } catch {
    throw malformed("needs a boundary in its Content-Type");
  }
}
