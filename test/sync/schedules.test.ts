import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { query, until } from "../setup/support.ts";
import { type FeedServer, feedServer, rss } from "../sources/feed-server.ts";
import { ended, freshPersona } from "./support.ts";

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

type Fresh = Awaited<ReturnType<typeof freshPersona>>;
let paths = 0;

/** A source of an organization of its own, whose time came an hour ago. */
async function due(prepare: (fresh: Fresh, id: string) => Promise<unknown> = async () => undefined) {
  const fresh = await freshPersona(app);
  const path = `/due/${++paths}`;
  const url = feeds.serve(path, { body: rss([["1", "One"]]) });
  const { id } = await fresh.api.createSource({ body: { persona_id: fresh.persona_id, url } });
  await prepare(fresh, id);
  await query(app.databaseUrl, "update sources set next_sync_at = now() - interval '1 hour' where id = $1", [id]);
  const read = () => fresh.api.getSource({ params: { source_id: id } });
  const jobs = async () => (await fresh.api.listSyncJobs({ query: { persona_id: fresh.persona_id } })).data;
  return { ...fresh, id, path, read, jobs };
}

test("what is due is synced once and planned anew; what rests is left alone; what cannot be paid has failed", async () => {
  const plain = await due();
  const twins = await Promise.all([1, 2, 3].map(() => due()));
  const paused = await due(({ api }, source_id) =>
    api.updateSource({ params: { source_id }, body: { status: "paused" } }),
  );
  const archived = await due(({ api, persona_id }) =>
    api.updatePersona({ params: { persona_id }, body: { status: "archived" } }),
  );
  const resting = await due(({ api, brand_id }) =>
    api.updateBrand({ params: { brand_id }, body: { status: "archived" } }),
  );
  const poor = await due(({ organization }) =>
    query(app.databaseUrl, "update organizations set plan = 'free' where id = $1", [organization.organizationId]),
  );

  for (const one of [plain, ...twins]) {
    const [job] = await until(async () => {
      const found = await one.jobs();
      return found.length > 0 && found;
    });
    if (!job) throw new Error("no job");
    const done = await ended(one.api, job);
    expect(done).toMatchObject({ trigger: "schedule", status: "completed", new_count: 1, cost: 1, source_id: one.id });
    const { next_sync_at, last_synced_at } = await one.read();
    // An hour by default, counted from the sync.
    const minutes = (Date.parse(next_sync_at ?? "") - Date.parse(last_synced_at ?? "")) / 60_000;
    expect(minutes).toBeGreaterThanOrEqual(60);
    expect(minutes).toBeLessThan(61);
    expect(feeds.asked(one.path)).toBe(1);
  }

  const [failed] = await until(async () => {
    const found = await poor.jobs();
    return found.length > 0 && found;
  });
  expect(failed).toMatchObject({
    status: "failed",
    trigger: "schedule",
    cost: 0,
    error: { code: "insufficient_balance" },
  });
  const after = await poor.read();
  // It waits for its next time, and is no failure of the feed.
  expect(Date.parse(after.next_sync_at ?? "")).toBeGreaterThan(Date.now() + 30 * 60_000);
  expect(after).toMatchObject({ consecutive_failures: 0, last_error: null });
  const { data: events } = await poor.api.listEvents({ query: { limit: 100 } });
  expect(events.filter(({ type }) => type === "sync.failed")).toHaveLength(1);
  expect(feeds.asked(poor.path)).toBe(0);

  for (const one of [paused, archived, resting]) {
    await expect(one.jobs()).resolves.toEqual([]);
    expect(feeds.asked(one.path)).toBe(0);
  }
}, 60_000);

test("a brand that moves takes its sources' times along; what rests has none, and again one when it works", async () => {
  const at = (time: string | null, timeZone: string) =>
    time && new Date(time).toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" });
  const planned = async () => {
    const fresh = await freshPersona(app, "Europe/Zurich");
    const url = feeds.serve("/times", { body: rss([]) });
    const source = await fresh.api.createSource({ body: { persona_id: fresh.persona_id, url, sync_times: ["06:30"] } });
    expect(at(source.next_sync_at, "Europe/Zurich")).toBe("06:30");
    const next = async () => (await fresh.api.getSource({ params: { source_id: source.id } })).next_sync_at;
    return { ...fresh, next };
  };
  const [moved, resting, waking] = [await planned(), await planned(), await planned()];
  const { api, brand_id } = moved;
  await api.updateBrand({ params: { brand_id }, body: { timezone: "America/New_York" } });
  await resting.api.updatePersona({ params: { persona_id: resting.persona_id }, body: { status: "archived" } });
  // As it stands when its persona was archived for a while.
  await query(app.databaseUrl, "update sources set next_sync_at = null where persona_id = $1", [waking.persona_id]);
  await until(async () => at(await moved.next(), "America/New_York") === "06:30");
  await until(async () => (await resting.next()) === null);
  await until(async () => at(await waking.next(), "Europe/Zurich") === "06:30");
}, 60_000);
