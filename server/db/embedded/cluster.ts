import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { giveTo } from "./account.ts";
import { EmbeddedPostgresError } from "./errors.ts";
import { type DataPaths, flushFolder, readIfPresent, writePrivate } from "./paths.ts";
import { lastLines, openFolder, runToEnd } from "./run.ts";
import type { Setup } from "./setup.ts";

// Written to postgresql.conf once, for a machine of 2 to 8 GB; the operator may edit them there.
const INITIAL_SETTINGS = {
  shared_buffers: "128MB",
  effective_cache_size: "1GB",
  work_mem: "8MB",
  random_page_cost: "1.1",
  timezone: "UTC",
  log_timezone: "UTC",
  log_min_duration_statement: "-1",
  log_checkpoints: "off",
  // Statements and error details hold people's data, which has no place in a log.
  log_min_error_statement: "panic",
  log_error_verbosity: "terse",
};

/** Removes what a start that was killed during `initdb` left. The caller holds the folder's lock. */
export function removeUnfinished(paths: DataPaths): void {
  for (const name of fs.readdirSync(paths.root)) {
    const entry = path.join(paths.root, name);
    // Retries: an initdb that outlived its server may still be writing there.
    if (entry.startsWith(paths.initPrefix))
      fs.rmSync(entry, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/**
 * Makes a new cluster (UTF-8, builtin C.UTF-8 collation, checksums, SCRAM) with a random superuser password.
 * It appears in one step: a kill at any moment leaves either no cluster or a whole one. Throws INIT_FAILED.
 */
export async function initialise({ paths, binaries, account }: Setup, scratch: string): Promise<void> {
  const unfinished = `${paths.initPrefix}${process.pid}`;
  const passwordFile = path.join(scratch, "password");
  const password = randomBytes(24).toString("hex");
  fs.mkdirSync(unfinished, { mode: 0o700 });
  fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  giveTo(account, unfinished);
  giveTo(account, passwordFile);
  const folder = openFolder(unfinished, account);
  try {
    const settings = Object.entries(INITIAL_SETTINGS).map(([name, value]) => `--set=${name}=${value}`);
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const access = ["--username=postgres", "--auth=scram-sha-256", `--pwfile=${passwordFile}`];
    const args = [`--pgdata=${folder.argument}`, ...access, ...locale, ...settings, "--no-instructions"];
    const { code, output } = await runToEnd(binaries.initdb, args, { account, folder });
    if (code !== 0) throw initFailed(paths, output);
    writePrivate(paths.password, `${password}\n`);
    fs.renameSync(unfinished, paths.cluster);
    flushFolder(paths.root);
  } finally {
    folder.close();
    fs.rmSync(passwordFile, { force: true });
    fs.rmSync(unfinished, { recursive: true, force: true });
  }
}

/** Refuses a cluster of another major version of PostgreSQL. Throws VERSION_MISMATCH, or FOLDER_UNUSABLE when it is no cluster. */
export function assertVersion({ paths, binaries }: Setup): void {
  const version = readIfPresent(path.join(paths.cluster, "PG_VERSION"))?.trim();
  if (version === `${binaries.major}`) return;
  if (version === undefined) {
    throw new EmbeddedPostgresError(
      "FOLDER_UNUSABLE",
      `${paths.cluster} is not a PostgreSQL data directory (it has no PG_VERSION). Move it away and start again for an empty database, or restore it from a backup.`,
    );
  }
  throw new EmbeddedPostgresError(
    "VERSION_MISMATCH",
    `The database in ${paths.cluster} was made by PostgreSQL ${version}; this release of Reelmark brings PostgreSQL ${binaries.major}, which cannot read it. With the release that made it, run: npm run db:export -- --file backup.reelmark.gz. Then move that folder away, start this release once, stop it, and run: npm run db:import -- --file backup.reelmark.gz`,
  );
}

/** Gives a cluster of root (restored by root from a copy) to the account that PostgreSQL will run as. */
export function adoptOwner({ paths, account }: Setup): void {
  if (account && fs.statSync(paths.cluster).uid !== account.uid) giveTo(account, paths.cluster);
}

/** The superuser's password; when its file is lost, a new one is set in single-user mode. PostgreSQL must not run. */
export async function ensurePassword({ paths, binaries, account }: Setup): Promise<string> {
  const kept = readPassword(paths);
  if (kept) return kept;
  const password = randomBytes(24).toString("hex");
  const folder = openFolder(paths.cluster, account);
  try {
    const sql = `ALTER ROLE postgres PASSWORD '${password}';\n`;
    const { code, output } = await runToEnd(
      binaries.postgres,
      ["--single", "-D", folder.argument, "postgres"],
      { account, folder },
      sql,
    );
    if (code !== 0 || /\b(ERROR|FATAL):/.test(output)) {
      throw new EmbeddedPostgresError(
        "START_FAILED",
        `The file ${paths.password} is missing, and a new password could not be set:\n${lastLines(output)}`,
      );
    }
  } finally {
    folder.close();
  }
  writePrivate(paths.password, `${password}\n`);
  return password;
}

/** The superuser's password as stored, or undefined when its file is missing or empty. */
export function readPassword(paths: DataPaths): string | undefined {
  return readIfPresent(paths.password)?.trim() || undefined;
}

function initFailed(paths: DataPaths, output: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "INIT_FAILED",
    `A new database could not be made in ${paths.root}. initdb said:\n${lastLines(output)}`,
  );
}
