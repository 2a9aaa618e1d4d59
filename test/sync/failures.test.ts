import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { type Answer, type FeedServer, feedServer, fixture, rss } from "../sources/feed-server.ts";
import { ended, freshPersona, synced } from "./support.ts";

let app: TestApp;
let feeds: FeedServer;
beforeAll(async () => {
  app = await openTestApp({ role: "all" });
  feeds = await feedServer();
});
afterAll(async () => {
  await app.close();
  await feeds.close();
});

const gzipped = (text: string): Answer => ({ body: gzipSync(text), headers: { "Content-Encoding": "gzip" } });
const redirect = (to: string): Answer => ({ status: 302, body: "", headers: { Location: to } });

/** Sends a byte now and then, for ever. */
const dripping: Answer = (response) => {
  response.writeHead(200, { "Content-Type": "application/xml" });
  const timer = setInterval(() => response.write(" "), 200);
  response.on("close", () => clearInterval(timer));
};

/** Every way to fail: what is served, and the code that says so. */
const FAILURES: readonly (readonly [path: string, answer: Answer, code: string])[] = [
  ["/error", { status: 500, body: "oops" }, "http_status"],
  ["/missing", { status: 404, body: "" }, "http_status"],
  // Nothing was known of the feed, so there is nothing that can be unchanged.
  ["/unasked-304", { status: 304, body: "" }, "http_status"],
  ["/page", { body: fixture("page.html"), headers: { "Content-Type": "application/rss+xml" } }, "not_a_feed"],
  ["/words", { body: "hello" }, "not_a_feed"],
  ["/nothing", { body: "" }, "not_a_feed"],
  ["/broken", { body: fixture("broken.xml") }, "broken_feed"],
  ["/external-entity", { body: fixture("external-entity.xml") }, "broken_feed"],
  ["/big", { body: Buffer.alloc(10_000_001, " ") }, "too_large"],
  ["/bomb", gzipped(" ".repeat(40_000_000)), "too_large"],
  // A few kilobytes on the wire, seconds of work and a gigabyte of memory for whoever reads it.
  [
    "/million-posts",
    gzipped(rss([]).replace("</channel>", `${"<item><title>x</title></item>".repeat(1_000_000)}</channel>`)),
    "too_large",
  ],
  ["/not-gzip", { body: "plain", headers: { "Content-Encoding": "gzip" } }, "encoding"],
  ["/loop", redirect("/loop"), "redirects"],
  ["/inside", redirect("http://10.0.0.1/feed"), "blocked"],
  ["/metadata", redirect("http://[::ffff:169.254.169.254]/latest/meta-data/"), "blocked"],
  ["/reset", (response) => response.socket?.destroy(), "network"],
  [
    "/cut",
    (response) => response.writeHead(200, { "Content-Length": 1000 }).write("<rss", () => response.destroy()),
    "network",
  ],
  ["/slow", dripping, "timeout"],
];

test("every way to fail has its code, costs nothing, and keeps no good source from being read", async () => {
  const { api, persona_id } = await freshPersona(app);
  const codes = new Map<string, string>();
  for (const [path, answer, code] of [...FAILURES, ["/good", { body: rss([["1", "One"]]) }, ""] as const]) {
    const source = await api.createSource({ body: { persona_id, url: feeds.serve(path, answer) } });
    codes.set(source.id, code);
  }
  const job = await ended(api, await api.syncPersona({ params: { persona_id }, body: {} }));
  expect(Object.fromEntries(job.results.map((one) => [one.source_id, one.error?.code ?? ""]))).toEqual(
    Object.fromEntries(codes),
  );
  expect(job).toMatchObject({ status: "completed", new_count: 1, cost: 1, estimated_cost: codes.size, error: null });
  const { data } = await api.listSources({ query: { persona_id, limit: 100 } });
  for (const one of data) {
    const code = codes.get(one.id);
    expect(one).toMatchObject(
      code === ""
        ? { last_error: null, consecutive_failures: 0 }
        : { last_error: { code }, consecutive_failures: 1, last_synced_at: null, post_count: 0 },
    );
    // What is inside is not told: neither addresses nor this machine's own files and errors.
    expect(JSON.stringify(one.last_error)).not.toMatch(/10\.0\.0\.1|169\.254|ECONN|at .*\.ts/);
  }
}, 90_000);

