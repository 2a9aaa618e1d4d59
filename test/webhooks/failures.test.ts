import { createServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { CERTIFICATE, CERTIFICATE_KEY } from "../outbound/certificate.ts";
import { canary } from "../outbound/support.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { answer, type Receiver, receiver } from "./receiver.ts";
import { eventually, happen, hurry, onlyDelivery, register, states } from "./support.ts";

let reelmark: TestApp;
const open: { close(): Promise<unknown> }[] = [];
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

/** Waits until `n` attempts of the endpoint's only delivery have ended, and returns the delivery. */
async function afterAttempts(api: Client, webhookId: string, n: number) {
  const ended = async () => {
    const delivery = await onlyDelivery(api, webhookId);
    return delivery.attempts.filter(({ error }) => error !== "No answer yet").length >= n ? delivery : undefined;
  };
  await eventually(ended).toBeDefined();
  return onlyDelivery(api, webhookId);
}

/** Seconds until the next attempt, as it was planned. */
async function plannedSeconds(webhookId: string): Promise<number> {
  const [row] = await query<{ seconds: number }>(
    reelmark.databaseUrl,
    `select extract(epoch from d.next_attempt_at - a.at)::float8 as seconds
       from webhook_deliveries d, lateral (
         select started_at + duration_ms * interval '1 ms' as at from webhook_attempts
          where delivery_id = d.id order by number desc limit 1) a
      where d.webhook_id = $1 and d.status = 'pending'`,
    [webhookId],
  );
  if (!row) throw new Error("nothing is planned");
  return row.seconds;
}

describe("an answer that is no success is tried again, and seen in the log", () => {
  test.each([400, 404, 429, 500, 503, 301, 304])("%i", async (status) => {
    const target = await canary("127.0.0.1");
    open.push(target);
    const { api } = await freshOrganization(reelmark);
    const inbox = await listening(answer(status, { location: `http://127.0.0.1:${target.port}/` }));
    const { id } = await register(api, inbox);
    await happen(api);
    const failed = await afterAttempts(api, id, 1);
    expect(failed).toMatchObject({ status: "pending", response_status: status, attempts: [{ error: null }] });
    await expect(api.getWebhook({ params: { webhook_id: id } })).resolves.toMatchObject({
      failing_since: expect.any(String),
    });
    expect(await plannedSeconds(id)).toBeGreaterThan(4);
    expect(await plannedSeconds(id)).toBeLessThan(7);
    inbox.behave(answer(200));
    await hurry(reelmark);
    await eventually(() => states(reelmark, id)).toEqual({ delivered: 1 });
    expect(new Set(inbox.got.map((one) => one.id)).size).toBe(1);
    await expect(api.getWebhook({ params: { webhook_id: id } })).resolves.toMatchObject({ failing_since: null });
    expect(target.accepted()).toBe(0);
  });
});

test("Retry-After is waited for where it is later than the table, and no longer than a day", async () => {
  const { api } = await freshOrganization(reelmark);
  const asked = ["120", "1", new Date(Date.now() + 3_600_000).toUTCString(), "99999999", "soon"];
  const inbox = await listening((response, _received, nth) =>
    answer(503, { "retry-after": asked[nth - 1] ?? "" })(response, _received, nth, response.req),
  );
  const { id } = await register(api, inbox);
  await happen(api);
  const bounds = [
    [119, 121],
    [29, 35],
    [3590, 3605],
    [86_399, 86_402],
    [1799, 1985],
  ];
  for (const [at, [least = 0, most = 0]] of bounds.entries()) {
    await afterAttempts(api, id, at + 1);
    expect(await plannedSeconds(id)).toBeGreaterThan(least);
    expect(await plannedSeconds(id)).toBeLessThan(most);
    await hurry(reelmark);
  }
});

describe("an endpoint that gives no answer", () => {
  test("that breaks the connection", async () => {
    const { api } = await freshOrganization(reelmark);
    const inbox = await listening((response) => void response.destroy());
    const { id } = await register(api, inbox);
    await happen(api);
    const { attempts } = await afterAttempts(api, id, 1);
    expect(attempts).toMatchObject([{ response_status: null, error: expect.stringContaining("broke") }]);
  });

  test("that does not listen", async () => {
    const { api } = await freshOrganization(reelmark);
    const inbox = await receiver();
    await inbox.close();
    const { id } = await register(api, inbox);
    await happen(api);
    const { attempts } = await afterAttempts(api, id, 1);
    expect(attempts).toMatchObject([{ response_status: null, error: expect.stringContaining("not accept") }]);
  });

  test("that hangs: given up after 15 seconds", async () => {
    const { api } = await freshOrganization(reelmark);
    const inbox = await listening(() => undefined);
    const { id } = await register(api, inbox);
    await happen(api);
    const { attempts } = await afterAttempts(api, id, 1);
    expect(attempts).toMatchObject([{ response_status: null, error: expect.stringContaining("too long") }]);
    expect(attempts[0]?.duration_ms).toBeGreaterThanOrEqual(14_900);
  });

  test("whose certificate nobody trusts", async () => {
    const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (socket) => socket.end()).listen(
      0,
      "127.0.0.2",
    );
    server.on("tlsClientError", () => undefined);
    open.push({ close: async () => server.close() });
    await eventually(() => server.listening).toBe(true);
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const { api } = await freshOrganization(reelmark);
    const { id } = await register(api, { url: `https://127.0.0.2:${port}/` });
    await happen(api);
    const { attempts } = await afterAttempts(api, id, 1);
    expect(attempts).toMatchObject([{ response_status: null, error: expect.stringContaining("certificate") }]);
  });
});

