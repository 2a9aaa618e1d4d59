import { readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { isKey } from "./bounds.ts";
import { hasCode } from "./durable.ts";
import { StorageError, type Stored } from "./service.ts";

/** The name of a part's file: its number, and its tag, the SHA-256 of its bytes. */
export const PART = /^([1-9]\d{0,4})\.([0-9a-f]{64})$/;

/** One file of a part; `writtenNs` tells which of several is the latest. */
export type Version = {
  readonly number: number;
  readonly tag: string;
  readonly size: number;
  readonly writtenNs: bigint;
};

async function unlessGone<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    // ENOTDIR: a file that somebody put where a folder of ours would be.
    if (hasCode(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Every file of a part in an upload's folder. Throws NOT_FOUND when the folder is gone. */
export async function versions(folder: string): Promise<Version[]> {
  const names = await unlessGone(readdir(folder));
  if (!names) throw new StorageError("NOT_FOUND", "There is no such upload");
  const found: Version[] = [];
  for (const name of names) {
    const [, number, tag] = PART.exec(name) ?? [];
    const about = number && tag ? await unlessGone(stat(path.join(folder, name), { bigint: true })) : undefined;
    if (number && tag && about)
      found.push({ number: Number(number), tag, size: Number(about.size), writtenNs: about.mtimeNs });
  }
  return found;
}

/** Removes the files of a part that a later one replaced. The latest is never removed, so two writers leave one at least. */
export async function removeOlder(folder: string, number: number): Promise<void> {
  const same = (await versions(folder)).filter((version) => version.number === number);
  const latest = same.reduce((most, { writtenNs }) => (writtenNs > most ? writtenNs : most), 0n);
  for (const { tag, writtenNs } of same) {
    if (writtenNs < latest) await rm(path.join(folder, `${number}.${tag}`), { force: true });
  }
}

/** The names in `root`/<organization>/, organization by organization, both ascending, above the key `after`. */
async function* names(root: string, after: string): AsyncGenerator<{ org: string; name: string }, void> {
  for (const org of ((await unlessGone(readdir(root))) ?? []).sort()) {
    if (`${org}/~` <= after) continue;
    for (const name of ((await unlessGone(readdir(path.join(root, org)))) ?? []).sort()) yield { org, name };
  }
}

/** Objects last written before a moment, by ascending key above `after`. */
export async function* listObjects(root: string, beforeMs: number, after: string): AsyncGenerator<Stored, void> {
  for await (const { org, name } of names(root, after)) {
    const key = `${org}/${name}`;
    if (!isKey(key) || key <= after) continue;
    const about = await unlessGone(stat(path.join(root, key)));
    if (about?.isFile() && about.mtimeMs < beforeMs) yield { kind: "object", key };
  }
}

/** Unfinished uploads to which nothing was written since a moment, by ascending key above `after`. */
export async function* listUnfinished(root: string, beforeMs: number, after: string): AsyncGenerator<Stored, void> {
  for await (const { org, name } of names(root, after)) {
    const [upload = "", handle = ""] = name.split(".");
    const key = `${org}/${upload}`;
    if (!isKey(key) || handle === "" || key <= after) continue;
    const folder = path.join(root, org, name);
    const inside = (await unlessGone(readdir(folder)))?.map((file) => path.join(folder, file));
    if (!inside) continue;
    const written = await Promise.all([folder, ...inside].map(async (file) => (await unlessGone(stat(file)))?.mtimeMs));
    if (Math.max(0, ...written.map((ms) => ms ?? 0)) < beforeMs) yield { kind: "parts", key, handle };
  }
}
