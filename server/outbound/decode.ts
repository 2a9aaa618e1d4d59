import { PassThrough, pipeline, type Readable, Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
} from "node:zlib";
import { OutboundError } from "./errors.ts";

/** What `decoded` understands, as a value of Accept-Encoding (RFC 9110 §12.5.3). */
export const ACCEPT_ENCODING = "gzip, deflate, br, zstd";

/** Passes bytes on until there are more than `max`, then fails: what is still to come is not read. */
function capped(max: number): Transform {
  let size = 0;
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      size += chunk.byteLength;
      if (size > max) done(new OutboundError("too_large"));
      else done(null, chunk);
    },
  });
}

/** "deflate" is zlib by RFC 9110 §8.4.1.2, but some servers send the bare format: the first byte tells them apart. */
function inflate(source: Readable): Readable {
  const out = new PassThrough();
  source.once("error", (error) => out.destroy(error));
  source.once("readable", () => {
    const first: Buffer | null = source.read();
    if (first === null) return void out.end();
    source.unshift(first);
    pipeline(source, (first.readUInt8() & 0x0f) === 8 ? createInflate() : createInflateRaw(), out, ignore);
  });
  return out;
}

/** Every stream of a pipeline is destroyed with its error, so that whoever reads the last one learns of it. */
const ignore = () => undefined;

/** More than the 8 MB window that RFC 9659 grants an encoder would be memory that a stranger disposes of. */
const ZSTD = { params: { [constants.ZSTD_d_windowLogMax]: 23 } };

const DECODERS: Readonly<Record<string, (source: Readable) => Readable>> = {
  gzip: (source) => pipeline(source, createGunzip(), ignore),
  "x-gzip": (source) => pipeline(source, createGunzip(), ignore),
  deflate: inflate,
  br: (source) => pipeline(source, createBrotliDecompress(), ignore),
  zstd: (source) => pipeline(source, createZstdDecompress(ZSTD), ignore),
};

/**
 * A body as its sender meant it, counted on both sides of its decompression: the stream fails with OutboundError
 * `too_large` as soon as either side is over, and reads no further. A broken or cut-off encoding is zlib's own error.
 * @param coding Content-Encoding of the answer. Two on top of each other are refused: their ratios multiply.
 * @param maxBytes Most bytes as they come.
 * @param maxDecodedBytes Most bytes after decompression.
 */
export function decoded(body: Readable, coding: string, maxBytes: number, maxDecodedBytes: number): Readable {
  const name = coding.trim().toLowerCase();
  const wire = pipeline(body, capped(maxBytes), ignore);
  if (name === "" || name === "identity") return pipeline(wire, capped(maxDecodedBytes), ignore);
  const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined;
  if (!decode) throw new OutboundError("encoding");
  return pipeline(decode(wire), capped(maxDecodedBytes), ignore);
}
