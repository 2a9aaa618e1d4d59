import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { flushFolder, ownLikeFolder, writePrivate } from "./db/embedded/paths.ts";
import type { SealingKeys } from "./kit/seal.ts";
import { StartError } from "./kit/start-error.ts";

const BYTES = 32;
/** The name of a first key, which stands in the file without one. */
const FIRST = "local";
const LINE = /^(?:([a-z0-9-]{1,32}):)?([A-Za-z0-9+/]+={0,2})$/;

const fileIn = (dataDir: string) => path.join(path.resolve(dataDir), "encryption.key");

/**
 * The encryption keys of a server that was given none: `encryption.key` in its data folder (mode 0600), made on the first
 * start. A line is a key in base64, or `<id>:<key>`, newest first. Throws StartError when the file is damaged.
 */
export function localKey(dataDir: string): SealingKeys {
  const file = fileIn(dataDir);
  if (!fs.existsSync(file)) make(file);
  const lines = fs.readFileSync(file, "utf8").split("\n").filter(Boolean);
  const keys = lines.map((line) => {
    const [, id = FIRST, text = ""] = LINE.exec(line.trim()) ?? [];
    return { id, key: Buffer.from(text, "base64") };
  });
  const whole = keys.length > 0 && keys.every(({ key }) => key.length === BYTES);
  if (!whole || new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new StartError(
      `${file} is damaged: put back the copy that you kept, or set ENCRYPTION_KEY to local:<the key>`,
    );
  }
  return keys;
}

/**
 * Replaces the key in the data folder. `move` re-seals every value under the first of the keys that it gets; until it is
 * done, the file holds both, so that a server starts whenever this is cut off. The next call then goes on with the same new
 * key. The caller holds the folder: a running server would still seal with the old one.
 */
export async function rotateLocalKey<T>(
  dataDir: string,
  nowMs: number,
  move: (keys: SealingKeys) => Promise<T>,
): Promise<T> {
  const present = localKey(dataDir);
  const fresh = { id: `${FIRST}-${nowMs.toString(36)}`, key: randomBytes(BYTES) };
  const keys = present.length > 1 ? present : [fresh, ...present];
  if (keys !== present) replace(fileIn(dataDir), keys);
  dropUnfinished(dataDir);
  const result = await move(keys);
  replace(fileIn(dataDir), keys.slice(0, 1));
  return result;
}

const written = (keys: SealingKeys) => keys.map(({ id, key }) => `${id}:${key.toString("base64")}\n`).join("");

/** What an earlier call was writing when it was cut off: no key stays behind. */
function dropUnfinished(dataDir: string): void {
  const folder = path.resolve(dataDir);
  const unfinished = fs.readdirSync(folder).filter((name) => /^encryption\.key\..*\.tmp$/.test(name));
  for (const name of unfinished) fs.rmSync(path.join(folder, name), { force: true });
}

/** On the disk before anything is sealed with it, also through a power cut. */
function replace(file: string, keys: SealingKeys): void {
  writePrivate(file, written(keys));
  flushFolder(path.dirname(file));
}

/** Written aside and then linked: a crash in between leaves no half of a key, and a second server does not replace it. */
function make(file: string): void {
  const aside = `${file}.${process.pid}`;
  fs.writeFileSync(aside, `${randomBytes(BYTES).toString("base64")}\n`, { mode: 0o600, flush: true });
  ownLikeFolder(aside);
  try {
    fs.linkSync(aside, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    fs.rmSync(aside);
  }
}
