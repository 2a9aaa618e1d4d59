import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { issuePaths, query, send, settle, tablesHolding, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const URL = "https://hooks.example.com/reelmark";

test("201 createWebhook: the secret is 32 bytes, shown this once, and kept sealed", async () => {
  const { api } = await freshOrganization(reelmark);
  const { secret, ...made } = await api.createWebhook({ body: { url: URL } });
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(Buffer.from(secret.slice(6), "base64")).toHaveLength(32);
  expect(made).toMatchObject({ url: URL, description: null, events: null, status: "enabled", secret_expires_at: null });
  await expect(api.getWebhook({ params: { webhook_id: made.id } })).resolves.toEqual(made);
  await expect(api.listWebhooks()).resolves.toMatchObject({ data: [made], count: 1 });
  expect(await tablesHolding(reelmark.databaseUrl, secret.slice(6))).toEqual([]);
});

test("200 updateWebhook: what is absent stays, null clears, and the rest of the network stays out of reach", async () => {
  const { api } = await freshOrganization(reelmark);
  const body = { url: URL, description: "Cache", events: ["sync.completed" as const] };
  const { id, secret: _, ...made } = await api.createWebhook({ body });
  const params = { webhook_id: id };
  await expect(api.updateWebhook({ params, body: { description: "Store" } })).resolves.toMatchObject({
    ...made,
    description: "Store",
    updated_at: expect.any(String),
  });
  const cleared = await api.updateWebhook({ params, body: { events: null, description: null } });
  expect(cleared).toMatchObject({ events: null, description: null, url: URL });
  await expect(api.updateWebhook({ params, body: { url: "http://10.0.0.1/" } })).rejects.toMatchObject({ status: 400 });
  const off = await api.updateWebhook({ params, body: { status: "disabled" } });
  const again = await api.updateWebhook({ params, body: { status: "disabled" } });
  expect(again.disabled_at).toBe(off.disabled_at);
  await expect(api.listWebhooks({ query: { status: "enabled" } })).resolves.toMatchObject({ count: 0 });
  await expect(api.listWebhooks({ query: { status: "disabled" } })).resolves.toMatchObject({ data: [{ id }] });
});

test.each([
  "http://10.0.0.1/hook",
  "http://169.254.169.254/latest/meta-data",
  "http://[::1]/",
  "http://0x7f.1.1/",
  "https://user:secret@hooks.example.com/",
  "http://hooks.example.com:25/",
])("400 createWebhook: %s, with the path of the field", async (url) => {
  const { token } = await freshOrganization(strict);
  const refused = await send(strict, "POST", "/v1/webhooks", { token, body: { url } });
  expect(refused.status).toBe(400);
  expect(issuePaths(refused)).toEqual(new Set(["body.url"]));
});

// As it runs for others: nothing inside is allowed.
let strict: TestApp;
beforeAll(async () => {
  strict = await openTestApp({ env: { OUTBOUND_ALLOW: "" } });
});
afterAll(() => strict.close());

test("409 createWebhook: the fifty-first, however many come at once", async () => {
  const { api } = await freshOrganization(reelmark);
  const { good, refused } = await settle(times(60, () => api.createWebhook({ body: { url: URL } })));
  expect(good).toHaveLength(50);
  expect(refused.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => "CONFLICT"));
  const [first] = good;
  await api.deleteWebhook({ params: { webhook_id: first?.id ?? "" } });
  await api.createWebhook({ body: { url: URL } });
});

test("events and deliveries of more than 30 days ago are forgotten, but for what is still to be sent", async () => {
  const { api } = await freshOrganization(reelmark);
  const { id } = await api.createWebhook({ body: { url: URL } });
  for (const label of ["old and pending", "old and sent", "young"]) {
    await api.createApiKey({ body: { label, scopes: ["brands:read"] } });
  }
  const { databaseUrl } = reelmark;
  await query(
    databaseUrl,
    "update webhook_events set created_at = created_at - interval '31 days' where payload like '%\"old and %'",
  );
  await query(
    databaseUrl,
    `update webhook_deliveries d set status = 'delivered', next_attempt_at = null from webhook_events e
      where e.id = d.event_id and e.payload like '%"old and sent"%'`,
  );
  await api.rotateWebhookSecret({ params: { webhook_id: id }, body: { overlap_seconds: 60 } });
  await query(databaseUrl, "update webhooks set former_secret_expires_at = now() - interval '1 second' where id = $1", [
    id,
  ]);
  // As the server's role, which owns nothing.
  await query(databaseUrl, "set role reelmark_app; set app.maintenance = 'off'; select forget_events(100)");
  const labels = (await api.listEvents()).data.map(({ payload }) => (payload.data as { label: string }).label);
  expect(labels.sort()).toEqual(["old and pending", "young"]);
  await expect(api.listWebhookDeliveries()).resolves.toMatchObject({ count: 2 });
  const [row] = await query(databaseUrl, "select former_secret_sealed from webhooks where id = $1", [id]);
  expect(row).toEqual({ former_secret_sealed: null });
});

test("200 listEvents and listWebhookDeliveries: by type, by time, by endpoint, by event and by state", async () => {
  const { api } = await freshOrganization(reelmark);
  const [one, two] = [await api.createWebhook({ body: { url: URL } }), await api.createWebhook({ body: { url: URL } })];
  const key = await api.createApiKey({ body: { label: "told", scopes: ["brands:read"] } });
  await api.revokeApiKey({ params: { api_key_id: key.id } });
  const events = await api.listEvents();
  expect(events.data.map(({ type }) => type).sort()).toEqual(["api_key.created", "api_key.revoked"]);
  const created = events.data.find(({ type }) => type === "api_key.created");
  await expect(api.listEvents({ query: { type: "api_key.created" } })).resolves.toMatchObject({ count: 1 });
  const since = new Date(Date.now() + 60_000).toISOString();
  await expect(api.listEvents({ query: { since } })).resolves.toMatchObject({ count: 0 });
  await expect(api.listEvents({ query: { until: since } })).resolves.toMatchObject({ count: 2 });
  const count = async (query: object) => (await api.listWebhookDeliveries({ query })).count;
  expect(await count({})).toBe(4);
  expect(await count({ webhook_id: one.id })).toBe(2);
  expect(await count({ webhook_id: two.id, event_id: created?.id })).toBe(1);
  expect([await count({ status: "pending" }), await count({ status: "delivered" })]).toEqual([4, 0]);
});
