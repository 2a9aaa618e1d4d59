import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, settle, times, until } from "../setup/support.ts";
import { type FeedServer, feedServer, held, rss } from "../sources/feed-server.ts";
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

let paths = 0;
async function withSource(fresh?: { api: Client; persona_id: string }) {
  const { api, persona_id } = fresh ?? (await freshPersona(app));
  const path = `/runs/${++paths}`;
  const url = feeds.serve(path, { body: rss([["1", "One"]]) });
  const { id } = await api.createSource({ body: { persona_id, url } });
  return { api, persona_id, path, id, params: { source_id: id } };
}

/** What each movement of an organization's credits did, without the plan's own. */
async function movements(organization: string) {
  const rows = await query<{ kind: string; amount: number }>(
    app.databaseUrl,
    "select kind, amount::int from credit_movements where org_id = $1 and kind <> 'monthly' order by id",
    [organization],
  );
  return rows.map(({ kind, amount }) => `${kind} ${amount}`).sort();
}

const eventsOf = async (api: Client) =>
  (await api.listEvents({ query: { limit: 100 } })).data.filter((one) => one.type.startsWith("sync."));

describe("202", () => {
  test("a run: its Location, what it brought, its cost, one event", async () => {
    const fresh = await freshPersona(app);
    const { api, params, id } = await withSource(fresh);
    const job = await api.syncSource({ params, body: {} });
    expect(job).toMatchObject({ status: "pending", progress: 0, trigger: "request", estimated_cost: 1, cost: null });
    const done = await ended(api, job);
    expect(done).toMatchObject({
      status: "completed",
      progress: 100,
      cost: 1,
      new_count: 1,
      results: [{ source_id: id, status: "completed", new_count: 1, error: null }],
    });
    expect(done.finished_at).not.toBeNull();
    const events = await eventsOf(api);
    expect(events).toMatchObject([{ type: "sync.completed" }]);
    expect(await movements(fresh.organization.organizationId)).toEqual(["capture 0", "hold -1"]);
  });

  test("fresh sources are skipped for nothing, and synced when forced", async () => {
    const fresh = await freshPersona(app);
    const { api, params, persona_id } = await withSource(fresh);
    await synced(api, params.source_id);
    const skipped = await api.syncSource({ params, body: {} });
    expect(skipped).toMatchObject({ status: "skipped", progress: 100, estimated_cost: 0, cost: 0 });
    expect(skipped.finished_at).not.toBeNull();
    const other = await withSource(fresh);
    // One is fresh, one is new.
    const both = await ended(api, await api.syncPersona({ params: { persona_id }, body: {} }));
    expect(both).toMatchObject({ status: "completed", estimated_cost: 1, cost: 1 });
    expect(both.results.map(({ status }) => status).sort()).toEqual(["completed", "skipped"]);
    const forced = await ended(api, await api.syncPersona({ params: { persona_id }, body: { force: true } }));
    expect(forced).toMatchObject({ status: "completed", estimated_cost: 2, cost: 2, new_count: 0 });
    expect(feeds.asked(other.path)).toBe(2);
    const { held: stillHeld } = await api.getBalance();
    expect(stillHeld).toBe(0);
  });

  test("after 15 minutes a source is no longer fresh", async () => {
    const { api, params } = await withSource();
    await synced(api, params.source_id);
    const ago = "update sources set last_synced_at = last_synced_at - interval '15 minutes' where id = $1";
    await query(app.databaseUrl, ago, [params.source_id]);
    await expect(api.syncSource({ params, body: {} })).resolves.toMatchObject({ status: "pending" });
  });

  test("paused sources are left out; a persona without sources is skipped", async () => {
    const fresh = await freshPersona(app);
    const { api, params, persona_id } = await withSource(fresh);
    await api.updateSource({ params, body: { status: "paused" } });
    const job = await api.syncPersona({ params: { persona_id }, body: {} });
    expect(job).toMatchObject({ status: "skipped", results: [], cost: 0 });
    expect(await movements(fresh.organization.organizationId)).toEqual(["hold -20", "release 20"]);
  });
});

