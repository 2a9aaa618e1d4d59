import fs from "node:fs";
import path from "node:path";
import { EmbeddedPostgresError, errorCode, errorMessage } from "./errors.ts";

export type DataPaths = ReturnType<typeof dataPaths>;

/** Every file and folder of the embedded PostgreSQL under one data folder. */
export function dataPaths(dataDir: string) {
  const root = path.resolve(dataDir);
  return {
    root,
    /** What PostgreSQL calls its data directory. */
    cluster: path.join(root, "postgres"),
    /** `initdb` works in siblings of this prefix; only a finished one is renamed to `cluster`. */
    initPrefix: path.join(root, "postgres.init-"),
    lock: path.join(root, "postgres.lock"),
    running: path.join(root, "postgres.json"),
    password: path.join(root, "postgres.password"),
    log: path.join(root, "postgres.log"),
  };
}

/** Makes the data folder (0700: it holds the database and its password). Throws FOLDER_UNUSABLE. */
export function makeDataFolder(paths: DataPaths): void {
  try {
    fs.mkdirSync(paths.root, { recursive: true, mode: 0o700 });
    fs.accessSync(paths.root, fs.constants.R_OK | fs.constants.W_OK | fs.constants.X_OK);
  } catch (error) {
    throw new EmbeddedPostgresError(
      "FOLDER_UNUSABLE",
      `The data folder ${paths.root} cannot be used (${errorMessage(error)}). Give this user write access to it, choose another with DATA_DIR, or use a PostgreSQL of your own with DATABASE_URL.`,
      { cause: error },
    );
  }
}

/** Writes a file of mode 0600 in one step (temporary file, flush, rename), owned like its folder. */
export function writePrivate(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = fs.openSync(temporary, "w", 0o600);
  try {
    fs.writeSync(descriptor, text);
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
  ownLikeFolder(temporary);
  fs.renameSync(temporary, file);
}

/** Root gives a new file to the owner of its folder, so that this owner can run the server later without root. */
export function ownLikeFolder(file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = fs.statSync(path.dirname(file));
  fs.chownSync(file, uid, gid);
}

/** The text of a file, or undefined when it does not exist. */
export function readIfPresent(file: string): string | undefined {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** Flushes a folder's entries to disk, so that a rename in it survives a power cut. Does nothing on Windows. */
export function flushFolder(folder: string): void {
  if (process.platform === "win32") return;
  const descriptor = fs.openSync(folder, "r");
  try {
    fs.fsyncSync(descriptor);
  } finally {
    fs.closeSync(descriptor);
  }
}
