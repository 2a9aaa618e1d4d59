import type { ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EmbeddedPostgresError, errorMessage } from "./errors.ts";
import { type DataPaths, ownLikeFolder, readIfPresent } from "./paths.ts";
import { findByTitle, isAlive, waitUntil, wasStartedWith } from "./processes.ts";
import { type Folder, lastLines, launch, openFolder, runToEnd } from "./run.ts";
import type { Setup } from "./setup.ts";

export type Endpoint = { host: string; port: number };
export type Exit = { code: number | null; signal: NodeJS.Signals | null };
export type Postmaster = { pid: number; exited: Promise<Exit>; hasExited(): boolean; lastLog(): string };

const LOG_LIMIT = 8 * 1024 * 1024;
const FAST_MS = 30_000;
const IMMEDIATE_MS = 5_000;
const SURVIVORS_MS = 15_000;

/**
 * Starts PostgreSQL in its own process group (Ctrl-C reaches only the server, which drains first) and resolves when
 * it takes connections, crash recovery included. Throws START_FAILED with the end of its log.
 */
export async function startPostmaster(setup: Setup, endpoint: Endpoint, maxConnections: number): Promise<Postmaster> {
  const end = performance.now() + SURVIVORS_MS;
  for (;;) {
    const postmaster = spawnPostmaster(setup, endpoint, maxConnections);
    if (await becomesReady(setup, postmaster)) return postmaster;
    const said = postmaster.lastLog();
    const occupied = said.includes("pre-existing shared memory block") || said.includes("postmaster.pid");
    if (!occupied || performance.now() > end) throw startFailed(setup.paths, said);
    await sleep(200);
    await endLeftover(setup);
  }
}

/** Stops PostgreSQL: fast (rolls back, checkpoints), then immediate (recovers at the next start), then kills it. */
export async function stopPostmaster(setup: Setup, pid: number, gone: () => boolean): Promise<void> {
  const steps = [
    ["SIGINT", "INT", FAST_MS],
    ["SIGQUIT", "QUIT", IMMEDIATE_MS],
    ["SIGKILL", "KILL", IMMEDIATE_MS],
  ] as const;
  for (const [signal, name, patience] of steps) {
    if (gone()) return;
    if (signal !== "SIGINT") setup.log(`PostgreSQL did not stop in time; sending ${signal}`, { pid });
    await sendSignal(setup, pid, signal, name);
    if (await waitUntil(gone, patience)) return;
  }
  throw new EmbeddedPostgresError(
    "START_FAILED",
    `PostgreSQL (process ${pid}) does not stop, not even when killed. Its disk may hang: look at the system's log.`,
  );
}

/**
 * Clears the way after a killed server: stops the PostgreSQL that it left running, and sees to it that a reused pid
 * in postmaster.pid stops nothing. The caller holds the folder's lock.
 */
export async function endLeftover(setup: Setup): Promise<void> {
  const { paths, log } = setup;
  const mark = clusterMark(paths);
  const file = path.join(paths.cluster, "postmaster.pid");
  const lines = readIfPresent(file)?.split("\n");
  const pid = Number(lines?.[0]);
  if (!lines || !Number.isSafeInteger(pid) || pid <= 1) return;
  if (wasStartedWith(pid, mark)) {
    log("Stopping the PostgreSQL that a killed server left running", { pid });
    await stopPostmaster(setup, pid, () => !wasStartedWith(pid, mark));
    return;
  }
  // Backends of a postmaster that was killed end by themselves, but not in the middle of a long query.
  for (const survivor of findByTitle(mark)) await sendSignal(setup, survivor, "SIGQUIT", "QUIT");
  // A postmaster takes its parent's pid (ours) for stale, and still looks for survivors. A deleted file would skip that.
  if (isAlive(pid)) fs.writeFileSync(file, [process.pid, ...lines.slice(1)].join("\n"));
}

function spawnPostmaster(setup: Setup, { host, port }: Endpoint, maxConnections: number): Postmaster {
  const { paths, binaries, account } = setup;
  const local = path.isAbsolute(host);
  const settings = {
    listen_addresses: local ? "" : host,
    unix_socket_directories: local ? `"${host.replaceAll('"', '""')}"` : "",
    unix_socket_permissions: "0700",
    port,
    max_connections: maxConnections,
    logging_collector: "off",
    log_destination: "stderr",
    cluster_name: clusterMark(paths),
  };
  const folder = openFolder(paths.cluster, account);
  const output = openLog(paths);
  const start = fs.fstatSync(output).size;
  try {
    const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
    const child = launch(binaries.postgres, ["-D", folder.argument, ...args], {
      account,
      folder,
      output,
      detached: true,
    });
    return watch(child, folder, () => readFrom(paths.log, start));
  } finally {
    fs.closeSync(output);
    folder.close();
  }
}

// In the postmaster's command line: tells it from the one of another folder, and from any program under a reused pid.
function clusterMark(paths: DataPaths): string {
  return `reelmark-${createHash("sha256").update(fs.realpathSync(paths.cluster)).digest("hex").slice(0, 16)}`;
}

function watch(child: ChildProcess, folder: Folder, readLog: () => string): Postmaster {
  let exit: Exit | undefined;
  let failure = "";
  const exited = new Promise<Exit>((resolve) => {
    const ended = (code: number | null, signal: NodeJS.Signals | null) => {
      exit ??= { code, signal };
      resolve(exit);
    };
    child.once("exit", ended);
    child.once("error", (error) => {
      failure = `${errorMessage(error)} (data directory ${folder.argument})`;
      if (child.pid === undefined) ended(null, null);
    });
  });
  return {
    pid: child.pid ?? 0,
    exited,
    hasExited: () => exit !== undefined,
    lastLog: () => lastLines(failure || readLog()),
  };
}

async function becomesReady({ paths, log }: Setup, postmaster: Postmaster): Promise<boolean> {
  const file = path.join(paths.cluster, "postmaster.pid");
  let nextNote = performance.now() + 10_000;
  while (!postmaster.hasExited()) {
    // The file's first line is the pid, the eighth the state (pg_ctl waits the same way).
    const lines = readIfPresent(file)?.split("\n");
    if (Number(lines?.[0]) === postmaster.pid && lines?.[7]?.trim() === "ready") return true;
    if (performance.now() > nextNote) {
      log("PostgreSQL is still starting; after a crash it first replays its log", { pid: postmaster.pid });
      nextNote += 10_000;
    }
    await sleep(5);
  }
  return false;
}

async function sendSignal(
  { binaries, account }: Setup,
  pid: number,
  signal: NodeJS.Signals,
  name: string,
): Promise<void> {
  if (process.platform === "win32" && signal !== "SIGKILL") {
    // Windows has no signals; PostgreSQL listens for them on a pipe that pg_ctl knows.
    await runToEnd(binaries.pgCtl, ["kill", name, `${pid}`], { account, folder: openFolder(".", undefined) });
    return;
  }
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already, which is what was asked for.
  }
}

function openLog(paths: DataPaths): number {
  const size = fs.statSync(paths.log, { throwIfNoEntry: false })?.size;
  if (size !== undefined && size > LOG_LIMIT) fs.renameSync(paths.log, `${paths.log}.1`);
  const descriptor = fs.openSync(paths.log, "a", 0o600);
  ownLikeFolder(paths.log);
  return descriptor;
}

function readFrom(file: string, start: number): string {
  return fs.readFileSync(file).subarray(start).toString("utf8");
}

function startFailed(paths: DataPaths, said: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    "START_FAILED",
    `PostgreSQL did not start in ${paths.cluster}. Its log (${paths.log}) ends with:\n${said}`,
  );
}
