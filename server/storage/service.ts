import type { Readable } from "node:stream";
import { hashing } from "./hashing.ts";
import { type Media, readMedia } from "./media.ts";
import { type Claims, extensionOf, type FileType, sniff, sniffBinary } from "./sniff.ts";

/** Least bytes of every part of a resumable upload but its last, and how many parts one may have: S3's bounds, on both stores. */
export const MIN_PART_BYTES = 5 * 1024 * 1024;
export const MAX_PARTS = 10_000;

/** One uploaded part: its number from 1, the tag that putPart or parts() gave for it, and its bytes. */
export type UploadedPart = { readonly number: number; readonly tag: string; readonly size: number };

/** A part as the store lists it, with when it was written, in Unix milliseconds by the store's clock. */
export type ListedPart = UploadedPart & { readonly writtenMs: number };

/** What the sweeper finds: a whole object, or an upload (a put's, or in parts) that was begun and neither completed nor aborted. */
export type Stored =
  | { readonly kind: "object"; readonly key: string }
  | { readonly kind: "parts"; readonly key: string; readonly handle: string };

/** Bytes under keys `<org_id>/<upload_id>`. Every method throws StorageError. */
export interface Storage {
  readonly kind: "local" | "s3";
  /**
   * Writes a whole object from a stream, never buffered whole. It appears under `key` in one step, durably, or not at all:
   * a failing stream or signal leaves nothing, a killed process at most what `list` shows as `parts`.
   */
  put(
    key: string,
    bytes: AsyncIterable<Uint8Array>,
    options?: { readonly type?: string; readonly signal?: AbortSignal },
  ): Promise<{ size: number }>;
  /**
   * An object's bytes, or those from `start` to `end`, both included; an `end` past the last byte means the last.
   * Iterate it, or `destroy()` it: it holds a file or a connection. NOT_FOUND, or RANGE when `start` is past the end.
   */
  read(key: string, range?: { readonly start: number; readonly end: number }): Promise<Readable>;
  /** Bytes of an object, or undefined when there is none. */
  size(key: string): Promise<number | undefined>;
  /** Deletes an object; of nothing is fine. */
  delete(key: string): Promise<void>;
  /** Begins an upload in parts, which may come in any order, in parallel and again. */
  createParts(key: string, options?: { readonly type?: string }): Promise<{ handle: string }>;
  /** Writes one part of exactly `size` bytes (else CUT); the former one stays until the new one is whole. NOT_FOUND once completed or aborted. */
  putPart(
    key: string,
    handle: string,
    number: number,
    bytes: AsyncIterable<Uint8Array>,
    size: number,
  ): Promise<UploadedPart>;
  /** What has been uploaded so far, by number: the store's own word, also of parts that went straight to it. */
  parts(key: string, handle: string): Promise<ListedPart[]>;
  /**
   * Makes the object of these parts, given by ascending number. May be called again after a crash: when it was done
   * before, it says so. BAD_PART when the list breaks the bounds above or a part is not the one listed.
   */
  completeParts(key: string, handle: string, parts: readonly UploadedPart[]): Promise<{ size: number }>;
  /** Drops an upload in parts; of nothing is fine. */
  abortParts(key: string, handle: string): Promise<void>;
  /** Where a client may PUT one part itself, with these headers; undefined when the store has no such thing. */
  presignPart(
    key: string,
    handle: string,
    number: number,
    size: number,
    expiresSeconds: number,
  ): Promise<{ url: string; headers: Record<string, string> } | undefined>;
  /** Where a client may GET an object itself, as a download of this name and type; undefined when the store has no such thing. */
  presignRead(
    key: string,
    options: { readonly expiresSeconds: number; readonly filename: string; readonly type: string },
  ): Promise<string | undefined>;
  /**
   * What was last written before `beforeMs` (Unix milliseconds, by the store's clock), by ascending key, from the first
   * key above `after`; read from the store in pages. An upload in parts counts on S3 from when it was begun, so a sweeper
   * looks only at what is older than any may last.
   */
  list(beforeMs: number, after?: string): AsyncIterable<Stored>;
  /** Looks once whether the store can be used. Throws StartError, with what to set. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Why a store refused: no such object; not a key; a part that does not fit; bytes that ended early or did not end; a range
 * outside the object; more than the store takes; no space left; the store does not answer, or not as it should.
 */
export type StorageErrorCode =
  | "NOT_FOUND"
  | "BAD_KEY"
  | "BAD_PART"
  | "CUT"
  | "RANGE"
  | "TOO_LARGE"
  | "FULL"
  | "UNAVAILABLE";

export class StorageError extends Error {
  override readonly name = "StorageError";
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a file was found to be: SHA-256 in hex, bytes, and its type with the end of such files' names, or why it is refused. */
export type Examined = { readonly sha256: string; readonly size: number } & (
  | { readonly type: FileType; readonly extension: string }
  | { readonly refused: string }
);

/** A file that is of no allowed type; `message` says what it is, and what is allowed. */
export class RefusedFile extends Error {
  override readonly name = "RefusedFile";
}

/** The same bytes, until the first of them tell that the file is refused: a large one need not be read to its end. */
async function* untilRefused(
  bytes: AsyncIterable<Uint8Array>,
  binaryHead: () => Uint8Array | undefined,
): AsyncGenerator<Uint8Array, void> {
  let judged = false;
  for await (const chunk of bytes) {
    const head = judged ? undefined : binaryHead();
    if (head) {
      judged = true;
      const verdict = await sniffBinary(head);
      if ("refused" in verdict) throw new RefusedFile(verdict.refused);
    }
    yield chunk;
  }
}

/**
 * Looks at a file as it passes: hand `bytes` on, and once they have all passed ask `result()` what they were. Nothing is
 * held but the first kilobytes, and nothing believed but the bytes; `claims` only tell Markdown from plain text. `bytes`
 * throw RefusedFile where that is told before their end.
 */
export function examine(source: AsyncIterable<Uint8Array>): {
  bytes: AsyncIterable<Uint8Array>;
  result(claims?: Claims): Promise<Examined>;
} {
  const { bytes, digest, binaryHead } = hashing(source);
  return {
    bytes: untilRefused(bytes, binaryHead),
    async result(claims) {
      const whole = digest();
      const verdict = await sniff(whole, claims);
      const { sha256, size } = whole;
      return "type" in verdict
        ? { sha256, size, ...verdict, extension: extensionOf(verdict.type) }
        : { sha256, size, ...verdict };
    },
  };
}

/** Looks at a stored object, reading it through: for one that came in parts. Throws NOT_FOUND, or the signal's reason. */
export async function examineStored(
  storage: Storage,
  key: string,
  claims?: Claims,
  signal?: AbortSignal,
): Promise<Examined> {
  const { bytes, result } = examine(await storage.read(key));
  for await (const _ of bytes) signal?.throwIfAborted();
  return result(claims);
}

/**
 * Width, height and duration of a stored object, from its headers, by a few ranged reads. Never throws: what cannot be
 * known cheaply, or is broken, is null.
 * @param size Its bytes.
 * @param type As `examine` found it.
 */
export function mediaOf(storage: Storage, key: string, size: number, type: FileType): Promise<Media> {
  const read = async (start: number, end: number) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of await storage.read(key, { start, end })) chunks.push(chunk);
    return Buffer.concat(chunks);
  };
  return readMedia(read, size, type);
}
