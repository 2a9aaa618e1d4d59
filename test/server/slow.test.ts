import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";
import { cleanUp, later } from "./launch.ts";
import { encryptionKey, freshKey, type RunningServer, startServer } from "./process.ts";
import { head, holdPost, openWire } from "./wire.ts";

let server: RunningServer;
let key: string;
beforeAll(async () => {
  const database = await freshDatabase();
  later(() => database.drop());
  server = await startServer({ DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey(), DATABASE_POOL: "2" });
  key = (await freshKey(server)).key;
});
afterAll(cleanUp);

const authorized = () => ({ Authorization: `Bearer ${key}` });

test("30 bodies that come slowly hold none of 2 database connections: other calls are served meanwhile", async () => {
  const held = await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      holdPost(server.url, "/api/v1/brands", { name: `Slow ${n}`, slug: `slow-${n}` }, authorized()),
    ),
  );
  const api = server.api(key);
  await expect(api.listBrands()).resolves.toMatchObject({ count: 0 });
  await expect(api.createBrand({ body: { name: "Quick", slug: "quick" } })).resolves.toMatchObject({ slug: "quick" });
  const answers = await Promise.all(held.map((one) => one.finish()));
  expect(answers.filter((answer) => answer.startsWith("HTTP/1.1 201 "))).toHaveLength(30);
  await expect(api.listBrands()).resolves.toMatchObject({ count: 31 });
});

// Node looks for late clients every 30 s unless told: then this would not end in time.
test("headers that dribble in are cut with 408 after 10 s, while other clients are served", {
  timeout: 25_000,
}, async () => {
  const wire = openWire(server.url);
  wire.send("GET /api/v1/brands HTTP/1.1\r\n");
  let n = 0;
  const dribble = setInterval(() => wire.send(`X-Slow-${n++}: x\r\n`), 500);
  later(() => clearInterval(dribble));
  await expect(server.api(key).listBrands()).resolves.toBeDefined();
  await wire.closed;
  expect(wire.received()).toMatch(/^HTTP\/1\.1 408 /);
});

test("413 by the declared length, before the body is sent", async () => {
  const wire = openWire(server.url);
  const headers = { ...authorized(), "Content-Type": "application/json", "Content-Length": "10000000000" };
  wire.send(head({ method: "POST", path: "/api/v1/brands", headers }));
  expect(await wire.until(/PAYLOAD_TOO_LARGE/)).toMatch(/^HTTP\/1\.1 413 /);
  expect(await wire.closed).not.toBe("refused");
});

test("what is not HTTP, or smuggles two lengths, is 400 and closed, and the server goes on", async () => {
  for (const text of [
    "\x16\x03\x01\x02\x00\x01\r\n\r\n",
    head({
      method: "POST",
      path: "/api/v1/brands",
      headers: { "Content-Length": "3", "Transfer-Encoding": "chunked" },
    }),
    `GET /livez HTTP/1.1\r\nHost: x\r\nX-Big: ${"a".repeat(20_000)}\r\n\r\n`,
  ]) {
    const wire = openWire(server.url);
    wire.send(text);
    await wire.closed;
    expect(wire.received()).toMatch(/^HTTP\/1\.1 4(00|31) /);
  }
  await expect(server.api(key).listBrands()).resolves.toBeDefined();
});
