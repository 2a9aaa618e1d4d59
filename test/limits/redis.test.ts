import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { settle, times } from "../setup/support.ts";

/** Debian's: it is no npm package, and where it is missing these tests have nothing to count in. */
const REDIS_SERVER = "redis-server";
const LIMIT = 60;

function hasRedis(): boolean {
  try {
    execFileSync(REDIS_SERVER, ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });

/** A Redis of our own, on loopback, that keeps nothing on disk. Resolves once it takes connections. */
async function startRedis(port: number): Promise<ChildProcess> {
  const settings = ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const child = spawn(REDIS_SERVER, settings, { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`redis-server ended with ${code}`)));
    child.stdout.on("data", (chunk) => {
      if (String(chunk).includes("Ready to accept connections")) resolve();
    });
  });
  return child;
}

async function stopRedis(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}

describe.skipIf(!hasRedis())("counting in Redis, with two servers", () => {
  let port: number;
  let redis: ChildProcess;
  let here: TestApp;
  let there: TestApp;
  beforeAll(async () => {
    port = await freePort();
    redis = await startRedis(port);
    const env = {
      RATE_LIMIT_STORE: "redis",
      REDIS_URL: `redis://127.0.0.1:${port}`,
      RATE_LIMIT_KEY: String(LIMIT),
    };
    here = await openTestApp({ env });
    there = await openTestApp({ env, databaseUrl: here.databaseUrl });
  });
  afterAll(async () => {
    await there.close();
    await here.close();
    await stopRedis(redis);
  });

  const newKey = async () => (await (await freshOrganization(here)).key(["brands:read"])).key;
  const both = (key: string, n: number) => settle(times(n, (i) => (i % 2 ? here : there).api(key).listBrands()));
  const login = (app: TestApp) => app.api().login({ body: { email: "nobody@reelmark.example", password: "wrong" } });

  test("200 for exactly as many of 100 at once over both as the limit says", async () => {
    const { good, refused } = await both(await newKey(), 100);
    expect(good).toHaveLength(LIMIT);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
  });

  test("with Redis away: half the limit on each server, 503 at log-in and sign-up; exact again when it is back", async () => {
    const [key, session] = [await newKey(), (await freshOrganization(here)).api];
    await stopRedis(redis);

    const { good, refused } = await settle(times(50, () => here.api(key).listBrands()));
    expect(good).toHaveLength(LIMIT / 2);
    expect(new Set(refused.map(({ status }) => status))).toEqual(new Set([429]));
    const elsewhere = await settle(times(50, () => there.api(key).listBrands()));
    expect(elsewhere.good).toHaveLength(LIMIT / 2);

    for (const app of [here, there]) {
      await expect(login(app)).rejects.toMatchObject({ status: 503, code: "SERVICE_UNAVAILABLE" });
    }
    await expect(freshOrganization(here)).rejects.toMatchObject({ status: 503 });
    await expect(session.getProfile(), "who is logged in goes on").resolves.toBeDefined();
    expect(here.log.some(({ level, message }) => level === "warn" && /store failed/.test(message))).toBe(true);

    redis = await startRedis(port);
    for (const app of [here, there]) {
      await vi.waitFor(() => expect(login(app)).rejects.toMatchObject({ status: 401 }), {
        timeout: 10_000,
        interval: 100,
      });
    }
    const again = await both(await newKey(), 100);
    expect(again.good).toHaveLength(LIMIT);
  });

  test("503 at log-in alone on a server that starts while Redis is away, and 401 once it is there", async () => {
    const absent = await freePort();
    const env = { RATE_LIMIT_STORE: "redis", REDIS_URL: `redis://127.0.0.1:${absent}` };
    const app = await openTestApp({ env, databaseUrl: here.databaseUrl });
    let late: ChildProcess | undefined;
    try {
      await expect(login(app)).rejects.toMatchObject({ status: 503 });
      late = await startRedis(absent);
      await vi.waitFor(() => expect(login(app)).rejects.toMatchObject({ status: 401 }), {
        timeout: 10_000,
        interval: 100,
      });
    } finally {
      await app.close();
      if (late) await stopRedis(late);
    }
  });
});