test("a success counts once its head is there: 1 GB, an unknown encoding or a slow body after it change nothing", async () => {
  const { api } = await freshOrganization(reelmark);
  let sent = 0;
  const chunk = Buffer.alloc(65_536, "x");
  const inbox = await listening((response, _received, nth) => {
    if (nth === 1) {
      response.writeHead(200, { "content-length": String(2 ** 30) });
      const more = () => {
        while (!response.destroyed && sent < 2 ** 30) {
          sent += chunk.length;
          if (!response.write(chunk)) return;
        }
      };
      response.on("drain", more);
      more();
    } else if (nth === 2) response.writeHead(200, { "content-encoding": "surprise" }).end("x");
    else response.writeHead(202).write("drop by drop");
  });
  const { id } = await register(api, inbox);
  for (let n = 1; n <= 3; n++) {
    await happen(api);
    if (n === 3) await eventually(() => inbox.got.length).toBe(3);
    if (n === 3) inbox.hangUp();
    await eventually(() => states(reelmark, id)).toEqual({ delivered: n });
  }
  // What the sockets' buffers take, not what there is.
  expect(sent).toBeLessThan(32 * 2 ** 20);
});

test("410 disables the endpoint at once: what was pending has failed, and the other endpoints are told", async () => {
  const { api } = await freshOrganization(reelmark);
  const [inbox, other] = [await listening(answer(500)), await listening()];
  const { id, url } = await register(api, inbox);
  await register(api, other);
  const first = await happen(api);
  await afterAttempts(api, id, 1);
  inbox.behave(answer(410));
  await api.revokeApiKey({ params: { api_key_id: first.id } });
  const params = { webhook_id: id };
  await eventually(() => api.getWebhook({ params })).toMatchObject({ status: "disabled", disabled_reason: "gone" });
  await eventually(() => states(reelmark, id)).toEqual({ failed: 2 });
  const disabled = () => other.got.filter(({ type }) => type === "webhook.disabled");
  await eventually(() => disabled().length).toBe(1);
  expect(JSON.parse(disabled()[0]?.body ?? "").data).toEqual({
    id,
    url,
    reason: "gone",
    last_event_id: inbox.got[1]?.id,
  });

  await happen(api);
  await hurry(reelmark);
  await eventually(() => other.got.length).toBe(4);
  expect(inbox.got).toHaveLength(2);

  inbox.behave(answer(204));
  const enabled = await api.updateWebhook({ params, body: { status: "enabled" } });
  expect(enabled).toMatchObject({ status: "enabled", disabled_at: null, disabled_reason: null, failing_since: null });
  const { data } = await api.listWebhookDeliveries({ query: { webhook_id: id } });
  for (const one of data) await api.redeliverWebhook({ params: { delivery_id: one.id } });
  await eventually(() => states(reelmark, id)).toEqual({ delivered: 2 });
});

