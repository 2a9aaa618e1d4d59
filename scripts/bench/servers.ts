import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** A server to be measured: a program, its arguments and what it finds in its environment. */
export type Program = { readonly name: string; readonly args: readonly string[]; readonly env: Record<string, string> };
export type Launched = { readonly name: string; readonly url: string; readonly pid: number; stop(): Promise<void> };

const POOL = "20";
const ENCRYPTION_KEY = `k1:${randomBytes(32).toString("base64")}`;

/** Reelmark as in production: log level info, answers stripped. Only its limits are out of the way. */
export const reelmark = (databaseUrl: string, name = "reelmark"): Program => ({
  name,
  args: [fileURLToPath(import.meta.resolve("../../server/main.ts"))],
  env: {
    DATABASE_URL: databaseUrl,
    DATABASE_POOL: POOL,
    ENCRYPTION_KEY,
    METRICS_PORT: "0",
    // Made by every server at its start: not in the folder that this is run from.
    STORAGE_DIR: path.join(os.tmpdir(), "reelmark-bench-no-files"),
    RATE_LIMIT_STORE: "memory",
    RATE_LIMIT_KEY: "1000000",
  },
});

/** The bare server, in one of its modes (bare.ts). */
export const bare = (databaseUrl: string, name = "bare", mode = "plain"): Program => ({
  name,
  args: [fileURLToPath(import.meta.resolve("./bare.ts"))],
  env: { DATABASE_URL: databaseUrl, DATABASE_POOL: POOL, BARE_MODE: mode },
});

async function freePort(): Promise<number> {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await once(holder, "listening");
  const address = holder.address();
  holder.close();
  await once(holder, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Starts a program in a process of its own, its log going nowhere, and waits until it answers. */
export async function launch({ name, args, env }: Program): Promise<Launched> {
  const { PATH = "", HOME = "" } = process.env;
  const port = String(await freePort());
  const child = spawn(process.execPath, args, {
    env: { PATH, HOME, NODE_ENV: "production", PORT: port, ...env },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const closed = once(child, "close");
  const url = `http://127.0.0.1:${port}`;
  for (let ready = false; !ready; ) {
    if (child.exitCode !== null) throw new Error(`${name} ended before it was ready, with ${child.exitCode}`);
    await sleep(20);
    ready = await fetch(`${url}/livez`).then(
      () => true,
      () => false,
    );
  }
  return {
    name,
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await closed;
    },
  };
}

const TICKS_A_SECOND = 100;

/**
 * CPU time of a process so far, in microseconds: what a request costs, also while other programs take the cores. Linux
 * alone tells it in a file (proc(5): user and system time in ticks); elsewhere NaN.
 */
export function cpuMicros(pid: number): number {
  if (process.platform !== "linux") return Number.NaN;
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
  // The name, in brackets, may hold blanks: fields are counted from its end.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_A_SECOND;
}
