import { getEventListeners } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createClient, JobError } from "../../client/index.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { type FeedServer, feedServer, fixture } from "../sources/feed-server.ts";
import { freshPersona } from "../sync/support.ts";
import { testClock } from "./clock.ts";
import { type Double, openDouble, say, sayError } from "./double.ts";

let app: TestApp;
let feeds: FeedServer;
let double: Double;
beforeAll(async () => {
  [app, feeds, double] = await Promise.all([openTestApp({ role: "all" }), feedServer(), openDouble()]);
});
afterAll(() => Promise.all([app.close(), feeds.close(), double.close()]));

async function source(path: string) {
  const { api, persona_id } = await freshPersona(app);
  const made = await api.createSource({ body: { persona_id, name: "Feed", url: feeds.url(path) } });
  return { api, params: { source_id: made.id } };
}

test("a sync is waited for to its end, and told of from the state in which it was given", async () => {
  feeds.serve("/good.xml", { body: fixture("rss2.xml") });
  const { api, params } = await source("/good.xml");
  const states: string[] = [];
  const started = await api.syncSource({ params, body: {} });
  const job = await api.waitFor(started, { onProgress: ({ status }) => void states.push(status) });
  expect(job).toMatchObject({ id: started.id, status: "completed" });
  expect([states[0], states.at(-1)]).toEqual(["pending", "completed"]);
});

test("one that failed is an error that has it, and says why", async () => {
  feeds.serve("/bad.xml", { status: 410, body: "gone" });
  const { api, params } = await source("/bad.xml");
  const error = await api.waitFor(await api.syncSource({ params, body: {} })).catch((error: unknown) => error);
  if (!(error instanceof JobError)) throw new Error("no JobError");
  expect(error.job).toMatchObject({ status: "failed" });
  expect(error.message).toMatch(/^syn_\w+: failed/);
});

const api = (clock = testClock()) => createClient({ baseUrl: double.url, timing: clock });
const upload = (status: string, more = {}) => ({ id: "upl_1", status, ...more }) as never;
const job = (status: string) => ({ id: "syn_1", status }) as never;

test("it asks after a second, then ever more seldom, down to every 15 seconds", async () => {
  const clock = testClock();
  double.script(...Array.from({ length: 8 }, () => say(200, upload("pending"))), say(200, upload("ready")));
  await expect(api(clock).waitFor(upload("pending"))).resolves.toEqual({ id: "upl_1", status: "ready" });
  expect(clock.pauses).toEqual([1000, 1500, 2250, 3375, 5062.5, 7593.75, 11_390.625, 15_000, 15_000]);
  expect(new Set(double.seen.map(({ method, path }) => `${method} ${path}`))).toEqual(
    new Set(["GET /v1/uploads/upl_1"]),
  );
});

test("what has ended is not asked for; the ends are those of the contract", async () => {
  double.script(say(500));
  expect(await api().waitFor(upload("ready"))).toEqual({ id: "upl_1", status: "ready" });
  expect(await api().waitFor(job("skipped"))).toEqual({ id: "syn_1", status: "skipped" });
  expect(await api().waitFor({ id: "dlv_1", status: "delivered" } as never)).toEqual({
    id: "dlv_1",
    status: "delivered",
  });
  await expect(api().waitFor(job("canceled"))).rejects.toBeInstanceOf(JobError);
  const error = { code: "type_not_allowed", message: "The file is a ZIP archive" };
  await expect(api().waitFor(upload("failed", { error }))).rejects.toThrow("upl_1: failed: The file is a ZIP archive");
  expect(double.seen).toEqual([]);
});

test("an error answer ends the waiting, and so does a signal", async () => {
  double.script(sayError(404, "NOT_FOUND", "it is gone"));
  await expect(api().waitFor(upload("pending"))).rejects.toMatchObject({ operationId: "getUpload", code: "NOT_FOUND" });
  double.script(say(200, upload("pending")));
  const stop = new AbortController();
  const waiting = api().waitFor(upload("pending"), {
    signal: stop.signal,
    onProgress: () => double.seen.length === 3 && stop.abort("enough"),
  });
  await expect(waiting).rejects.toBe("enough");
  const real = createClient({ baseUrl: double.url });
  const soon = AbortSignal.timeout(20);
  await expect(real.waitFor(upload("pending"), { signal: soon })).rejects.toMatchObject({ name: "TimeoutError" });
});

test("a signal that many waits share is listened to only while each lasts", async () => {
  double.script(say(200, upload("ready")));
  const { signal } = new AbortController();
  const real = createClient({ baseUrl: double.url });
  await Promise.all([real, real].map((client) => client.waitFor(upload("pending"), { signal })));
  // Node's own `Request` listens too, as long as it lives.
  expect(getEventListeners(signal, "abort").filter(({ name }) => name !== "abort")).toEqual([]);
});