describe("409", () => {
  test("names the run that goes on; of 20 at once one is begun", async () => {
    const { api, params, path, persona_id } = await withSource();
    const slow = held(rss([]));
    feeds.serve(path, slow.answer);
    const { good, refused } = await settle(times(20, () => api.syncSource({ params, body: {} })));
    expect(good).toHaveLength(1);
    for (const error of refused) {
      expect(error).toMatchObject({ status: 409, code: "CONFLICT", details: { sync_job_id: good[0]?.id } });
    }
    // Over the persona it is another run; and one of those goes on at a time, too.
    const all = await settle(times(5, () => api.syncPersona({ params: { persona_id }, body: {} })));
    expect(all.good).toHaveLength(1);
    expect(all.refused[0]).toMatchObject({ details: { sync_job_id: all.good[0]?.id } });
    slow.release();
    for (const job of [...good, ...all.good]) await ended(api, job);
    await expect(api.getBalance()).resolves.toMatchObject({ held: 0 });
  });

  test("when the persona or its brand is archived", async () => {
    const fresh = await freshPersona(app);
    const { api, params, persona_id } = await withSource(fresh);
    await api.updatePersona({ params: { persona_id }, body: { status: "archived" } });
    await expect(api.syncSource({ params, body: {} })).rejects.toMatchObject({ status: 409 });
    await expect(api.syncPersona({ params: { persona_id }, body: {} })).rejects.toMatchObject({ status: 409 });
    await api.updatePersona({ params: { persona_id }, body: { status: "active" } });
    await api.updateBrand({ params: { brand_id: fresh.brand_id }, body: { status: "archived" } });
    await expect(api.syncPersona({ params: { persona_id }, body: {} })).rejects.toMatchObject({ status: 409 });
  });
});

