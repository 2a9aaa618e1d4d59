import fs from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cleanUp, temporaryFolder } from "../server/launch.ts";
import { encryptionKey, freshKey, type RunningServer, startServer } from "../server/process.ts";
import { head, openWire, type Wire } from "../server/wire.ts";
import { freshDatabase } from "../setup/database.ts";
import { query, until } from "../setup/support.ts";
import { noise } from "../storage/stores.ts";
import { sample } from "./support.ts";

const BOUNDARY = "x-boundary";
const OPENING = `--${BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="cat.gif"\r\n\r\n`;
const CLOSING = `\r\n--${BOUNDARY}--\r\n`;

let database: Awaited<ReturnType<typeof freshDatabase>>;
let env: Record<string, string>;
let folder: string;
let server: RunningServer;
let key: string;

beforeEach(async () => {
  database = await freshDatabase();
  folder = path.join(temporaryFolder(), "files");
  env = { DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey(), STORAGE_DIR: folder, MAIL: "log" };
  server = await startServer(env);
  ({ key } = await freshKey(server));
});
afterEach(async () => {
  await cleanUp();
  await database.drop();
});

/** Every file under the store's folder. */
const files = (): string[] =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
const sizeOf = (all: string[]) =>
  all.reduce((sum, file) => sum + (fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0);

/** Begins to send a file of `announced` bytes, and sends `bytes` of it. */
function beginUpload(bytes: Buffer, announced: number): Wire {
  const wire = openWire(server.url);
  const headers = {
    Authorization: `Bearer ${key}`,
    "Content-Type": `multipart/form-data; boundary=${BOUNDARY}`,
    "Content-Length": String(OPENING.length + announced + CLOSING.length),
  };
  wire.send(head({ method: "POST", path: "/api/v1/uploads", headers }));
  wire.send(OPENING);
  wire.send(bytes);
  return wire;
}

const counted = async () => {
  const rows = await query<{ bytes: string }>(database.url, "select bytes from storage_use where bytes > 0");
  return rows.map(({ bytes }) => Number(bytes));
};
const start = async () => Buffer.concat([await sample("sample.gif"), noise(2_000_000)]);

test("a connection that is cut in the middle of a file leaves no row, no object and no counted byte", async () => {
  const bytes = await start();
  const wire = beginUpload(bytes, 50_000_000);
  // The first megabytes have reached the disk by then.
  await until(() => sizeOf(files()) > 1_000_000);
  wire.end();
  await until(() => files().length === 0);
  expect((await server.api(key).listUploads()).data).toEqual([]);
  expect(await counted()).toEqual([]);
  await server.line(({ msg }) => msg === "the client left before its request was whole");
});

test("a connection that is cut in the middle of a part leaves the former part as it was", async () => {
  const api = server.api(key);
  const begun = await api.createResumableUpload({ body: { filename: "a.gif", size: 8_000_000 } });
  const target = `/api/v1/uploads/${begun.id}/parts/1`;
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/octet-stream" };
  const whole = noise(8_000_000);
  const sent = await fetch(server.url + target, { method: "PUT", body: new Uint8Array(whole), headers });
  expect(sent.status).toBe(200);
  const before = files();
  const wire = openWire(server.url);
  wire.send(head({ method: "PUT", path: target, headers: { ...headers, "content-length": "8000000" } }));
  wire.send(noise(3_000_000, 2));
  await until(() => sizeOf(files()) > 9_000_000);
  wire.end();
  await until(() => files().length === before.length);
  expect(files()).toEqual(before);
  expect((await api.listUploadParts({ params: { upload_id: begun.id } })).data).toMatchObject([{ number: 1 }]);
});

test("kill -9 in the middle of a file: nothing of it is in the tables, and the sweeper has the rest a day later", async () => {
  const bytes = await start();
  const kept = await fetch(`${server.url}/api/v1/uploads`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
    body: `${OPENING}some text${CLOSING}`,
  });
  expect(kept.status).toBe(201);
  const [object] = files();
  beginUpload(bytes, 50_000_000);
  await until(() => sizeOf(files()) > 1_000_000);
  await server.end("SIGKILL");
  expect(files()).toHaveLength(2);
  const old = new Date(Date.now() - 25 * 3_600_000);
  const age = (at: string) => {
    for (const entry of fs.readdirSync(at, { recursive: true, encoding: "utf8" }))
      fs.utimesSync(path.join(at, entry), old, old);
  };
  server = await startServer(env);
  expect((await server.api(key).listUploads()).data).toHaveLength(1);
  expect(await counted()).toEqual([9]);
  const sweep = () =>
    query(
      database.url,
      `insert into pgboss.job (name, data, retry_limit, expire_seconds, policy)
       select 'storage.sweep', '{"org_id":"","id":""}', 0, 600, policy from pgboss.queue where name = 'storage.sweep'`,
    );
  const swept = () =>
    query(
      database.url,
      "select from pgboss.job where name = 'storage.sweep' and state in ('created', 'retry', 'active')",
    );
  // Younger than a day it may be at work yet.
  await sweep();
  await until(async () => (await swept()).length === 0);
  expect(files()).toHaveLength(2);
  age(folder);
  await sweep();
  await until(() => files().length === 1);
  expect(files()).toEqual([object]);
});

