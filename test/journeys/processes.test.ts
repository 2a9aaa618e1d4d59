import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Client, createClient } from "../../client/index.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { conformingFetch } from "../kit/conformance.ts";
import { freshDatabase, type TestDatabase } from "../setup/database.ts";
import { bareEnvironment } from "../setup/environment.ts";
import { query, settle, times } from "../setup/support.ts";

const MAIN = fileURLToPath(new URL("../../server/main.ts", import.meta.url));
const LIMIT = 60;

type Server = { readonly child: ChildProcess; readonly url: string; api(token?: string): Client };

let database: TestDatabase;
let folder: string;
let servers: Server[] = [];

/** Starts one real server and waits until it says that it is ready. Its own output is the error when it does not. */
async function start(env: Record<string, string>): Promise<Server> {
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { ...bareEnvironment(), MAIL: "log", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const url = await new Promise<string>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`The server ended with ${code}: ${said}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      said += `${line}\n`;
      const { msg, url } = JSON.parse(line) as { msg?: string; url?: string };
      if (msg === "Reelmark is ready" && url) resolve(url);
    });
  });
  const conforming = conformingFetch(reelmarkDocument(), (request) => fetch(request));
  const send = async (request: Request) => conforming(request);
  return {
    child,
    url,
    api: (token) => createClient({ baseUrl: `${url}/api`, fetch: send, retries: 0, ...(token ? { token } : {}) }),
  };
}

async function stop({ child }: Server): Promise<number | null> {
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  return ended;
}

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-servers-"));
  database = await freshDatabase({ empty: true });
  const env = {
    DATABASE_URL: database.url,
    ENCRYPTION_KEY: `k1:${randomBytes(32).toString("base64")}`,
    PUBLIC_URL: "http://reelmark.test",
    PORT: "0",
    METRICS_PORT: "0",
    RATE_LIMIT_STORE: "postgres",
    RATE_LIMIT_KEY: String(LIMIT),
    RESPONSE_CHECK: "check",
  };
  // At once, on a database without tables: both migrate, both make the first signing key.
  servers = await Promise.all([start(env), start(env)]);
});
afterAll(async () => {
  const running = servers.filter(({ child }) => child.exitCode === null && child.signalCode === null);
  await Promise.all(running.map(stop));
  await database.drop();
  fs.rmSync(folder, { recursive: true, force: true });
});

const on = (i: number): Server => {
  const server = servers[i % servers.length];
  if (!server) throw new Error("There is no server");
  return server;
};

test("200 on both after a start at once on an empty database: one migration, one signing key", async () => {
  const [counts] = await query(
    database.url,
    `select (select count(*)::int from signing_keys) as keys,
            (select count(*)::int = count(distinct hash)::int from drizzle.__drizzle_migrations) as once`,
  );
  expect(counts).toEqual({ keys: 1, once: true });
  const jwks = await Promise.all(servers.map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).json()));
  expect(jwks[0]).toEqual(jwks[1]);
});

test("one user, two processes: limits exact over both, revocation and logout on the other at once", async () => {
  const person = { email: "nora@orangecat.example", password: "correct horse battery staple" };
  const signUps = await settle(
    times(4, (i) =>
      on(i)
        .api()
        .signUp({ body: { ...person, email: `n${i}@x.example`, name: "N", organization_name: "N" } }),
    ),
  );
  expect(signUps.good, "the first user alone, over both processes").toHaveLength(1);
  const token = signUps.good[0]?.access_token;
  const scopes = ["brands:read" as const];
  const counted = await on(0)
    .api(token)
    .createApiKey({ body: { label: "counted", scopes } });
  const revoked = await on(0)
    .api(token)
    .createApiKey({ body: { label: "revoked", scopes } });

  const { good, refused } = await settle(times(100, (i) => on(i).api(counted.key).listBrands()));
  expect(good).toHaveLength(LIMIT);
  expect(refused.map(({ status }) => status)).toEqual(Array(100 - LIMIT).fill(429));

  await expect(on(1).api(revoked.key).listBrands()).resolves.toBeDefined();
  await on(0)
    .api(token)
    .revokeApiKey({ params: { api_key_id: revoked.id } });
  await expect(on(1).api(revoked.key).listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });

  await expect(on(1).api(token).getProfile()).resolves.toBeDefined();
  await on(0).api(token).logout();
  await expect(on(1).api(token).getProfile()).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });

  expect(await Promise.all(servers.map(stop)), "both end of themselves on SIGTERM").toEqual([0, 0]);
  const keys = await query<{ label: string; used: boolean }>(
    database.url,
    "select label, last_used_at is not null as used from api_keys order by label",
  );
  expect(keys, "what was used is written before they end").toEqual([
    { label: "counted", used: true },
    { label: "revoked", used: true },
  ]);
});