describe("cancel", () => {
  test("what was fetched is paid and stays, the rest is given back, and the worker writes nothing more", async () => {
    const fresh = await freshPersona(app);
    const { api, persona_id } = fresh;
    const quick = await withSource(fresh);
    const stuck = await withSource(fresh);
    const slow = held(rss([["late", "Too late"]]));
    feeds.serve(stuck.path, slow.answer);
    const job = await api.syncPersona({ params: { persona_id }, body: {} });
    await slow.arrived;
    const params = { sync_job_id: job.id };
    const half = await until(async () => {
      const seen = await api.getSyncJob({ params });
      return seen.progress === 50 && seen;
    });
    expect(half).toMatchObject({ status: "running", new_count: 1 });
    const canceled = await api.cancelSyncJob({ params });
    expect(canceled).toMatchObject({ status: "canceled", cost: 1, progress: 100, new_count: 1 });
    slow.release();
    // The next run over the same begins at once, and its end comes after the canceled one's late answer.
    feeds.serve(stuck.path, { body: rss([["late", "In time"]]) });
    await synced(api, stuck.id);
    expect(await api.getSyncJob({ params })).toEqual(canceled);
    const { data } = await api.listSourcePosts({ query: { source_id: stuck.id } });
    expect(data.map(({ title }) => title)).toEqual(["In time"]);
    await expect(api.getSource({ params: quick.params })).resolves.toMatchObject({ post_count: 1 });
    expect((await eventsOf(api)).map(({ type }) => type)).toEqual(["sync.completed"]);
    expect(await movements(fresh.organization.organizationId)).toEqual(
      ["capture 0", "capture 0", "hold -1", "hold -20", "release 19"].sort(),
    );
    await expect(api.cancelSyncJob({ params })).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("deleting a source, and then its persona, ends their runs and gives the credits back", async () => {
    const fresh = await freshPersona(app);
    const { api, persona_id } = fresh;
    const { params, path } = await withSource(fresh);
    const slow = held(rss([["1", "One"]]));
    feeds.serve(path, slow.answer);
    const one = await api.syncSource({ params, body: {} });
    const all = await api.syncPersona({ params: { persona_id }, body: {} });
    await slow.arrived;
    await expect(api.getBalance()).resolves.toMatchObject({ held: 21 });
    await expect(api.deletePersona({ params: { persona_id } })).rejects.toMatchObject({
      status: 409,
      code: "CONFLICT",
    });
    await api.deleteSource({ params });
    await expect(api.getSyncJob({ params: { sync_job_id: one.id } })).rejects.toMatchObject({ status: 404 });
    await expect(api.getBalance()).resolves.toMatchObject({ held: 20 });
    await api.deletePersona({ params: { persona_id } });
    await expect(api.getSyncJob({ params: { sync_job_id: all.id } })).rejects.toMatchObject({ status: 404 });
    await expect(api.getBalance()).resolves.toMatchObject({ held: 0 });
    slow.release();
  });

  test("a source that is deleted while its persona is synced is a failure of that source alone", async () => {
    const fresh = await freshPersona(app);
    const { api, persona_id } = fresh;
    await withSource(fresh);
    const { params, path, id } = await withSource(fresh);
    const slow = held(rss([["1", "One"]]));
    feeds.serve(path, slow.answer);
    const job = await api.syncPersona({ params: { persona_id }, body: {} });
    await slow.arrived;
    await api.deleteSource({ params });
    slow.release();
    const done = await ended(api, job);
    expect(done).toMatchObject({ status: "completed", cost: 1 });
    expect(done.results.find(({ source_id }) => source_id === id)).toMatchObject({ status: "failed" });
  });
});

test("402 when the credits do not last; nothing is begun", async () => {
  const fresh = await freshPersona(app);
  const { api, params } = await withSource(fresh);
  await query(app.databaseUrl, "update organizations set plan = 'free' where id = $1", [
    fresh.organization.organizationId,
  ]);
  const refused = api.syncSource({ params, body: {} });
  await expect(refused).rejects.toMatchObject({ status: 402, code: "INSUFFICIENT_BALANCE" });
  await expect(api.listSyncJobs()).resolves.toMatchObject({ count: 0 });
});

test("404: another tenant sees no run, and starts none", async () => {
  const { api, params, persona_id } = await withSource();
  const job = await api.syncSource({ params, body: {} });
  const other = (await freshOrganization(app)).api;
  const calls = [
    other.getSyncJob({ params: { sync_job_id: job.id } }),
    other.cancelSyncJob({ params: { sync_job_id: job.id } }),
    other.syncSource({ params, body: {} }),
    other.syncPersona({ params: { persona_id }, body: {} }),
    other.getSource({ params }),
  ];
  const { refused } = await settle<unknown>(calls);
  expect(refused.map(({ status }) => status)).toEqual(calls.map(() => 404));
  await expect(other.listSyncJobs()).resolves.toMatchObject({ count: 0 });
  await expect(ended(api, job)).resolves.toMatchObject({ status: "completed" });
  await expect(other.listSourcePosts()).resolves.toMatchObject({ count: 0 });
});

test("lists by persona, source and state", async () => {
  const fresh = await freshPersona(app);
  const { api, params, persona_id } = await withSource(fresh);
  const first = await synced(api, params.source_id);
  const second = await api.syncPersona({ params: { persona_id }, body: {} });
  const ids = async (query: Parameters<Client["listSyncJobs"]>[0]) =>
    (await api.listSyncJobs(query)).data.map(({ id }) => id);
  expect(await ids({ query: { persona_id } })).toEqual([second.id, first.id]);
  expect(await ids({ query: { source_id: params.source_id } })).toEqual([first.id]);
  expect(await ids({ query: { status: "skipped" } })).toEqual([second.id]);
});