test("413 reaches a client that is still sending, and 415 too", async () => {
  const [{ org }] = (await query<{ org: string }>(
    database.url,
    "select id as org from organizations order by id desc limit 1",
  )) as [{ org: string }];
  await query(database.url, "update organizations set plan = 'pro' where id = $1", [org]);
  await query(
    database.url,
    "insert into storage_use (org_id, bytes) values ($1, 100000000000 - 3000000) on conflict (org_id) do update set bytes = excluded.bytes",
    [org],
  );
  const full = beginUpload(Buffer.concat([await start(), noise(30_000_000)]), 60_000_000);
  expect(await full.until(/\r\n\r\n\{.*\}/s)).toMatch(/^HTTP\/1\.1 403 .*"PLAN_LIMIT"/s);
  expect(await full.closed).toMatch(/ended|reset/);
  const zip = beginUpload(Buffer.concat([Buffer.from("PK\x03\x04"), noise(1_000_000)]), 60_000_000);
  expect(await zip.until(/\r\n\r\n\{.*\}/s)).toMatch(/^HTTP\/1\.1 415 /);
  await until(() => files().length === 0);
  await query(database.url, "delete from storage_use where org_id = $1", [org]);
});

test("413 for a part that is too large reaches its client", async () => {
  const { id } = await server.api(key).createResumableUpload({ body: { filename: "a", size: 9 } });
  const bytes = noise(6_000_000);
  const wire = openWire(server.url);
  const headers = {
    authorization: `Bearer ${key}`,
    "content-type": "application/octet-stream",
    "content-length": String(bytes.length),
  };
  wire.send(head({ method: "PUT", path: `/api/v1/uploads/${id}/parts/1`, headers }));
  wire.send(bytes);
  expect(await wire.until(/\r\n\r\n\{.*\}/s)).toMatch(/^HTTP\/1\.1 413 /);
});

test("a client that leaves in the middle of a download, or asks for its head, keeps no file open", async () => {
  const form = new FormData();
  const bytes = Buffer.concat([await sample("sample.gif"), noise(30_000_000)]);
  form.append("file", new File([new Uint8Array(bytes)], "cat.gif"));
  const made = await fetch(`${server.url}/api/v1/uploads`, {
    method: "POST",
    body: form,
    headers: { authorization: `Bearer ${key}` },
  });
  const { id } = (await made.json()) as { id: string };
  const { url } = await server.api(key).createDownloadUrl({ params: { upload_id: id } });
  const { pathname, search } = new URL(url);
  /** Files of the store that the server has open. */
  const open = () => {
    const fds = `/proc/${server.child.pid}/fd`;
    return fs.readdirSync(fds).filter((fd) => {
      try {
        return fs.readlinkSync(path.join(fds, fd)).startsWith(folder);
      } catch {
        return false;
      }
    });
  };
  const wire = openWire(server.url);
  wire.send(head({ method: "GET", path: pathname + search }));
  await wire.until(/^HTTP\/1\.1 200 /);
  wire.end();
  await wire.closed;
  await until(() => open().length === 0);
  const response = await fetch(server.url + pathname + search, { method: "HEAD" });
  expect([response.status, response.headers.get("content-length")]).toEqual([200, String(bytes.length)]);
  await until(() => open().length === 0);
  const whole = await fetch(server.url + pathname + search);
  expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
  await until(() => open().length === 0);
});
