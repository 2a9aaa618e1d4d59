import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../server/kit/ids.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { operationsOf } from "../kit/document.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, query, send } from "../setup/support.ts";

let reelmark: TestApp;
let own: Awaited<ReturnType<typeof studio>>;
let foreign: Awaited<ReturnType<typeof studio>>;
beforeAll(async () => {
  reelmark = await openTestApp();
  [own, foreign] = [await studio(), await studio()];
});
afterAll(() => reelmark.close());

/** An organization with one of everything. */
async function studio() {
  const organization = await freshOrganization(reelmark);
  const { api } = organization;
  const brand = await api.createBrand({ body: { name: "Cat", slug: "cat" } });
  const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
  const { id, key } = await organization.key();
  const webhook = await api.createWebhook({ body: { url: "https://hooks.example.com/reelmark" } });
  const delivery = await api.testWebhook({ params: { webhook_id: webhook.id } });
  const ids: Record<string, string> = { brand_id: brand.id, persona_id: persona.id, api_key_id: id };
  Object.assign(ids, { webhook_id: webhook.id, event_id: delivery.event_id, delivery_id: delivery.id });
  const source = await api.createSource({ body: { persona_id: persona.id, url: "https://feeds.example.com/cat.xml" } });
  const sync = await api.syncSource({ params: { source_id: source.id }, body: {} });
  const post = newId("spo", Date.now());
  await query(
    reelmark.databaseUrl,
    `insert into source_posts (id, org_id, source_id, persona_id, external_id, media, digest)
     values ($1, $2, $3, $4, 'one', '[]', '')`,
    [post, organization.organizationId, source.id, persona.id],
  );
  Object.assign(ids, { source_id: source.id, sync_job_id: sync.id, source_post_id: post });
  return { ...organization, apiKey: key, brand, persona, ids };
}

const NEVER: Record<string, string> = {
  brand_id: "brd_00000000000000000000000000",
  persona_id: "per_00000000000000000000000000",
  api_key_id: "key_00000000000000000000000000",
  source_id: "src_00000000000000000000000000",
  source_post_id: "spo_00000000000000000000000000",
  sync_job_id: "syn_00000000000000000000000000",
  webhook_id: "whk_00000000000000000000000000",
  event_id: "msg_00000000000000000000000000",
  delivery_id: "dlv_00000000000000000000000000",
};
const BODIES: Record<string, object> = {
  updateBrand: { name: "Taken over" },
  updatePersona: { name: "Taken over" },
  updateApiKey: { label: "Taken over" },
  rotateApiKey: { overlap_seconds: 60 },
  updateSource: { name: "Taken over" },
  importSourcePostMedia: { index: 0 },
  syncPersona: { force: true },
  syncSource: { force: true },
  updateWebhook: { status: "disabled" },
  rotateWebhookSecret: { overlap_seconds: 0 },
};

/** Everything of an organization as its owner sees it. */
async function everything({ api, ids }: typeof own) {
  const { data: keys } = await api.listApiKeys();
  return {
    brands: (await api.listBrands()).data,
    personas: (await api.listPersonas()).data,
    sources: (await api.listSources()).data,
    posts: (await api.listSourcePosts()).data,
    syncs: (await api.listSyncJobs()).data,
    webhooks: (await api.listWebhooks()).data,
    deliveries: (await api.listWebhookDeliveries()).data,
    keys: keys.filter((key) => key.id === ids.api_key_id).map(({ last_used_at: _moves, ...key }) => key),
  };
}

const byId = operationsOf(reelmarkDocument()).filter(({ path }) => path.includes("{"));