describe("one source", () => {
  const sourceAt = async (path: string, answer: Answer) => {
    const fresh = await freshPersona(app);
    const url = feeds.serve(path, answer);
    const { id } = await fresh.api.createSource({ body: { persona_id: fresh.persona_id, url } });
    return { ...fresh, id, read: () => fresh.api.getSource({ params: { source_id: id } }) };
  };
  const eventsOf = async (api: Client, type: string) => {
    const { data } = await api.listEvents({ query: { limit: 100 } });
    return data.filter((one) => one.type === type);
  };

  test("fails at the third time in a row, and says so once; a good sync forgets it", async () => {
    const { api, id, read } = await sourceAt("/flaky", { status: 503, body: "" });
    for (const failures of [1, 2, 3, 4]) {
      const job = await synced(api, id);
      expect(job).toMatchObject({ status: "failed", cost: 0, error: { code: "unread" } });
      expect(job.results[0]?.error).toEqual({
        code: "http_status",
        message: "The feed answered 503 Service Unavailable.",
      });
      expect(await read()).toMatchObject({ consecutive_failures: failures });
      expect(await eventsOf(api, "source.failing")).toHaveLength(failures < 3 ? 0 : 1);
    }
    expect(await eventsOf(api, "sync.failed")).toHaveLength(4);
    feeds.serve("/flaky", { body: rss([]) });
    await expect(synced(api, id)).resolves.toMatchObject({ status: "completed", cost: 1 });
    expect(await read()).toMatchObject({ consecutive_failures: 0, last_error: null });
  });

  test("429: its next time is not before Retry-After, and at most a day away", async () => {
    const hours = async (after: string) => {
      const { api, id, read } = await sourceAt("/busy", { status: 429, body: "", headers: { "Retry-After": after } });
      const before = Date.now();
      await synced(api, id);
      const { next_sync_at } = await read();
      return (Date.parse(next_sync_at ?? "") - before) / 3_600_000;
    };
    expect(await hours("7200")).toBeCloseTo(2, 1);
    expect(await hours(new Date(Date.now() + 3 * 3_600_000).toUTCString())).toBeCloseTo(3, 1);
    expect(await hours("99999999")).toBeCloseTo(24, 1);
    // An hour by its own schedule, which is later; and nonsense.
    expect(await hours("60")).toBeCloseTo(1, 1);
    expect(await hours("soon")).toBeCloseTo(1, 1);
  });

  test("410: the source is paused, and says why", async () => {
    const { api, id, read } = await sourceAt("/gone", { status: 410, body: "" });
    await synced(api, id);
    expect(await read()).toMatchObject({ status: "paused", next_sync_at: null, last_error: { code: "gone" } });
    const sync = api.syncSource({ params: { source_id: id }, body: {} });
    await expect(sync).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("a conditional GET sends what the last good answer said; 304 counts as read, and brings nothing", async () => {
    const body = rss([["1", "One"]]);
    const headers = { ETag: '"v1"', "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT" };
    const { api, id, read } = await sourceAt("/kept", { body, headers });
    await expect(synced(api, id)).resolves.toMatchObject({ new_count: 1, cost: 1 });
    const first = await read();
    feeds.serve("/kept", { status: 304, body: "" });
    await expect(synced(api, id)).resolves.toMatchObject({ status: "completed", new_count: 0, cost: 1 });
    const [plain, conditional] = feeds.requests.filter(({ path }) => path === "/kept").map((one) => one.headers);
    expect(plain).not.toHaveProperty("if-none-match");
    expect(conditional).toMatchObject({
      "if-none-match": '"v1"',
      "if-modified-since": "Mon, 05 Jan 2026 10:00:00 GMT",
    });
    const second = await read();
    expect(second).toMatchObject({ title: "A feed", post_count: 1, format: "rss" });
    expect(Date.parse(second.last_synced_at ?? "")).toBeGreaterThan(Date.parse(first.last_synced_at ?? ""));
  });

  test("another URL is another feed: read from its beginning, and the posts stay", async () => {
    const { api, id, read } = await sourceAt("/old", { body: rss([["1", "One"]], "Old"), headers: { ETag: '"old"' } });
    await synced(api, id);
    const url = feeds.serve("/new", { body: rss([["2", "Two"]], "New") });
    await api.updateSource({ params: { source_id: id }, body: { url } });
    expect(await read()).toMatchObject({ title: null, last_synced_at: null, post_count: 1 });
    // Not fresh, though it was synced a moment ago: that was the old feed.
    const job = await ended(api, await api.syncSource({ params: { source_id: id }, body: {} }));
    expect(job).toMatchObject({ status: "completed", new_count: 1 });
    expect(feeds.requests.findLast(({ path }) => path === "/new")?.headers).not.toHaveProperty("if-none-match");
    expect(await read()).toMatchObject({ title: "New", post_count: 2 });
  });

  test("a redirect is followed, and the source keeps the URL it was given", async () => {
    feeds.serve("/moved/here", { body: rss([["1", "One"]]) });
    const { api, id, read } = await sourceAt("/moves", { status: 301, body: "", headers: { Location: "/moved/here" } });
    await expect(synced(api, id)).resolves.toMatchObject({ status: "completed", new_count: 1 });
    expect(await read()).toMatchObject({ url: feeds.url("/moves") });
  });

  test("a post that the feed changes is changed, and is not new", async () => {
    const { api, id, read } = await sourceAt("/edits", {
      body: rss([
        ["1", "One"],
        ["2", "Two"],
      ]),
    });
    await synced(api, id);
    const posts = async () => (await api.listSourcePosts({ query: { source_id: id } })).data;
    const before = await posts();
    feeds.serve("/edits", {
      body: rss([
        ["3", "Three"],
        ["1", "One, corrected"],
      ]),
    });
    await expect(synced(api, id)).resolves.toMatchObject({ new_count: 1 });
    const after = await posts();
    expect(after.map(({ title }) => title)).toEqual(["Three", "One, corrected", "Two"]);
    expect(after.at(-1)).toEqual(before.at(-1));
    expect(after[1]).toMatchObject({ id: before[0]?.id, created_at: before[0]?.created_at });
    expect(after[1]?.updated_at).not.toBe(before[0]?.updated_at);
    expect(await read()).toMatchObject({ post_count: 3 });
  });
});
