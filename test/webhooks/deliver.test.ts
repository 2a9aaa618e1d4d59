import { afterAll, beforeAll, expect, test } from "vitest";
import { breakable } from "../contract/failing-backend.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, settle, times } from "../setup/support.ts";
import { answer, type Receiver, receiver, verify } from "./receiver.ts";
import { eventually, happen, hurry, onlyDelivery, register, states } from "./support.ts";

let reelmark: TestApp;
const open: Receiver[] = [];
beforeAll(async () => {
  reelmark = await openTestApp({ role: "all" });
});
afterAll(async () => {
  await reelmark.close();
  await Promise.all(open.map((one) => one.close()));
});

async function listening(...args: Parameters<typeof receiver>): Promise<Receiver> {
  const made = await receiver(...args);
  open.push(made);
  return made;
}

test("an event arrives once, signed so that the reference library verifies it, and its log says so", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening();
  const { id, secret } = await register(api, inbox);
  const key = await happen(api, "signed");
  await eventually(() => inbox.got.length).toBe(1);
  const [got] = inbox.got;
  if (!got) throw new Error("nothing came");
  const { key: shownOnce, ...told } = key;
  expect(verify(got, secret)).toMatchObject({ type: "api_key.created", data: told });
  expect(got.body).not.toContain(shownOnce);
  expect(got.headers).toMatchObject({ "content-type": "application/json" });
  expect(got.headers["user-agent"]).toMatch(/^Reelmark\//);

  await eventually(() => states(reelmark, id)).toEqual({ delivered: 1 });
  const delivery = await onlyDelivery(api, id);
  expect(delivery).toMatchObject({
    status: "delivered",
    event_id: got.id,
    attempt_count: 1,
    response_status: 204,
    next_attempt_at: null,
    attempts: [{ number: 1, response_status: 204, error: null }],
  });
  const event = await api.getEvent({ params: { event_id: got.id } });
  expect(event.payload).toEqual(JSON.parse(got.body));
  await expect(api.listEvents({ query: { type: "api_key.created" } })).resolves.toMatchObject({
    data: [{ id: got.id }],
  });
});

test("the reference library refuses a delivery whose body, id or time was changed", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening();
  const { secret } = await register(api, inbox);
  await happen(api);
  await eventually(() => inbox.got.length).toBe(1);
  const [got] = inbox.got;
  if (!got) throw new Error("nothing came");
  const late = String(Number(got.headers["webhook-timestamp"]) + 1);
  expect(() => verify({ ...got, body: `${got.body} ` }, secret)).toThrow();
  for (const changed of [{ "webhook-id": "msg_other" }, { "webhook-timestamp": late }]) {
    expect(() => verify({ ...got, headers: { ...got.headers, ...changed } }, secret)).toThrow();
  }
});

test("an endpoint is told of the events it asked for, and of no other organization's", async () => {
  const [mine, theirs] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
  const [all, some, other] = [await listening(), await listening(), await listening()];
  await register(mine.api, all);
  await register(mine.api, some, ["api_key.created"]);
  await register(theirs.api, other);
  const { id } = await happen(mine.api);
  await mine.api.revokeApiKey({ params: { api_key_id: id } });
  await mine.api.deleteApiKey({ params: { api_key_id: id } });
  await eventually(() => all.got.map(({ type }) => type).sort()).toEqual(["api_key.created", "api_key.revoked"]);
  await eventually(() => some.got.map(({ type }) => type)).toEqual(["api_key.created"]);
  expect(other.got).toEqual([]);
});

test("what is rolled back is told to nobody", async () => {
  const store = breakable("a secret");
  const fragile = await openTestApp({ role: "all", backend: store.backend });
  try {
    const { api } = await freshOrganization(fragile);
    const inbox = await listening();
    const { id } = await register(api, inbox);
    store.failing("after-work");
    await expect(happen(api, "undone")).rejects.toMatchObject({ status: 500 });
    store.failing(undefined);
    await happen(api, "done");
    await eventually(() => states(fragile, id)).toEqual({ delivered: 1 });
    expect(inbox.got.map(({ body }) => JSON.parse(body).data.label)).toEqual(["done"]);
    await expect(api.listEvents()).resolves.toMatchObject({ count: 1 });
  } finally {
    await fragile.close();
  }
});

test("200 rotateWebhookSecret: both secrets verify while the former one lasts, then the new one alone", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening();
  const first = await register(api, inbox);
  const params = { webhook_id: first.id };
  const second = await api.rotateWebhookSecret({ params, body: { overlap_seconds: 60 } });
  expect(second.secret).not.toBe(first.secret);
  expect(second.secret_expires_at).not.toBeNull();
  await happen(api);
  await eventually(() => inbox.got.length).toBe(1);
  const [both] = inbox.got;
  if (!both) throw new Error("nothing came");
  expect(both.headers["webhook-signature"]?.split(" ")).toHaveLength(2);
  for (const { secret } of [first, second]) verify(both, secret);

  await query(reelmark.databaseUrl, "update webhooks set former_secret_expires_at = now() where id = $1", [first.id]);
  await expect(api.getWebhook({ params })).resolves.toMatchObject({ secret_expires_at: null });
  await happen(api);
  await eventually(() => inbox.got.length).toBe(2);
  const [, one] = inbox.got;
  if (!one) throw new Error("nothing came");
  verify(one, second.secret);
  expect(() => verify(one, first.secret)).toThrow();

  const third = await api.rotateWebhookSecret({ params, body: { overlap_seconds: 0 } });
  expect(third.secret_expires_at).toBeNull();
  await happen(api);
  await eventually(() => inbox.got.length).toBe(3);
  expect(inbox.got[2]?.headers["webhook-signature"]?.split(" ")).toHaveLength(1);
});

