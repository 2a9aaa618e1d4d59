import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { giveTo, serviceAccount } from "./embedded/account.ts";
import { locateBinaries } from "./embedded/binaries.ts";
import {
  adoptOwner,
  assertVersion,
  ensurePassword,
  initialise,
  readPassword,
  removeUnfinished,
} from "./embedded/cluster.ts";
import { errorCode } from "./embedded/errors.ts";
import { isLocked, lockDataFolder, readRunning } from "./embedded/lock.ts";
import { type DataPaths, dataPaths, makeDataFolder, writePrivate } from "./embedded/paths.ts";
import { type Endpoint, type Exit, endLeftover, startPostmaster, stopPostmaster } from "./embedded/postmaster.ts";
import { startMark } from "./embedded/processes.ts";
import type { Log } from "./embedded/setup.ts";

export type EmbeddedPostgres = {
  /** Connection string of the superuser for the database `reelmark`; it holds the password. */
  url: string;
  pid: number;
  /** True when this start made the database. */
  firstStart: boolean;
  startedInMs: number;
  /** Stops PostgreSQL and gives the folder free. May be called any number of times. */
  stop(): Promise<void>;
};

export type EmbeddedPostgresOptions = {
  dataDir: string;
  log?: Log;
  /** 100 unless given. */
  maxConnections?: number;
  /** Called once when PostgreSQL ends without `stop()`. The folder stays locked until `stop()`. */
  onExit?: (exit: Exit & { message: string }) => void;
};

const SOCKET_PREFIX = "reelmark-pg-";
const DATABASE = "reelmark";
// sockaddr_un holds 107 bytes, and PostgreSQL adds "/.s.PGSQL.5432".
const LONGEST_SOCKET_FOLDER = 90;

/**
 * Starts a real PostgreSQL on `<dataDir>/postgres`, making it on the first start, and resolves when the database
 * `reelmark` takes connections. What a killed server left behind is stopped and recovered first.
 * Throws EmbeddedPostgresError, whose message says what to do.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const started = performance.now();
  const { log = () => {}, maxConnections = 100 } = options;
  const paths = dataPaths(options.dataDir);
  makeDataFolder(paths);
  const lock = lockDataFolder(paths);
  const cleanUp: (() => unknown)[] = [() => lock.release()];
  const release = async () => {
    for (const undo of cleanUp.splice(0).reverse()) await undo();
  };
  try {
    removeSocketFolder(readRunning(paths)?.host ?? "");
    const endpoint = await makeEndpoint();
    cleanUp.push(() => removeSocketFolder(endpoint.scratch));
    writeRunning(paths, endpoint);
    cleanUp.push(() => fs.rmSync(paths.running, { force: true }));

    const account = serviceAccount(paths);
    const setup = { paths, binaries: locateBinaries(account), account, log };
    if (path.isAbsolute(endpoint.host)) giveTo(account, endpoint.host);
    removeUnfinished(paths);
    const firstStart = !fs.existsSync(paths.cluster);
    if (firstStart) await initialise(setup, endpoint.scratch);
    adoptOwner(setup);
    assertVersion(setup);
    await endLeftover(setup);

    const url = connectionString(endpoint, await ensurePassword(setup));
    const postmaster = await startPostmaster(setup, endpoint, maxConnections);
    cleanUp.push(() => stopPostmaster(setup, postmaster.pid, postmaster.hasExited));
    await ensureDatabase(url);

    let stopped: Promise<void> | undefined;
    void postmaster.exited.then((exit) => {
      if (stopped !== undefined) return;
      const message = `PostgreSQL (process ${postmaster.pid}) ended by itself (${exit.signal ?? `exit code ${exit.code}`}). Its log (${paths.log}) ends with:\n${postmaster.lastLog()}`;
      log(message, exit);
      options.onExit?.({ ...exit, message });
    });
    const startedInMs = performance.now() - started;
    log("PostgreSQL is ready", { pid: postmaster.pid, firstStart, startedInMs });
    return { url, pid: postmaster.pid, firstStart, startedInMs, stop: () => (stopped ??= release()) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** The connection string of the embedded PostgreSQL that another process runs on this folder, or undefined when none does. */
export function findRunningPostgres(dataDir: string): string | undefined {
  const paths = dataPaths(dataDir);
  const running = isLocked(paths) ? readRunning(paths) : undefined;
  const password = running && readPassword(paths);
  return password ? connectionString(running, password) : undefined;
}

// A new folder each time: nobody can prepare one in the shared temporary folder and pass for our server.
async function makeEndpoint(): Promise<Endpoint & { scratch: string }> {
  const roomy = Buffer.byteLength(os.tmpdir()) <= LONGEST_SOCKET_FOLDER - 20 || process.platform === "win32";
  const scratch = fs.mkdtempSync(path.join(roomy ? os.tmpdir() : "/tmp", SOCKET_PREFIX));
  if (process.platform !== "win32") return { host: scratch, port: 5432, scratch };
  return { host: "127.0.0.1", port: await freePort(), scratch };
}

// Written before anything slow, so that whoever is refused meanwhile can name us.
function writeRunning(paths: DataPaths, { host, port }: Endpoint): void {
  writePrivate(paths.running, `${JSON.stringify({ pid: process.pid, started: startMark(process.pid), host, port })}\n`);
}

function removeSocketFolder(folder: string): void {
  if (path.basename(folder).startsWith(SOCKET_PREFIX)) fs.rmSync(folder, { recursive: true, force: true });
}

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("The system gave no free port on 127.0.0.1");
  return address.port;
}

function connectionString({ host, port }: Endpoint, password: string): string {
  const socket = path.isAbsolute(host) ? `&host=${encodeURIComponent(host)}` : "";
  return `postgresql://postgres:${password}@${socket ? "localhost" : host}:${port}/${DATABASE}?sslmode=disable${socket}`;
}

// The first connection: proof that the password holds, and the moment to make the database when a kill came before.
async function ensureDatabase(url: string): Promise<void> {
  try {
    await runOnce(url, "SELECT 1");
  } catch (error) {
    if (errorCode(error) !== "3D000") throw error;
    const maintenance = new URL(url);
    maintenance.pathname = "/postgres";
    await runOnce(maintenance.href, `CREATE DATABASE ${DATABASE}`);
  }
}

async function runOnce(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