/** Lets the attempts `from` to `to` of a round fail. */
async function exhaust(api: Client, webhookId: string, from: number, to: number): Promise<void> {
  for (let n = from; n <= to; n++) {
    if (n > 1) await hurry(reelmark);
    await afterAttempts(api, webhookId, n);
  }
}

test("a delivery has 13 attempts; the endpoint stays enabled while something got through in the last three days", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening(answer(500));
  const { id } = await register(api, inbox);
  await happen(api);
  await exhaust(api, id, 1, 13);
  await expect(onlyDelivery(api, id)).resolves.toMatchObject({
    status: "failed",
    attempt_count: 13,
    next_attempt_at: null,
  });
  expect(inbox.got).toHaveLength(13);
  await expect(api.getWebhook({ params: { webhook_id: id } })).resolves.toMatchObject({ status: "enabled" });
});

test("the endpoint is disabled when a delivery is given up and nothing got through for three days", async () => {
  const { api } = await freshOrganization(reelmark);
  const [inbox, other] = [await listening(answer(500)), await listening()];
  const { id } = await register(api, inbox, ["api_key.created"]);
  await register(api, other);
  await happen(api);
  await exhaust(api, id, 1, 12);
  await query(
    reelmark.databaseUrl,
    "update webhooks set failing_since = failing_since - interval '3 days' where id = $1",
    [id],
  );
  await exhaust(api, id, 13, 13);
  const params = { webhook_id: id };
  await expect(api.getWebhook({ params })).resolves.toMatchObject({ status: "disabled", disabled_reason: "failing" });
  await eventually(() => other.got.map(({ type }) => type)).toContain("webhook.disabled");
});

test("409 and no request while disabled: what was pending fails at once, and nothing new is sent", async () => {
  const { api } = await freshOrganization(reelmark);
  const inbox = await listening(answer(500));
  const { id } = await register(api, inbox);
  await happen(api);
  await afterAttempts(api, id, 1);
  const params = { webhook_id: id };
  const off = await api.updateWebhook({ params, body: { status: "disabled" } });
  expect(off).toMatchObject({ status: "disabled", disabled_reason: "request" });
  expect(await states(reelmark, id)).toEqual({ failed: 1 });
  await happen(api);
  await hurry(reelmark);
  const { count } = await api.listWebhookDeliveries({ query: { webhook_id: id } });
  expect(count).toBe(1);
  expect(inbox.got).toHaveLength(1);
});

test("an address that is not allowed any more is refused when it is due, with no connection made", async () => {
  const target = await canary("127.0.0.1");
  open.push(target);
  const before = await openTestApp();
  try {
    const { api } = await freshOrganization(before);
    const { id } = await register(api, { url: `http://127.0.0.1:${target.port}/` });
    await happen(api);
    const worker = await openTestApp({ env: { OUTBOUND_ALLOW: "" }, role: "worker", databaseUrl: before.databaseUrl });
    try {
      const { attempts } = await afterAttempts(api, id, 1);
      expect(attempts).toMatchObject([{ response_status: null, error: expect.stringContaining("not public") }]);
    } finally {
      await worker.close();
    }
  } finally {
    await before.close();
  }
  expect(target.accepted()).toBe(0);
});