test("202 testWebhook: to this endpoint alone, whatever it asked for; 409 for a disabled one", async () => {
  const { api } = await freshOrganization(reelmark);
  const [inbox, other] = [await listening(), await listening()];
  const { id, secret } = await register(api, inbox, ["api_key.created"]);
  await register(api, other);
  const params = { webhook_id: id };
  const accepted = await api.testWebhook({ params });
  expect(accepted).toMatchObject({ status: "pending", webhook_id: id, event_type: "webhook.test", attempts: [] });
  await eventually(() => inbox.got.length).toBe(1);
  const [got] = inbox.got;
  if (got) verify(got, secret);
  expect(got?.id).toBe(accepted.event_id);
  expect(other.got).toEqual([]);
  await api.updateWebhook({ params, body: { status: "disabled" } });
  await expect(api.testWebhook({ params })).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
});

test("202 redeliverWebhook: the same id and body again, whether it got through or not; 409 to a disabled one", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening();
  const { id } = await register(api, inbox);
  await happen(api);
  await eventually(() => states(reelmark, id)).toEqual({ delivered: 1 });
  const { id: delivery_id } = await onlyDelivery(api, id);
  const again = await api.redeliverWebhook({ params: { delivery_id } });
  expect(again).toMatchObject({ status: "pending", delivered_at: null });
  await eventually(() => inbox.got.length).toBe(2);
  expect(inbox.got[1]).toMatchObject({ id: inbox.got[0]?.id, body: inbox.got[0]?.body });
  await eventually(async () => (await onlyDelivery(api, id)).attempts.map(({ number }) => number)).toEqual([1, 2]);

  inbox.behave(answer(500));
  await api.redeliverWebhook({ params: { delivery_id } });
  await eventually(() => inbox.got.length).toBe(3);
  // Planned for later, and wanted now.
  inbox.behave(answer(200));
  await eventually(async () => (await onlyDelivery(api, id)).attempt_count).toBe(3);
  await api.redeliverWebhook({ params: { delivery_id } });
  await eventually(() => inbox.got.length).toBe(4);
  await eventually(() => states(reelmark, id)).toEqual({ delivered: 1 });

  await api.updateWebhook({ params: { webhook_id: id }, body: { status: "disabled" } });
  await expect(api.redeliverWebhook({ params: { delivery_id } })).rejects.toMatchObject({ status: 409 });
});

test("an attempt that was overtaken by a redelivery changes nothing of its outcome", async () => {
  const { api } = await freshOrganization(reelmark);
  const held: (() => void)[] = [];
  const inbox = await listening((response, _received, nth) => {
    if (nth === 1) held.push(() => void response.writeHead(500).end());
    else response.writeHead(204).end();
  });
  const { id } = await register(api, inbox);
  await happen(api);
  await eventually(() => held.length).toBe(1);
  const { id: delivery_id } = await onlyDelivery(api, id);
  await api.redeliverWebhook({ params: { delivery_id } });
  await eventually(() => states(reelmark, id)).toEqual({ delivered: 1 });
  for (const release of held) release();
  await eventually(async () => (await onlyDelivery(api, id)).attempts.map((one) => one.response_status)).toEqual([
    500, 204,
  ]);
  await expect(onlyDelivery(api, id)).resolves.toMatchObject({ status: "delivered", response_status: 204 });
});

test("204 deleteWebhook: its deliveries go with it, and what was planned is not sent", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening(answer(500));
  const { id } = await register(api, inbox);
  const key = await happen(api);
  await eventually(async () => (await onlyDelivery(api, id)).attempts[0]?.response_status).toBe(500);
  const { id: delivery_id } = await onlyDelivery(api, id);
  await api.deleteWebhook({ params: { webhook_id: id } });
  await expect(api.getWebhookDelivery({ params: { delivery_id } })).rejects.toMatchObject({ status: 404 });
  await hurry(reelmark);
  // Another endpoint's event goes the same way after it.
  const after = await listening();
  await register(api, after);
  await api.revokeApiKey({ params: { api_key_id: key.id } });
  await eventually(() => after.got.length).toBe(1);
  expect(inbox.got).toHaveLength(1);
});

test("201 for what happens while endpoints are being deleted: no change fails because of them", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening();
  const endpoints = await Promise.all(times(40, () => register(api, inbox)));
  const deleted = endpoints.map(({ id }) => api.deleteWebhook({ params: { webhook_id: id } }));
  const { good, refused } = await settle<unknown>([...times(40, () => happen(api)), ...deleted]);
  expect(refused).toEqual([]);
  expect(good).toHaveLength(80);
});
