import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_SOURCES } from "../../spec/sources.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, settle, times, until } from "../setup/support.ts";
import { freshPersona } from "../sync/support.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp({ env: { OUTBOUND_ALLOW: "" } });
});
afterAll(() => app.close());

const feed = (n: number | string) => `https://feeds.example.com/${n}.xml`;
const types = async ({ api }: Awaited<ReturnType<typeof freshPersona>>) =>
  (await api.listEvents({ query: { limit: 100 } })).data
    .map(({ type }) => type)
    .filter((type) => type.startsWith("source."));

describe("create", () => {
  test("201 with the default schedule, the next time an hour away, and an event", async () => {
    const fresh = await freshPersona(app);
    const { api, persona_id } = fresh;
    const before = Date.now();
    const source = await api.createSource({ body: { persona_id, url: "https://Feeds.Example.com:443/a%20b.xml#top" } });
    expect(source).toMatchObject({
      url: "https://feeds.example.com/a%20b.xml",
      status: "active",
      sync_interval_minutes: 60,
      sync_times: null,
      post_count: 0,
      last_synced_at: null,
      last_error: null,
    });
    const minutes = (Date.parse(source.next_sync_at ?? "") - before) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(60);
    expect(minutes).toBeLessThan(62);
    expect(await types(fresh)).toEqual(["source.created"]);
  });

  test("201 without a schedule when both are null, and with times alone when they are given", async () => {
    const { api, persona_id } = await freshPersona(app);
    const none = { persona_id, url: feed(1), sync_interval_minutes: null, sync_times: null };
    await expect(api.createSource({ body: none })).resolves.toMatchObject({
      sync_interval_minutes: null,
      next_sync_at: null,
    });
    const some = { persona_id, url: feed(2), sync_times: ["06:30"] };
    await expect(api.createSource({ body: some })).resolves.toMatchObject({
      sync_interval_minutes: null,
      next_sync_at: expect.stringContaining("06:30:00.000Z"),
    });
  });

  test("400 for both schedules, and for addresses that cannot be requested, naming the field", async () => {
    const { api, persona_id } = await freshPersona(app);
    const both = { persona_id, url: feed(1), sync_interval_minutes: 60, sync_times: ["06:30"] };
    await expect(api.createSource({ body: both })).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "body.sync_times" }] },
    });
    for (const url of [
      "http://127.0.0.1/feed",
      "http://localhost:8080/feed",
      "http://0x7f.1/feed",
      "http://[::ffff:10.0.0.1]/feed",
      "http://169.254.169.254/latest",
      "https://user:secret@feeds.example.com/",
      "http://feeds.example.com:22/",
    ]) {
      await expect(api.createSource({ body: { persona_id, url } })).rejects.toMatchObject({
        status: 400,
        code: "VALIDATION_ERROR",
        details: { issues: [{ path: "body.url" }] },
      });
    }
    await expect(api.listSources()).resolves.toMatchObject({ count: 0 });
  });

  test("409 for a feed that the persona has, however it is written; another persona may have it too", async () => {
    const { api, persona_id, brand_id } = await freshPersona(app);
    await api.createSource({ body: { persona_id, url: feed(1) } });
    const again = api.createSource({ body: { persona_id, url: "https://FEEDS.example.com:443/1.xml" } });
    await expect(again).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
    const other = await api.createPersona({ body: { brand_id, name: "Ada" } });
    await api.createSource({ body: { persona_id: other.id, url: feed(1) } });
  });

  test(`409 for one more than ${MAX_SOURCES}, and when many at once want the last place`, async () => {
    const { api, persona_id, brand_id } = await freshPersona(app);
    for (const n of Array.from({ length: MAX_SOURCES - 1 }, (_, index) => index)) {
      await api.createSource({ body: { persona_id, url: feed(n) } });
    }
    // Held up at the brand until all are there, so that they go on together.
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query("begin");
    await client.query("select from brands where id = $1 for update", [brand_id]);
    const calls = times(8, (n) => api.createSource({ body: { persona_id, url: feed(`last-${n}`) } }));
    const settled = settle(calls);
    await until(async () => {
      const waiting = await query(app.databaseUrl, "select from pg_stat_activity where wait_event_type = 'Lock'");
      return waiting.length >= 8;
    });
    await client.query("commit");
    await client.end();
    const { good, refused } = await settled;
    expect(good).toHaveLength(1);
    for (const error of refused) expect(error).toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("409 for an archived persona or brand, 404 for another tenant's persona", async () => {
    const { api, persona_id, brand_id } = await freshPersona(app);
    const create = () => api.createSource({ body: { persona_id, url: feed(1) } });
    await api.updatePersona({ params: { persona_id }, body: { status: "archived" } });
    await expect(create()).rejects.toMatchObject({ status: 409 });
    await api.updatePersona({ params: { persona_id }, body: { status: "active" } });
    await api.updateBrand({ params: { brand_id }, body: { status: "archived" } });
    await expect(create()).rejects.toMatchObject({ status: 409 });
    const stranger = (await freshOrganization(app)).api;
    await expect(stranger.createSource({ body: { persona_id, url: feed(1) } })).rejects.toMatchObject({ status: 404 });
  });
});

