import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { isLocked } from "../../server/db/embedded/lock.ts";
import { dataPaths } from "../../server/db/embedded/paths.ts";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";

export const FOLDER_PREFIX = "reelmark-sandbox-";
/** A folder that is younger may be of a sandbox that is just about to lock it, in milliseconds. */
const YOUNG_MS = 60_000;

/** Removes what sandboxes left behind that were killed: their PostgreSQL, which nobody stopped, and their folders. */
export async function removeLeftovers(): Promise<void> {
  const folders = fs
    .readdirSync(os.tmpdir())
    .filter((name) => name.startsWith(FOLDER_PREFIX))
    .map((name) => path.join(os.tmpdir(), name));
  for (const folder of folders) {
    try {
      const isYoung = fs.statSync(folder).mtimeMs > performance.timeOrigin - YOUNG_MS;
      if (isYoung || isLocked(dataPaths(folder))) continue;
      // A start on the folder ends the PostgreSQL that still runs there.
      await (await startEmbeddedPostgres({ dataDir: folder })).stop();
      fs.rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another user's, or another sandbox is removing it: it harms nobody, and the next start tries again.
    }
  }
}
