import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, readdir, rename, rm, stat, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { StartError } from "../kit/start-error.ts";
import { checkKey, checkNumber, checkParts, exactly, mergeByKey, untilAborted } from "./bounds.ts";
import { hasCode, makeFolder, syncFolder, writeNew } from "./durable.ts";
import { withFileErrors } from "./local-errors.ts";
import { listObjects, listUnfinished, PART, removeOlder, type Version, versions } from "./local-listing.ts";
import { type ListedPart, type Storage, StorageError, type UploadedPart } from "./service.ts";

const HANDLE = /^[a-z0-9-]{1,64}$/;
const CHUNK_BYTES = 256 * 1024;

/**
 * Objects as files of `root`/objects; what is not whole yet lies in a folder of `root`/parts, and becomes an object by a
 * rename, after it and its folder were synced: nothing is acknowledged that a power cut could take.
 * @param root The folder; made where it is missing, for this user alone.
 */
export function openLocalStorage(root: string): Storage {
  const objects = path.resolve(root, "objects");
  const unfinished = path.resolve(root, "parts");

  const objectFile = (key: string) => {
    checkKey(key);
    return path.join(objects, key);
  };
  // A key has no dot, so one folder's name tells key and handle apart.
  const partsFolder = (key: string, handle: string) => {
    checkKey(key);
    if (!HANDLE.test(handle)) throw new StorageError("NOT_FOUND", "There is no such upload");
    return path.join(unfinished, `${key}.${handle}`);
  };
  const begin = async (key: string) => {
    const handle = randomUUID();
    const folder = partsFolder(key, handle);
    await makeFolder(folder);
    return { handle, folder };
  };
  const drop = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  // By another name first, so that who still works on the upload finds it gone as a whole, not file by file.
  const dropUpload = async (key: string, folder: string) => {
    const away = partsFolder(key, randomUUID());
    try {
      await rename(folder, away);
    } catch (error) {
      if (hasCode(error, "ENOENT")) return;
      throw error;
    }
    await drop(away);
  };
  const publish = async (whole: string, key: string) => {
    const file = objectFile(key);
    await makeFolder(path.dirname(file));
    await rename(whole, file);
    await syncFolder(path.dirname(file));
  };
  const size = async (key: string) => {
    const file = objectFile(key);
    try {
      return (await stat(file)).size;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      throw error;
    }
  };
  return withFileErrors(root, {
    kind: "local",
    async put(key, bytes, { signal } = {}) {
      const { folder } = await begin(key);
      try {
        const whole = path.join(folder, "whole");
        const written = await writeNew(whole, untilAborted(bytes, signal));
        await publish(whole, key);
        return { size: written };
      } finally {
        await drop(folder);
      }
    },
    async read(key, range) {
      const handle = await openIfThere(objectFile(key));
      if (!handle) throw new StorageError("NOT_FOUND", "There is no such object");
      const { size: all } = await handle.stat();
      if (range && (range.start >= all || range.start > range.end)) {
        await handle.close();
        throw new StorageError("RANGE", `The object has ${all} bytes`);
      }
      return handle.createReadStream({
        highWaterMark: CHUNK_BYTES,
        ...(range && { start: range.start, end: range.end }),
      });
    },
    size,
    async delete(key) {
      await unlink(objectFile(key)).catch((error: unknown) => {
        if (!hasCode(error, "ENOENT")) throw error;
      });
    },
    async createParts(key) {
      return { handle: (await begin(key)).handle };
    },
    async putPart(key, handle, number, bytes, announced) {
      checkNumber(number);
      const folder = partsFolder(key, handle);
      const hash = createHash("sha256");
      const hashed = async function* () {
        for await (const chunk of exactly(bytes, announced)) {
          hash.update(chunk);
          yield chunk;
        }
      };
      const coming = path.join(folder, `coming-${randomUUID()}`);
      try {
        await writeNew(coming, hashed());
        const tag = hash.digest("hex");
        await rename(coming, path.join(folder, `${number}.${tag}`));
        await syncFolder(folder);
        await removeOlder(folder, number);
        return { number, tag, size: announced };
      } catch (error) {
        await rm(coming, { force: true });
        if (hasCode(error, "ENOENT")) throw new StorageError("NOT_FOUND", "There is no such upload", { cause: error });
        throw error;
      }
    },
    async parts(key, handle) {
      return newest(await versions(partsFolder(key, handle)));
    },
    async completeParts(key, handle, parts) {
      const total = checkParts(parts);
      const folder = partsFolder(key, handle);
      const whole = path.join(folder, `whole-${randomUUID()}`);
      try {
        await writeNew(whole, joined(folder, parts));
        await publish(whole, key);
      } catch (error) {
        await rm(whole, { force: true });
        // Without its folder it was completed before, perhaps by a process that died before it could say so, or aborted.
        if (!hasCode(error, "ENOENT")) throw error;
        if ((await size(key)) === total) return { size: total };
        throw new StorageError("NOT_FOUND", "There is no such upload", { cause: error });
      }
      await dropUpload(key, folder);
      return { size: total };
    },
    async abortParts(key, handle) {
      await dropUpload(key, partsFolder(key, handle));
    },
    presignPart: async () => undefined,
    presignRead: async () => undefined,
    list: (beforeMs, after = "") =>
      mergeByKey(listObjects(objects, beforeMs, after), listUnfinished(unfinished, beforeMs, after)),
    async check() {
      try {
        await Promise.all([makeFolder(objects), makeFolder(unfinished)]);
        const probe = path.join(unfinished, `.probe-${randomUUID()}`);
        await writeFile(probe, "", { mode: 0o600, flush: true });
        await unlink(probe);
        await readdir(objects);
      } catch (error) {
        throw new StartError(
          `The folder of uploaded files, ${root}, cannot be used (${error instanceof Error ? error.message : String(error)}): ` +
            "let this user write to it, or set STORAGE_DIR to another",
        );
      }
    },
    close: async () => {},
  });
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, "r");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function newest(all: readonly Version[]): ListedPart[] {
  const byNumber = new Map<number, Version>();
  for (const version of all) {
    const other = byNumber.get(version.number);
    if (!other || other.writtenNs < version.writtenNs) byNumber.set(version.number, version);
  }
  return [...byNumber.values()]
    .sort((a, b) => a.number - b.number)
    .map(({ number, tag, size, writtenNs }) => ({ number, tag, size, writtenMs: Number(writtenNs / 1_000_000n) }));
}

async function* joined(folder: string, parts: readonly UploadedPart[]): AsyncGenerator<Uint8Array, void> {
  for (const { number, tag, size } of parts) {
    const name = `${number}.${tag}`;
    const handle = PART.test(name) ? await openIfThere(path.join(folder, name)) : undefined;
    if (!handle) {
      // Throws ENOENT when the whole upload is gone, not only the part.
      await stat(folder);
      throw new StorageError(
        "BAD_PART",
        `Part ${number} has not been uploaded, or was replaced since: list the parts anew`,
      );
    }
    if ((await handle.stat()).size !== size) {
      await handle.close();
      throw new StorageError("BAD_PART", `Part ${number} has another size than was listed`);
    }
    yield* handle.createReadStream({ highWaterMark: CHUNK_BYTES });
  }
}
