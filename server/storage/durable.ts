import { mkdir, open } from "node:fs/promises";
import path from "node:path";

/** Tells whether an error is one of the file system, by its code. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}

/** Makes a folder's entries survive a power cut. Windows has no such call, and keeps them by itself. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder and those above it, for this user alone, so that they survive a power cut. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
}

/** Writes a new file for this user alone, and returns its bytes once they would survive a power cut. Throws EEXIST. */
export async function writeNew(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(file, "wx", 0o600);
  try {
    let size = 0;
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length; ) at += (await handle.write(chunk, at)).bytesWritten;
      size += chunk.length;
    }
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
}
