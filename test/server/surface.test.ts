import fs from "node:fs";
import net from "node:net";
import { afterEach, expect, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";
import { cleanUp, later } from "./launch.ts";
import { encryptionKey, freshKey, type RunningServer, startServer } from "./process.ts";

afterEach(cleanUp);

async function serverWith(env: Record<string, string> = {}): Promise<RunningServer> {
  const database = await freshDatabase();
  later(() => database.drop());
  return startServer({ DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey(), ...env });
}

async function freePort(): Promise<string> {
  const holder = net.createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => holder.once("listening", resolve));
  const address = holder.address();
  await new Promise((resolve) => holder.close(resolve));
  return String(typeof address === "object" ? address?.port : 0);
}

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

test("/metrics is on its loopback port alone: requests by operation, connections, and nothing on the API's port", async () => {
  const METRICS_PORT = await freePort();
  const server = await serverWith({ METRICS_PORT, DATABASE_POOL: "3", HOST: "0.0.0.0", MAIL: "log" });
  const { key } = await freshKey(server);
  await server.api(key).listBrands();
  await fetch(`${server.url}/api/v1/brands`);

  expect((await fetch(`${server.url}/metrics`)).status).toBe(404);
  const metrics = await fetch(`http://127.0.0.1:${METRICS_PORT}/metrics`);
  expect(metrics.headers.get("content-type")).toContain("text/plain");
  const text = await metrics.text();
  expect(text).toMatch(/^reelmark_request_seconds_bucket\{le="0.1",operation="listBrands",status="200"\} 1$/m);
  expect(text).toMatch(/^reelmark_request_seconds_count\{operation="listBrands",status="401"\} 1$/m);
  expect(text).toMatch(/^reelmark_database_connections\{state="total"\} [1-3]$/m);
  expect(text).toMatch(/^reelmark_database_connections\{state="waiting"\} 0$/m);
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds /m);
  expect(text).not.toContain(key);

  const elsewhere = net.connect({ host: "127.0.0.2", port: Number(METRICS_PORT) });
  const code = await new Promise((resolve) => {
    elsewhere.once("connect", () => resolve("connected"));
    elsewhere.once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  elsewhere.destroy();
  expect(code).toBe("ECONNREFUSED");
});

test("the document is served as it is committed, the reference answers, and / leads to it", async () => {
  const server = await serverWith();
  const committed: unknown = JSON.parse(fs.readFileSync("spec/openapi.json", "utf8"));
  expect(await (await fetch(`${server.url}/openapi.json`)).json()).toEqual(committed);
  const docs = await fetch(`${server.url}/docs`);
  expect([docs.status, docs.headers.get("content-type")]).toEqual([200, expect.stringContaining("text/html")]);
  const root = await fetch(server.url, { redirect: "manual" });
  expect([root.status, root.headers.get("location")]).toEqual([302, "/docs"]);
  const jwks = await fetch(`${server.url}/.well-known/jwks.json`);
  expect(await jwks.json()).toMatchObject({ keys: [{ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" }] });
});

test("HEAD answers as GET does, without a body; OPTIONS names the methods without a credential", async () => {
  const server = await serverWith();
  const { key } = await freshKey(server);
  const head = await fetch(`${server.url}/api/v1/brands`, { method: "HEAD", headers: bearer(key) });
  expect([head.status, await head.text()]).toEqual([200, ""]);
  const get = await fetch(`${server.url}/api/v1/brands`, { headers: bearer(key) });
  // Those of the connection are not the answer's; a length may be left out of HEAD (RFC 9110 §8.6).
  const framing = new Set(["connection", "keep-alive", "content-length", "transfer-encoding"]);
  const names = (response: Response) => [...response.headers.keys()].filter((name) => !framing.has(name));
  expect(names(head)).toEqual(names(get));
  expect((await fetch(`${server.url}/api/v1/brands`, { method: "HEAD" })).status).toBe(401);
  expect((await fetch(`${server.url}/livez`, { method: "HEAD" })).status).toBe(200);

  const options = await fetch(`${server.url}/api/v1/brands`, { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS, POST"]);
  const put = await fetch(`${server.url}/api/v1/brands`, { method: "PUT", headers: bearer(key) });
  expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS, POST"]);
});

/** The address that a server logs for a request with this X-Forwarded-For. */
async function addressOf(server: RunningServer, forwarded: string): Promise<unknown> {
  const id = `req-${Math.random().toString(36).slice(2)}`;
  await fetch(`${server.url}/api/v1/brands`, { headers: { "X-Forwarded-For": forwarded, "X-Request-Id": id } });
  return (await server.line(({ request_id }) => request_id === id)).address;
}

test("without TRUST_PROXY a client's X-Forwarded-For changes neither its address nor its limits", async () => {
  const server = await serverWith({ RATE_LIMIT_FAILURES: "3" });
  expect(await addressOf(server, "203.0.113.9")).toBe("127.0.0.1");
  const statuses: number[] = [];
  for (let n = 0; n < 5; n++) {
    const headers = { ...bearer("not-a-key"), "X-Forwarded-For": `203.0.113.${n}` };
    statuses.push((await fetch(`${server.url}/api/v1/brands`, { headers })).status);
  }
  // One failure went on the look at the address above.
  expect(statuses).toEqual([401, 401, 429, 429, 429]);
});

test("with TRUST_PROXY the client is the right-most address that is no proxy of ours; what stands left of it is hearsay", async () => {
  const server = await serverWith({ TRUST_PROXY: "loopback, 10.0.0.0/8", RATE_LIMIT_FAILURES: "2" });
  expect(await addressOf(server, "198.51.100.7")).toBe("198.51.100.7");
  expect(await addressOf(server, "198.51.100.8, 10.1.2.3")).toBe("198.51.100.8");
  expect(await addressOf(server, "1.1.1.1, 198.51.100.9, 10.1.2.3")).toBe("198.51.100.9");
  const statuses: number[] = [];
  for (let n = 0; n < 4; n++) {
    const headers = { ...bearer("not-a-key"), "X-Forwarded-For": `1.2.3.${n}, 203.0.113.${n < 3 ? 1 : 2}` };
    statuses.push((await fetch(`${server.url}/api/v1/brands`, { headers })).status);
  }
  expect(statuses).toEqual([401, 401, 429, 401]);
});

test("CORS_ORIGINS: pages of the origins named may call and read, others not; without it none may", async () => {
  const origin = "https://app.example.com";
  const preflight = (server: RunningServer, from: string) =>
    fetch(`${server.url}/api/v1/brands`, {
      method: "OPTIONS",
      headers: { Origin: from, "Access-Control-Request-Method": "POST" },
    });
  const allowed = (response: Response) => response.headers.get("access-control-allow-origin");

  const open = await serverWith({ CORS_ORIGINS: origin });
  const asked = await preflight(open, origin);
  expect([asked.status, allowed(asked)]).toEqual([204, origin]);
  expect(asked.headers.get("access-control-allow-headers")).toMatch(/Authorization.*Idempotency-Key/);
  const refused = await fetch(`${open.url}/api/v1/brands`, { headers: { Origin: origin } });
  expect([refused.status, allowed(refused)]).toEqual([401, origin]);
  expect(refused.headers.get("access-control-expose-headers")).toContain("X-Request-Id");
  expect(refused.headers.get("access-control-allow-credentials")).toBeNull();
  const stranger = await preflight(open, "https://evil.example");
  expect([allowed(stranger), stranger.headers.get("vary")]).toEqual([null, "Origin"]);
  await open.end();

  const closed = await serverWith();
  expect(allowed(await preflight(closed, origin))).toBeNull();
});
