import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { cleanUp, later, temporaryFolder } from "./launch.ts";
import { encryptionKey, freshKey, type RunningServer, startServer } from "./process.ts";

afterEach(cleanUp);

/** A PostgreSQL of the operator's own, and the one address that it keeps over restarts. */
async function ownPostgres() {
  const dataDir = temporaryFolder();
  const sockets = temporaryFolder();
  const link = path.join(sockets, "pg");
  let postgres: EmbeddedPostgres;
  const start = async () => {
    postgres = await startEmbeddedPostgres({ dataDir });
    const url = new URL(postgres.url);
    fs.symlinkSync(url.searchParams.get("host") ?? "", link);
    url.searchParams.set("host", link);
    return url.href;
  };
  const stop = async () => {
    fs.rmSync(link, { force: true });
    await postgres.stop();
  };
  const url = await start();
  later(stop);
  return { url, start, stop, pid: () => postgres.pid };
}

async function readyIs(server: RunningServer, status: number): Promise<void> {
  while ((await fetch(`${server.url}/readyz`)).status !== status) await sleep(10);
}

/** Starts 20 calls of each kind, and resolves with the different answers that they got. */
async function answers(server: RunningServer, key: string): Promise<string[]> {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/json" };
  const body = JSON.stringify({ name: "Late", slug: "late" });
  const calls = Array.from({ length: 20 }, () => [
    fetch(`${server.url}/api/v1/brands`, { headers }),
    fetch(`${server.url}/api/v1/brands`, { method: "POST", headers, body }),
    fetch(`${server.url}/api/v1/auth/login`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email: "nobody@reelmark.example", password: "no such password" }),
    }),
  ]).flat();
  const seen = new Set<string>();
  for (const response of await Promise.all(calls)) {
    // The envelope's shape is the contract's: held to it by the client in the tests of errors.
    const { error } = (await response.json()) as { error?: { code: string; request_id: string } };
    expect(error?.request_id).toBe(response.headers.get("x-request-id"));
    seen.add(`${response.status} ${error?.code}`);
  }
  return [...seen].sort();
}

test("a lost database is 503 on /readyz and on every call, and all is well again, without restart, when it returns", async () => {
  const postgres = await ownPostgres();
  const server = await startServer({ DATABASE_URL: postgres.url, ENCRYPTION_KEY: encryptionKey() });
  const { key } = await freshKey(server);
  await readyIs(server, 200);

  await postgres.stop();
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  // Log-in is counted in the database too and must not go uncounted; its limit of 10 a minute is not what is tested.
  expect(await answers(server, key)).toEqual(["503 SERVICE_UNAVAILABLE"]);

  await postgres.start();
  await readyIs(server, 200);
  await expect(server.api(key).listBrands()).resolves.toMatchObject({ count: 0 });
  expect(server.log.filter(({ msg }) => msg === "a handler failed")).toEqual([]);
  expect(await server.end()).toMatchObject({ code: 0, stderr: "" });
});

test("a database that hangs is 503 as well: no call waits for it without end, and all is well when it goes on", async () => {
  const postgres = await ownPostgres();
  const server = await startServer({ DATABASE_URL: postgres.url, ENCRYPTION_KEY: encryptionKey(), DATABASE_POOL: "4" });
  const { key } = await freshKey(server);
  const all = await processesOf(postgres.pid());
  later(() => signal(all, "SIGCONT"));
  signal(all, "SIGSTOP");
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  expect(await answers(server, key)).toEqual(["503 SERVICE_UNAVAILABLE"]);
  signal(all, "SIGCONT");
  await readyIs(server, 200);
  await expect(server.api(key).listBrands()).resolves.toMatchObject({ count: 0 });
  expect(server.log.filter(({ msg }) => msg === "a handler failed")).toEqual([]);
});

test("the embedded PostgreSQL is the server's own: when it is killed, the server says so and ends with 1", async () => {
  const DATA_DIR = temporaryFolder();
  const server = await startServer({ DATA_DIR });
  const { pid } = await server.line(({ msg }) => msg === "PostgreSQL is ready");
  process.kill(Number(pid), "SIGKILL");
  expect(await server.ended).toMatchObject({ code: 1, signal: null });
  expect(server.log.find(({ msg }) => msg === "the embedded PostgreSQL ended by itself")?.level).toBe("error");
});

/** A process and its children, as Linux lists them. */
async function processesOf(pid: number): Promise<number[]> {
  const children = fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
  return [pid, ...children.map(Number)];
}

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch {
      // A backend whose connection was given up has ended meanwhile.
    }
  }
}
