import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { errorCode, errorMessage } from "../embedded/errors.ts";
import type { Migration, Table } from "./catalog.ts";
import { fileUnusable, TransferError } from "./errors.ts";

/*
 * An export file is gzip over: MAGIC, then frames of one kind byte, a length (uint32, big-endian) and that many bytes.
 * J: a JSON record. D: a piece of a table in COPY's text format. Z, the last: SHA-256 of all before it.
 * Records come in this order: the manifest, then for each table its name, data and row count, at last the sequences.
 */
const MAGIC = Buffer.from("REELMARK EXPORT 1\n");
const JSON_FRAME = 0x4a;
const DATA_FRAME = 0x44;
const END_FRAME = 0x5a;
const HEADER_BYTES = 5;
const LONGEST_FRAME = 64 * 1024 * 1024;

export type Manifest = {
  created_at: string;
  postgres: string;
  migration: Migration | null;
  tables: Pick<Table, "name" | "columns">[];
};
export type Sequence = { name: string; next: string };
export type ExportRecord = { manifest: Manifest } | { table: string } | { rows: number } | { sequences: Sequence[] };
export type Frame = ExportRecord | Buffer;

/** The bytes of an export file, before compression: records and pieces of data, framed, with the checksum at the end. */
export async function* encode(frames: AsyncIterable<Frame>): AsyncGenerator<Buffer> {
  const hash = createHash("sha256").update(MAGIC);
  yield MAGIC;
  for await (const frame of frames) {
    const isData = Buffer.isBuffer(frame);
    const payload = isData ? frame : Buffer.from(JSON.stringify(frame));
    const header = frameHeader(isData ? DATA_FRAME : JSON_FRAME, payload.length);
    hash.update(header).update(payload);
    yield header;
    yield payload;
  }
  const digest = hash.digest();
  yield Buffer.concat([frameHeader(END_FRAME, digest.length), digest]);
}

/**
 * Reads an export file. Throws FILE_DAMAGED at the first byte that is not as it was written, and when the end with its
 * checksum is missing: a caller who must not act on half a file reads it to the end first.
 */
export async function* decode(file: string): AsyncGenerator<Frame> {
  const hash = createHash("sha256").update(MAGIC);
  let digest: Buffer | undefined;
  for await (const { kind, header, payload } of readFrames(file)) {
    if (digest) throw damaged(file, "there is more after its end");
    if (kind === END_FRAME) digest = payload;
    else hash.update(header).update(payload);
    if (kind === DATA_FRAME) yield payload;
    if (kind === JSON_FRAME) yield parseRecord(file, payload);
  }
  if (!digest) throw damaged(file, "its end is missing");
  if (!hash.digest().equals(digest)) throw damaged(file, "its checksum does not match");
}

async function* readFrames(file: string): AsyncGenerator<{ kind: number; header: Buffer; payload: Buffer }> {
  let pending: Buffer = Buffer.alloc(0);
  let position = 0;
  let started = false;
  for await (const chunk of unzip(file)) {
    pending = position === pending.length ? chunk : Buffer.concat([pending.subarray(position), chunk]);
    position = 0;
    if (!started) {
      if (pending.length < MAGIC.length) continue;
      if (!pending.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(file, "it is no export of this version");
      [started, position] = [true, MAGIC.length];
    }
    while (pending.length - position >= HEADER_BYTES) {
      const [kind, length] = [pending.readUInt8(position), pending.readUInt32BE(position + 1)];
      const isKnown = kind === JSON_FRAME || kind === DATA_FRAME || kind === END_FRAME;
      if (!isKnown || length > LONGEST_FRAME) throw damaged(file, "a part of it is not as it was written");
      const end = position + HEADER_BYTES + length;
      if (end > pending.length) break;
      const header = pending.subarray(position, position + HEADER_BYTES);
      yield { kind, header, payload: pending.subarray(position + HEADER_BYTES, end) };
      position = end;
    }
  }
  if (position !== pending.length) throw damaged(file, "it is cut off");
}

async function* unzip(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const gunzip = createGunzip();
  source.on("error", (error) => gunzip.destroy(fileUnusable("read", file, error))).pipe(gunzip);
  try {
    for await (const chunk of gunzip) yield chunk;
  } catch (error) {
    if (errorCode(error)?.startsWith("Z_")) throw damaged(file, errorMessage(error), error);
    throw error;
  } finally {
    source.destroy();
    gunzip.destroy();
  }
}

function parseRecord(file: string, payload: Buffer): ExportRecord {
  try {
    // What it holds is what encode() wrote, or the checksum will tell; names in it are only compared with the database's.
    return JSON.parse(payload.toString("utf8")) as ExportRecord;
  } catch (error) {
    throw damaged(file, "a part of it is not as it was written", error);
  }
}

function frameHeader(kind: number, length: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(kind, 0);
  header.writeUInt32BE(length, 1);
  return header;
}

function damaged(file: string, reason: string, cause?: unknown): TransferError {
  return new TransferError(
    "FILE_DAMAGED",
    `${file} is not a whole export (${reason}). Nothing was imported. Copy the file again, or use an older one.`,
    { cause },
  );
}