describe("another organization's id", () => {
  test("is tried at every operation that takes one", () => {
    expect(byId.map(({ id }) => id).length).toBeGreaterThanOrEqual(11);
  });

  test.each(byId.map((operation) => [operation.id, operation] as const))(
    "404 from %s, as for an id that is not there, by session and by key, and nothing is changed",
    async (id, { method, path }) => {
      const before = await everything(foreign);
      for (const token of [own.token, own.apiKey]) {
        const call = (ids: Record<string, string>) => {
          const filled = path.replace(/\{([a-z_]+)\}/g, (_, name: string) => ids[name] ?? "");
          return send(reelmark, method, filled, { token, ...(BODIES[id] ? { body: BODIES[id] } : {}) });
        };
        const absent = await call(NEVER);
        expect(absent).toMatchObject({ status: 404, body: { error: { code: "NOT_FOUND" } } });
        expect(comparable(await call(foreign.ids))).toEqual(comparable(absent));
      }
      expect(await everything(foreign)).toEqual(before);
    },
  );
});

describe("nothing of another organization", () => {
  test("200 lists hold one's own alone, and count one's own alone", async () => {
    for (const { api, brand, persona } of [own, foreign]) {
      await expect(api.listBrands()).resolves.toEqual({ data: [brand], count: 1, next_cursor: null });
      await expect(api.listPersonas()).resolves.toEqual({ data: [persona], count: 1, next_cursor: null });
      expect((await api.listApiKeys()).count).toBe(1);
    }
  });

  test("200 and empty for a filter that names their brand", async () => {
    const { data, count } = await own.api.listPersonas({ query: { brand_id: foreign.brand.id } });
    expect({ data, count }).toEqual({ data: [], count: 0 });
  });

  test("200 and none of theirs for a cursor that they were given", async () => {
    const more = await foreign.api.createPersona({ body: { brand_id: foreign.brand.id, name: "Tim" } });
    const { next_cursor } = await foreign.api.listPersonas({ query: { limit: 1 } });
    const { data } = await own.api.listPersonas({ query: { cursor: next_cursor ?? "" } });
    for (const { id } of data) expect([more.id, foreign.persona.id]).not.toContain(id);
    await foreign.api.deletePersona({ params: { persona_id: more.id } });
  });

  test("404 for a persona in their brand; 409 names their brand as unknown in an order", async () => {
    const create = own.api.createPersona({ body: { brand_id: foreign.brand.id, name: "Spy" } });
    await expect(create).rejects.toMatchObject({ status: 404 });
    const reorder = own.api.reorderBrands({ body: { brand_ids: [own.brand.id, foreign.brand.id] } });
    await expect(reorder).rejects.toMatchObject({ status: 409, details: { unknown: [foreign.brand.id] } });
  });

  test("201 for the Idempotency-Key that they used: it is another organization's, and so another key", async () => {
    const call = (slug: string) => ({ body: { name: "Same", slug }, headers: { "Idempotency-Key": "shared" } });
    const theirs = await foreign.api.createBrand(call("same"));
    const ours = await own.api.createBrand(call("same"));
    expect(ours.id).not.toBe(theirs.id);
    await foreign.api.deleteBrand({ params: { brand_id: theirs.id } });
    await own.api.deleteBrand({ params: { brand_id: ours.id } });
  });
});

test("200 for both when they work at once on few connections: no request sees the other's rows", async () => {
  const app = await openTestApp({ databaseUrl: reelmark.databaseUrl, env: { DATABASE_POOL: "2" } });
  try {
    const organizations = [own, foreign].map(({ token, brand }) => ({ api: app.api(token), brand }));
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const one = organizations[i % 2];
        const page = await one?.api.listBrands();
        expect(page?.data.map(({ id }) => id)).toEqual([one?.brand.id]);
      }),
    );
  } finally {
    await app.close();
  }
});

test("404 still for rows whose id was learnt from the database itself", async () => {
  const rows = await query<{ id: string }>(reelmark.databaseUrl, "select id from personas where org_id = $1", [
    foreign.organizationId,
  ]);
  expect(rows.length).toBeGreaterThan(0);
  for (const { id } of rows) {
    await expect(own.api.getPersona({ params: { persona_id: id } })).rejects.toMatchObject({ status: 404 });
  }
});
