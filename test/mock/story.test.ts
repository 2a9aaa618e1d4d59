import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../client/index.ts";
import { type RunningMock, runMock } from "./process.ts";

let mock: RunningMock;
let api: ReturnType<typeof createClient>;
beforeAll(async () => {
  mock = await runMock("spec/openapi.json");
  api = createClient({ baseUrl: `${mock.url}/api`, token: "anything" });
});
afterAll(() => mock.interrupt());

type Item = Readonly<Record<string, unknown>>;

/** Every list that a front end would show, as the mock answers it. */
const lists = async (): Promise<Readonly<Record<string, readonly Item[]>>> => {
  const [brands, personas, sources, posts, jobs, uploads, members, keys, hooks, deliveries, events, moves] =
    await Promise.all([
      api.listBrands(),
      api.listPersonas(),
      api.listSources(),
      api.listSourcePosts(),
      api.listSyncJobs(),
      api.listUploads(),
      api.listMembers(),
      api.listApiKeys(),
      api.listWebhooks(),
      api.listWebhookDeliveries(),
      api.listEvents(),
      api.listTransactions(),
    ]);
  const found = { brands, personas, sources, posts, jobs, uploads, members, keys, hooks, deliveries, events, moves };
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, data]));
};

describe("what the mock shows", () => {
  test("is several things of each kind, each once", async () => {
    for (const [name, items] of Object.entries(await lists())) {
      const ids = items.map((item) => item.id ?? item.user_id);
      expect([name, items.length > 1, new Set(ids).size]).toEqual([name, true, ids.length]);
    }
  });

  test("is one story: what names another thing names one that is there", async () => {
    const all = await lists();
    const there = new Set(Object.values(all).flatMap((items) => items.map((item) => item.id ?? item.user_id)));
    const names = ["brand_id", "persona_id", "source_id", "webhook_id", "event_id", "created_by"];
    const lost = Object.values(all).flatMap((items) =>
      items.flatMap((item) => names.map((name) => item[name]).filter((id) => typeof id === "string" && !there.has(id))),
    );
    expect(lost).toEqual([]);
    const { data: posts } = await api.listSourcePosts();
    for (const { id, post_count } of (await api.listSources()).data)
      expect([id, post_count]).toEqual([id, posts.filter(({ source_id }) => source_id === id).length]);
  });

  test("has its times in order, the newest first where a list says so", async () => {
    const all = await lists();
    const ORDER = ["created_at", "started_at", "updated_at", "finished_at", "ready_at", "delivered_at", "expires_at"];
    for (const item of Object.values(all).flat()) {
      const times = ORDER.map((name) => item[name]).filter((time) => typeof time === "string");
      expect(times).toEqual(times.toSorted());
    }
    for (const name of ["personas", "sources", "jobs", "keys", "deliveries", "events", "moves"]) {
      const times = (all[name] ?? []).map(({ created_at }) => String(created_at));
      expect([name, times]).toEqual([name, times.toSorted().reverse()]);
    }
  });

  test("adds up: each movement of credits leaves what the next one starts from, up to the balance", async () => {
    const moves = (await api.listTransactions()).data.toReversed();
    let available = 0;
    for (const { amount, available_after } of moves) {
      available += amount;
      expect(available_after).toBe(available);
    }
    expect(await api.getBalance()).toMatchObject({ available, held: moves.at(-1)?.held_after });
  });
});

describe("random data", () => {
  const prefer = { prefer: "dynamic=true" };
  test("200 in the form of the contract: its fields alone, times of our days, lists that end", async () => {
    const known = Object.keys((await api.listSources()).data[0] ?? {});
    const page = await api.listSources({ headers: prefer });
    expect(page).toMatchObject({ count: page.data.length, next_cursor: null });
    for (const source of page.data) {
      expect(Object.keys(source).toSorted()).toEqual(known.toSorted());
      expect(source.created_at).toMatch(/^202\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  test("400, and no failure of the mock, for an example that there is not", async () => {
    const asked = api.listSources({ headers: { prefer: "code=401, example=NOPE" } });
    await expect(asked).rejects.toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  });
});

describe("headers", () => {
  test("tell of a window that is open now, of none left on a 429, and of no replay", async () => {
    const ask = (prefer: string, method = "GET") =>
      fetch(`${mock.url}/api/v1/brands`, {
        method,
        headers: { authorization: "Bearer x", "content-type": "application/json", prefer },
        ...(method === "POST" ? { body: '{ "name": "Tea", "slug": "tea" }' } : {}),
      });
    const made = await ask("code=201", "POST");
    expect([made.status, made.headers.get("idempotent-replayed")]).toEqual([201, null]);
    const left = Number(made.headers.get("x-ratelimit-reset")) - Math.floor(Date.now() / 1000);
    expect(left).toBeGreaterThan(-60);
    expect(left).toBeLessThanOrEqual(60);
    expect((await ask("code=429")).headers.get("x-ratelimit-remaining")).toBe("0");
  });
});

describe("what is asked for", () => {
  test("200 with the very item of a list, and with what belongs to it", async () => {
    for (const brand of (await api.listBrands()).data)
      expect(await api.getBrand({ params: { brand_id: brand.id } })).toEqual(brand);
    for (const delivery of (await api.listWebhookDeliveries()).data)
      expect(await api.getWebhookDelivery({ params: { delivery_id: delivery.id } })).toMatchObject(delivery);
    const source_id = (await api.listSources()).data.at(-1)?.id ?? "";
    expect(await api.syncSource({ params: { source_id }, body: {} })).toMatchObject({ source_id, status: "pending" });
  });

  test("200 with the items under a filter alone", async () => {
    expect((await api.listBrands({ query: { status: "archived" } })).data.map(({ name }) => name)).toEqual([
      "Bean & Bike",
    ]);
    expect((await api.listPersonas({ query: { name: "nora" } })).data).toHaveLength(1);
    const [first] = (await api.listPersonas()).data;
    const mine = await api.listSources({ query: { persona_id: first?.id ?? "" } });
    expect(mine).toMatchObject({ count: 1, data: [{ persona_id: first?.id }] });
  });

  test("200 page by page, by cursor or offset, to an end", async () => {
    const whole = (await api.listSourcePosts()).data;
    const read: unknown[] = [];
    for await (const post of api.listSourcePosts.all({ query: { limit: 2 } })) read.push(post);
    expect(read).toEqual(whole);
    expect(await api.listSourcePosts({ query: { limit: 2, offset: 4 } })).toEqual({
      data: whole.slice(4),
      count: whole.length,
      next_cursor: null,
    });
  });

  test("202 begins work that the poll finds ended, so that a loop ends", async () => {
    const source_id = (await api.listSources()).data[0]?.id ?? "";
    const job = await api.syncSource({ params: { source_id }, body: {} });
    expect(job).toMatchObject({ status: "pending", finished_at: null });
    expect(await api.waitFor(job)).toMatchObject({ status: "completed", progress: 100 });
  });
});
