import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { openStorage } from "../../server/storage/open.ts";
import type { Storage, Stored } from "../../server/storage/service.ts";
import type { StorageConfig } from "../../server/storage/settings.ts";
import { openS3Double, type S3Double } from "./s3-double.ts";

export type Store = {
  readonly storage: Storage;
  readonly config: StorageConfig;
  close(): Promise<void>;
  /** What is there that no key names: files, or unfinished uploads. */
  remains(): Promise<string[]>;
};
export type LocalStore = Store & { readonly folder: string };
export type S3Store = Store & { readonly double: S3Double; readonly config: Extract<StorageConfig, { kind: "s3" }> };

export async function openLocal(): Promise<LocalStore> {
  const parent = await fs.mkdtemp(path.join(os.tmpdir(), "reelmark-storage-"));
  const folder = path.join(parent, "files");
  const config: StorageConfig = { kind: "local", folder };
  const storage = await openStorage(config);
  await storage.check();
  const close = async () => {
    await storage.close();
    await fs.rm(parent, { recursive: true, force: true });
  };
  const remains = async () => {
    const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  };
  return { storage, config, folder, close, remains };
}

export async function openS3(): Promise<S3Store> {
  const double = await openS3Double();
  const { endpoint, credentials } = double;
  const config: S3Store["config"] = { kind: "s3", bucket: "files", endpoint, forcePathStyle: true, ...credentials };
  const storage = await openStorage(config);
  await storage.check();
  const close = async () => {
    await storage.close();
    await double.close();
  };
  const remains = async () => double.unfinished();
  return { storage, config, double, close, remains };
}

/** Both, and the rest of what a test of the same rules on both needs. */
export const STORES: readonly (readonly [name: string, open: () => Promise<Store>])[] = [
  ["local", openLocal],
  ["s3", openS3],
];

/** Bytes that differ from place to place, so that a swapped or doubled block is seen. */
export function noise(size: number, seed = 1): Buffer {
  const block = createHash("shake256", { outputLength: Math.min(size, 65_521) })
    .update(`${seed}`)
    .digest();
  return Buffer.alloc(size, block.length > 0 ? block : undefined);
}

/** Bytes as a stream, in chunks of an odd size. */
export async function* streamed(bytes: Buffer, chunk = 99_991): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

/** The first bytes of a stream that then fails. */
export async function* broken(bytes: Buffer): AsyncGenerator<Uint8Array, void> {
  yield* streamed(bytes);
  throw new Error("the client left");
}

export async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** All that the store lists as last written before a moment, by default before a minute from now: everything. */
export async function listed(storage: Storage, beforeMs = Date.now() + 60_000, after?: string): Promise<Stored[]> {
  const found: Stored[] = [];
  for await (const one of storage.list(beforeMs, after)) found.push(one);
  return found;
}
