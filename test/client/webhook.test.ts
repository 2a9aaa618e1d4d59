import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { verifyWebhook } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type Receiver, receiver } from "../webhooks/receiver.ts";
import { happen, register } from "../webhooks/support.ts";

let app: TestApp;
let hook: Receiver;
beforeAll(async () => {
  [app, hook] = await Promise.all([openTestApp({ role: "all" }), receiver()]);
});
afterAll(() => Promise.all([app.close(), hook.close()]));

const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER = "whsec_C2FtcGxlLXNlY3JldC1vZi0yNC1ieXRlcw==";
const NOW = new Date("2026-01-15T09:30:00Z");
const ID = "msg_01k4zn8w3v7q2m5t9r6x0h1cd5";
const BODY = JSON.stringify({ type: "webhook.test", timestamp: NOW.toISOString(), data: { message: "ü" } });

/** The judge signs. */
function signed(body = BODY, secret = SECRET, at = NOW): Record<string, string> {
  return {
    "webhook-id": ID,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(ID, at, body),
  };
}
const verify = (
  headers: Parameters<typeof verifyWebhook>[1],
  body: string | Uint8Array = BODY,
  secret: string | string[] = SECRET,
) => verifyWebhook(body, headers, secret, NOW.getTime());
const judge = (headers: Record<string, string>, body = BODY): unknown => {
  vi.setSystemTime(NOW);
  try {
    return new Webhook(SECRET).verify(body, headers);
  } finally {
    vi.useRealTimers();
  }
};

test("what the server delivers is verified as it comes, and typed by its type", async () => {
  const { api } = await freshOrganization(app);
  const { secret } = await register(api, hook);
  await happen(api, "told by a webhook");
  await expect.poll(() => hook.got.length, { timeout: 20_000 }).toBeGreaterThan(0);
  const [{ body, headers, id } = { body: "", headers: {}, id: "" }] = hook.got;
  const event = await verifyWebhook(body, headers, secret);
  if (event.type !== "api_key.created") throw new Error(`It is a ${event.type}`);
  expect(event.data.label).toBe("told by a webhook");
  expect(event.id).toBe(id);
  await expect(verifyWebhook(`${body} `, headers, secret)).rejects.toThrow("No signature");
});

test("after a rotation the former secret verifies what the server delivers, and so does the new one", async () => {
  const { api } = await freshOrganization(app);
  const { id, secret: former } = await register(api, hook);
  const { secret } = await api.rotateWebhookSecret({ params: { webhook_id: id }, body: {} });
  await happen(api, "told after a rotation");
  const found = () => hook.got.find(({ body }) => body.includes("told after a rotation"));
  await expect.poll(found, { timeout: 20_000 }).toBeDefined();
  const { body = "", headers = {} } = found() ?? {};
  for (const one of [former, secret, ["whsec_AAAA", secret]])
    await expect(verifyWebhook(body, headers, one)).resolves.toMatchObject({ type: "api_key.created" });
});

test("what the reference library signs is good: as text or bytes, with headers in any form", async () => {
  const expected = { ...JSON.parse(BODY), id: ID };
  const headers = signed();
  expect(judge(headers)).toEqual(JSON.parse(BODY));
  const capital = {
    "Webhook-Id": ID,
    "Webhook-Timestamp": headers["webhook-timestamp"],
    "WEBHOOK-SIGNATURE": headers["webhook-signature"],
  };
  for (const form of [
    headers,
    new Headers(headers),
    { ...headers, host: "x", cookie: undefined, accept: ["a", "b"] },
    capital,
  ])
    expect(await verify(form)).toEqual(expected);
  expect(await verify(headers, new TextEncoder().encode(BODY))).toEqual(expected);
  expect(await verify(headers, BODY, SECRET.replace("whsec_", ""))).toEqual(expected);
});

test("any of several signatures will do, and any of several secrets", async () => {
  const headers = signed();
  const [mine, other] = [headers["webhook-signature"], signed(BODY, OTHER)["webhook-signature"]];
  const both = { ...headers, "webhook-signature": `v1a,AAAA ${other} v2,x ${mine}` };
  expect(judge(both)).toEqual(JSON.parse(BODY));
  await expect(verify(both)).resolves.toMatchObject({ id: ID });
  await expect(verify(headers, BODY, [OTHER, SECRET])).resolves.toMatchObject({ id: ID });
  await expect(verify(headers, BODY, [OTHER])).rejects.toThrow("No signature");
});

const good = signed();
const cases: [string, Record<string, string>, string?][] = [
  ["another body", good, `${BODY} `],
  ["another id", { ...good, "webhook-id": "msg_2" }],
  ["another time", { ...good, "webhook-timestamp": String(Number(good["webhook-timestamp"]) + 1) }],
  ["another secret", signed(BODY, OTHER)],
  ["a signature that is cut", { ...good, "webhook-signature": (good["webhook-signature"] ?? "").slice(0, -4) }],
  ["another version", { ...good, "webhook-signature": (good["webhook-signature"] ?? "").replace("v1", "v2") }],
  ["no base64", { ...good, "webhook-signature": "v1,!!!" }],
  ["no signature", { ...good, "webhook-signature": "" }],
  ["no headers", {}],
  ["no time", { "webhook-id": ID, "webhook-signature": good["webhook-signature"] ?? "" }],
  ["no number for a time", { ...good, "webhook-timestamp": "now" }],
  ["a time of six minutes ago", signed(BODY, SECRET, new Date(NOW.getTime() - 360_000))],
  ["a time in six minutes", signed(BODY, SECRET, new Date(NOW.getTime() + 360_000))],
];

test.each(cases)("refused as the reference library refuses it: %s", async (_name, headers, body = BODY) => {
  expect(() => judge(headers, body)).toThrow();
  await expect(verify(headers, body)).rejects.toThrow("No signature of the last 5 minutes fits");
});

test("four minutes are no matter, before or after", async () => {
  for (const minutes of [-4, 4]) {
    const headers = signed(BODY, SECRET, new Date(NOW.getTime() + minutes * 60_000));
    await expect(verify(headers)).resolves.toMatchObject({ type: "webhook.test" });
  }
});
