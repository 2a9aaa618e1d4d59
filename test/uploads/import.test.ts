import { createHash } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "../organizations/people.ts";
import { until } from "../setup/support.ts";
import { noise } from "../storage/stores.ts";
import { openPlace, openTenant, type Place, sample } from "./support.ts";

type Answer = (response: http.ServerResponse, asked: number, request: http.IncomingMessage) => void;

/** A server that files are fetched from: what it answers by path, and how often it was asked. */
async function openRemote() {
  const answers = new Map<string, Answer>();
  const asked = new Map<string, number>();
  const server = http.createServer((request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const times = (asked.get(path) ?? 0) + 1;
    asked.set(path, times);
    const answer = answers.get(path);
    if (answer) answer(response, times, request);
    else response.writeHead(404).end("no such file");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // An AddressInfo, because it listens on a port and not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: (path: string) => `http://127.0.0.1:${port}${path}`,
    serve: (path: string, answer: Answer) => void answers.set(path, answer),
    asked: (path: string) => asked.get(path) ?? 0,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe.each(["local", "s3"] as const)("%s", (kind) => {
  let place: Place;
  let remote: Awaited<ReturnType<typeof openRemote>>;
  beforeAll(async () => {
    [place, remote] = await Promise.all([openPlace(kind), openRemote()]);
  });
  afterAll(async () => {
    await place.close();
    await remote.close();
  });
  const whole =
    (bytes: Buffer, headers = {}): Answer =>
    (response) =>
      void response.writeHead(200, { "content-length": bytes.length, ...headers }).end(bytes);

  test("202, then ready: fetched, examined, counted, told; the name comes from the address unless given", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await sample("sample.mp4");
    remote.serve("/a/coffee%2012.mp4", whole(bytes, { "content-type": "text/html" }));
    const url = remote.url("/a/coffee%2012.mp4?token=x");
    const begun = await tenant.api.importUpload({ body: { url } });
    expect(begun).toMatchObject({ status: "pending", via: "url", filename: "coffee 12.mp4", source_url: url });
    const ready = await tenant.settled(begun.id);
    expect(ready).toMatchObject({ status: "ready", type: "video/mp4", size: bytes.length, width: 64, progress: 100 });
    expect(ready.sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(await tenant.counted()).toBe(bytes.length);
    expect(await tenant.events()).toEqual([{ type: "upload.ready", data: ready }]);
    const named = await tenant.api.importUpload({ body: { url, filename: "../mine.mp4" } });
    expect(named.filename).toBe(".._mine.mp4");
    await tenant.settled(named.id);
    const { url: address } = await tenant.api.createDownloadUrl({ params: { upload_id: ready.id } });
    const fetched = kind === "local" ? await place.app.fetch(new Request(address)) : await fetch(address);
    expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
    // What was fetched is taken away like what was sent.
    for (const { id } of [ready, named]) await tenant.api.deleteUpload({ params: { upload_id: id } });
    expect(await tenant.counted()).toBe(0);
    await until(async () => (await place.held()).every((key) => !key.includes(tenant.organizationId)));
  });

  test.each([
    ["a 404, which is final", "fetch_failed", /answered 404/, 1, (r: http.ServerResponse) => r.writeHead(404).end()],
    ["a 204", "fetch_failed", /answered 204/, 1, (r: http.ServerResponse) => r.writeHead(204).end()],
    ["a page", "type_not_allowed", /HTML/, 1, (r: http.ServerResponse) => r.end("<!doctype html><p>log in</p>")],
    ["noise", "type_not_allowed", /unknown type/, 1, (r: http.ServerResponse) => r.end(noise(200_000))],
  ] as const)(
    "failed for %s: said where the tenant sees it, and nothing is left",
    async (what, code, message, asks, answer) => {
      const tenant = await openTenant(place.app);
      const path = `/${what.replaceAll(/\W/g, "")}`;
      remote.serve(path, (response) => void answer(response));
      const { id } = await tenant.api.importUpload({ body: { url: remote.url(path) } });
      const failed = await tenant.settled(id);
      expect(failed).toMatchObject({ status: "failed", error: { code, message: expect.stringMatching(message) } });
      expect(remote.asked(path)).toBe(asks);
      expect(await tenant.events()).toEqual([{ type: "upload.failed", data: failed }]);
      expect(await tenant.counted()).toBe(0);
      expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toEqual([]);
    },
  );

  test("a connection that breaks off is tried again, and what came of it is nobody's", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await sample("sample.png");
    remote.serve("/broken.png", (response, asked) => {
      response.writeHead(200, { "content-length": bytes.length });
      if (asked > 1) response.end(bytes);
      else response.write(bytes.subarray(0, 100), () => response.destroy());
    });
    const { id } = await tenant.api.importUpload({ body: { url: remote.url("/broken.png") } });
    expect(await tenant.settled(id)).toMatchObject({ status: "ready", type: "image/png" });
    expect(remote.asked("/broken.png")).toBe(2);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toHaveLength(1);
  });

  test("a file that is not wholly there shows how far it is; deleted meanwhile, nothing of it stays", async () => {
    const tenant = await openTenant(place.app);
    const bytes = Buffer.concat([await sample("sample.gif"), noise(1_000_000)]);
    let finish = () => {};
    remote.serve("/slow.gif", (response) => {
      response.writeHead(200, { "content-length": bytes.length }).write(bytes.subarray(0, bytes.length / 2));
      finish = () => void response.end(bytes.subarray(bytes.length / 2));
    });
    const { id } = await tenant.api.importUpload({ body: { url: remote.url("/slow.gif") } });
    const params = { upload_id: id };
    await until(async () => (await tenant.api.getUpload({ params })).progress >= 40);
    expect((await tenant.api.getUpload({ params })).progress).toBeLessThanOrEqual(50);
    await tenant.api.deleteUpload({ params });
    finish();
    await until(async () => (await place.held()).every((key) => !key.includes(tenant.organizationId)));
    expect(await tenant.counted()).toBe(0);
    expect(await tenant.events()).toEqual([]);
  });

  test("a worker that was taken for dead, and wakes late, changes nothing", async () => {
    const tenant = await openTenant(place.app);
    const [old, fresh] = [await sample("sample.gif"), await sample("sample.png")];
    const waiting: (() => void)[] = [];
    remote.serve("/twice", (response, asked) => {
      if (asked > 1) response.end(fresh);
      // Without its length: no progress is written, at which it could notice.
      else waiting.push(() => void response.write(old, () => response.end()));
    });
    const { id } = await tenant.api.importUpload({ body: { url: remote.url("/twice") } });
    await until(() => waiting.length === 1);
    // Another worker takes it over, as after a heartbeat that was missed.
    await sql(
      place.app,
      `insert into pgboss.job (name, data, retry_limit, expire_seconds, policy)
       select name, data, retry_limit, expire_seconds, policy from pgboss.job where data->>'id' = $1`,
      [id],
    );
    const ready = await tenant.settled(id);
    expect(ready).toMatchObject({ status: "ready", type: "image/png" });
    for (const wake of waiting) wake();
    const own = async () => (await place.held()).filter((key) => key.includes(tenant.organizationId));
    const open = "select from pgboss.job where data->>'id' = $1 and state in ('created', 'retry', 'active')";
    await until(async () => (await sql(place.app, open, [id])).length === 0);
    expect(await own()).toHaveLength(1);
    expect(await tenant.api.getUpload({ params: { upload_id: id } })).toEqual(ready);
    expect(await tenant.counted()).toBe(fresh.length);
    expect(await tenant.events()).toHaveLength(1);
  });

  test("413 of the plan, as a failure: a file that is larger, announced or not", async () => {
    const tenant = await openTenant(place.app, "free");
    const start = await sample("sample.gif");
    remote.serve("/announced.gif", (response) => {
      response.writeHead(200, { "content-length": 100_000_001 }).write(start);
    });
    const { id } = await tenant.api.importUpload({ body: { url: remote.url("/announced.gif") } });
    expect(await tenant.settled(id)).toMatchObject({ status: "failed", error: { code: "too_large" } });
  });
});

describe("addresses", () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace("local", { role: "api", env: { OUTBOUND_ALLOW: "" } });
  });
  afterAll(() => place.close());

  test.each([
    "http://127.0.0.1/a.png",
    "http://[::1]/a.png",
    "http://169.254.169.254/latest",
    "http://2130706433/",
    "http://localhost/a",
  ])("400 for %s, which is not public", async (url) => {
    const tenant = await openTenant(place.app);
    const asked = tenant.api.importUpload({ body: { url } });
    await expect(asked).rejects.toMatchObject({ status: 400, details: { issues: [{ path: "body.url" }] } });
    expect((await tenant.api.listUploads()).data).toEqual([]);
  });
});
