import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";
import { cleanUp, later, temporaryFolder } from "./launch.ts";
import { encryptionKey, freshKey, PASSWORD, type RunningServer, startServer } from "./process.ts";
import { head, holdPost, openWire } from "./wire.ts";

afterEach(cleanUp);

async function serverOnDatabase(env: Record<string, string> = {}): Promise<RunningServer> {
  const database = await freshDatabase();
  later(() => database.drop());
  return startServer({ DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey(), ...env });
}

const stopping = (server: RunningServer) => server.line(({ msg }) => msg.startsWith("stopping"));
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const brand = (n: number) => ({ name: `Brand ${n}`, slug: `brand-${n}` });

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal}: what was accepted is answered, nothing new is, PostgreSQL stops, and the server ends with 0`, async () => {
    const DATA_DIR = temporaryFolder();
    const server = await startServer({ DATA_DIR });
    const { key, email } = await freshKey(server);
    // Many at once, so that the pools have many connections to close.
    await Promise.all(Array.from({ length: 40 }, () => server.api(key).listBrands()));
    const uploads = await Promise.all(
      [1, 2, 3].map((n) => holdPost(server.url, "/api/v1/brands", brand(n), bearer(key))),
    );
    const login = await holdPost(server.url, "/api/v1/auth/login", { email, password: PASSWORD });
    const probe = openWire(server.url);
    probe.send("GET /readyz HTTP/1.1\r\nHost: reelmark.test\r\n");
    await fetch(`${server.url}/readyz`);

    const ended = server.end(signal);
    await stopping(server);
    // The log tells of the signal; a connection that comes in that very moment may still find a listener.
    while ((await openWire(server.url).closed) !== "refused");
    probe.send("\r\n");
    expect(await probe.until(/draining\n/)).toMatch(/^HTTP\/1\.1 503 /);

    const answers = await Promise.all([...uploads, login].map((held) => held.finish()));
    expect(answers.map((answer) => answer.slice(9, 12))).toEqual(["201", "201", "201", "200"]);
    for (const answer of answers) expect(answer).toMatch(/^connection: close\r$/im);
    expect(await Promise.all([...uploads, login].map(({ wire }) => wire.closed))).not.toContain("reset");
    expect(await ended).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(server.log.at(-1)?.msg).toBe("stopped");
    expect(server.log.filter(({ level }) => level === "warn" || level === "error")).toEqual([]);
    expect(fs.existsSync(path.join(DATA_DIR, "postgres", "postmaster.pid"))).toBe(false);

    const again = await startServer({ DATA_DIR });
    const { count } = await again.api(key).listBrands();
    expect(count).toBe(3);
  });
}

/** Calls over one kept-alive connection until the server says that it closes, and how each call ended. */
async function callUntilClosed(url: string, token: string, connected: () => void): Promise<string[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const outcomes: string[] = [];
  const once = () =>
    new Promise<string>((resolve) => {
      const request = http.get(`${url}/api/v1/brands`, { agent, headers: bearer(token) }, (response) => {
        response.resume();
        response.on("end", () => resolve(`${response.statusCode} ${response.headers.connection}`));
        response.on("error", () => resolve("reset in its answer"));
      });
      request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  do {
    outcomes.push(await once());
    connected();
  } while (outcomes.at(-1) === "200 keep-alive");
  agent.destroy();
  return outcomes;
}

test("50 clients on kept-alive connections see full answers, the last of each with Connection: close, and no reset", async () => {
  const server = await serverOnDatabase({ DATABASE_POOL: "5" });
  const { key } = await freshKey(server);
  const connected = Array.from({ length: 50 }, () => Promise.withResolvers<void>());
  const clients = connected.map(({ resolve }) => callUntilClosed(server.url, key, resolve));
  await Promise.all(connected.map(({ promise }) => promise));
  const ended = server.end();
  const outcomes = (await Promise.all(clients)).flat();
  expect(outcomes.filter((outcome) => outcome === "200 close")).toHaveLength(50);
  expect(new Set(outcomes)).toEqual(new Set(["200 keep-alive", "200 close"]));
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

test("a request that does not end within SHUTDOWN_SECONDS is cut, and the server still ends with 0", async () => {
  const server = await serverOnDatabase({ SHUTDOWN_SECONDS: "1" });
  const { key } = await freshKey(server);
  const { wire } = await holdPost(server.url, "/api/v1/brands", brand(1), bearer(key));
  const ended = server.end();
  await wire.closed;
  expect(wire.received()).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  expect(await ended).toMatchObject({ code: 0, stderr: "" });
});

test("a second signal does not wait: the server ends at once with 1", async () => {
  const server = await serverOnDatabase({ SHUTDOWN_SECONDS: "300" });
  const { key } = await freshKey(server);
  await holdPost(server.url, "/api/v1/brands", brand(1), bearer(key));
  server.child.kill("SIGTERM");
  await stopping(server);
  expect(await server.end("SIGINT")).toMatchObject({ code: 1, signal: null });
});

test("last_used_at of a key that was used a moment before SIGTERM is there after", async () => {
  const database = await freshDatabase();
  later(() => database.drop());
  const env = { DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey() };
  const server = await startServer(env);
  const { key, token } = await freshKey(server);
  await server.api(key).listBrands();
  await server.end();
  const again = await startServer(env);
  const { data } = await again.api(token).listApiKeys();
  expect(data.map(({ last_used_at }) => last_used_at)).toEqual([expect.stringMatching(/^20/)]);
});

test("a connection that is idle when the server stops is closed without waiting for its keep-alive to end", async () => {
  const server = await serverOnDatabase({ SHUTDOWN_SECONDS: "300" });
  const wire = openWire(server.url);
  wire.send(head({ method: "GET", path: "/livez" }));
  await wire.until(/ok\n/);
  const ended = server.end();
  expect(await wire.closed).toBe("ended");
  expect(await ended).toMatchObject({ code: 0 });
});
