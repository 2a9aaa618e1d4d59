import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { EmbeddedPostgresError, errorMessage } from "./errors.ts";
import { type DataPaths, ownLikeFolder, readIfPresent } from "./paths.ts";
import { isAlive, startMark } from "./processes.ts";

export type Running = { pid: number; started: string; host: string; port: number };

type Held = { close(): void };

const FLOCK = "flock"; // of util-linux
const SQLITE_BUSY = 5;
// SQLite refuses paths over 512 bytes.
const LONGEST_SQLITE_FOLDER = 480;
// Long enough to outlast another process that only asks whether the folder is in use.
const PATIENCE_MS = 250;
// A collected handle would close itself, and with it the lock.
const held = new Set<Held>();

/**
 * Takes the data folder for this process until `release()`. The lock is the kernel's, on `postgres.lock` (SQLite's
 * portable file locking): it ends with the process however that dies, so nothing stale is ever taken over, no pid
 * can be mistaken for a reused one, and containers that share the folder exclude each other.
 * Throws FOLDER_IN_USE with the pid of the holder.
 */
export function lockDataFolder(paths: DataPaths): { release(): void } {
  const lock = tryLock(paths);
  if (lock) {
    held.add(lock);
    return {
      release() {
        if (held.delete(lock)) lock.close();
      },
    };
  }
  const holder = readRunning(paths);
  const who =
    holder && isAlive(holder.pid) && startMark(holder.pid) === holder.started
      ? `process ${holder.pid}`
      : "another process";
  throw new EmbeddedPostgresError(
    "FOLDER_IN_USE",
    `The data folder ${paths.root} is in use by ${who}. Stop it first, or give this one its own folder with DATA_DIR; to run several servers on one database, use a PostgreSQL of your own with DATABASE_URL.`,
  );
}

/** Whether some process (this one included) holds the data folder. */
export function isLocked(paths: DataPaths): boolean {
  if (!fs.existsSync(paths.lock)) return false;
  const lock = tryLock(paths);
  lock?.close();
  return lock === undefined;
}

/** What the holder of the folder wrote about itself, or undefined when there is none or it is not readable. */
export function readRunning(paths: DataPaths): Running | undefined {
  const text = readIfPresent(paths.running);
  if (text === undefined) return undefined;
  try {
    const { pid, started, host, port } = JSON.parse(text);
    const whole = [pid, port].every(Number.isSafeInteger) && [started, host].every((v) => typeof v === "string");
    return whole ? { pid, started, host, port } : undefined;
  } catch {
    return undefined;
  }
}

// Nothing else in this process may open and close the lock file: POSIX drops a process's locks on any close.
function tryLock(paths: DataPaths): Held | undefined {
  const fresh = !fs.existsSync(paths.lock);
  try {
    const tooLong = Buffer.byteLength(fs.realpathSync(paths.root)) > LONGEST_SQLITE_FOLDER;
    return tooLong ? tryLockWithFlock(paths.lock) : tryLockWithSqlite(paths.lock);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "FOLDER_UNUSABLE",
      `The lock file ${paths.lock} cannot be used (${errorMessage(error)}). The data folder must be on a disk of this machine with file locking, and belong to this user; choose another with DATA_DIR, or use a PostgreSQL of your own with DATABASE_URL.`,
      { cause: error },
    );
  } finally {
    if (fresh && fs.existsSync(paths.lock)) ownLikeFolder(paths.lock);
  }
}

function tryLockWithSqlite(file: string): Held | undefined {
  const database = new DatabaseSync(file, { timeout: PATIENCE_MS });
  try {
    // With no journal on disk nothing but the lock file is made, nor left by a kill.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return database;
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
}

// flock(1) locks the open file that it inherits, which is ours too: the lock stays when flock ends, until we close it.
function tryLockWithFlock(file: string): Held | undefined {
  const descriptor = fs.openSync(file, "a", 0o600);
  const patience = `${PATIENCE_MS / 1000}`;
  const tried = spawnSync(FLOCK, ["--timeout", patience, "3"], {
    cwd: "/",
    stdio: ["ignore", "ignore", "ignore", descriptor],
  });
  if (tried.status === 0) return { close: () => fs.closeSync(descriptor) };
  fs.closeSync(descriptor);
  if (tried.status === 1) return undefined;
  throw new Error(
    `its path is over ${LONGEST_SQLITE_FOLDER} bytes, which needs the program flock: ${tried.error?.message ?? "it failed"}`,
  );
}