describe("update", () => {
  test("200: a schedule of the other kind when the first is cleared, 400 when it is not", async () => {
    const fresh = await freshPersona(app);
    const { api, persona_id } = fresh;
    const { id } = await api.createSource({ body: { persona_id, url: feed(1) } });
    const params = { source_id: id };
    const both = api.updateSource({ params, body: { sync_times: ["18:00"] } });
    await expect(both).rejects.toMatchObject({ status: 400, details: { issues: [{ path: "body.sync_times" }] } });
    const changed = await api.updateSource({ params, body: { sync_times: ["18:00"], sync_interval_minutes: null } });
    expect(changed).toMatchObject({ sync_interval_minutes: null, sync_times: ["18:00"] });
    expect(changed.next_sync_at).toContain("18:00:00.000Z");
    expect(await types(fresh)).toEqual(["source.updated", "source.created"]);
  });

  test("200: a paused source has no next time, an active one has again", async () => {
    const { api, persona_id } = await freshPersona(app);
    const { id } = await api.createSource({ body: { persona_id, url: feed(1) } });
    const params = { source_id: id };
    const paused = await api.updateSource({ params, body: { status: "paused" } });
    expect(paused).toMatchObject({ status: "paused", next_sync_at: null });
    const active = await api.updateSource({ params, body: { status: "active", name: "Mine" } });
    expect(active).toMatchObject({ status: "active", name: "Mine", next_sync_at: expect.any(String) });
    await expect(api.listSources({ query: { status: "paused" } })).resolves.toMatchObject({ count: 0 });
  });

  test("409 for the URL of another source, 400 for one inside", async () => {
    const { api, persona_id } = await freshPersona(app);
    await api.createSource({ body: { persona_id, url: feed(1) } });
    const { id } = await api.createSource({ body: { persona_id, url: feed(2) } });
    const params = { source_id: id };
    await expect(api.updateSource({ params, body: { url: feed(1) } })).rejects.toMatchObject({ status: 409 });
    await expect(api.updateSource({ params, body: { url: "http://10.0.0.1/" } })).rejects.toMatchObject({
      status: 400,
    });
  });
});

test("delete: 204, its event names it, and its persona can be deleted then", async () => {
  const fresh = await freshPersona(app);
  const { api, persona_id } = fresh;
  const { id } = await api.createSource({ body: { persona_id, url: feed(1) } });
  await expect(api.deletePersona({ params: { persona_id } })).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  await api.deleteSource({ params: { source_id: id } });
  await expect(api.getSource({ params: { source_id: id } })).rejects.toMatchObject({ status: 404 });
  expect(await types(fresh)).toEqual(["source.deleted", "source.created"]);
  await api.deletePersona({ params: { persona_id } });
});
