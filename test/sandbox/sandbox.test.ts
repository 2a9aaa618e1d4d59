import { readdirSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { cleanUp, later } from "../server/launch.ts";
import { isAlive, launchSandbox, postgresIn, type RunningSandbox, running } from "./process.ts";

let sandbox: RunningSandbox;
let owner: Client;
beforeAll(async () => {
  sandbox = await running(launchSandbox());
  owner = sandbox.api(sandbox.credentials.keys.owner.key);
});
afterAll(cleanUp);
beforeEach(async () => {
  expect((await sandbox.control("reset", {})).status).toBe(200);
});

const settle = async () => expect((await sandbox.control("settle", {})).body).toEqual({ settled: true });
const advance = async (duration: string) => {
  const { status, body } = await sandbox.control("clock", { advance: duration });
  expect({ status, settled: body.settled }).toEqual({ status: 200, settled: true });
};
const login = async (who: keyof RunningSandbox["credentials"]["logins"]) => {
  const { logins, password } = sandbox.credentials;
  return sandbox.api().login({ body: { email: logins[who].email, password } });
};

test("the printed keys act for their tenants with their scopes: 403 for the reader, 404 for the other tenant", async () => {
  const { reader, other } = sandbox.credentials.keys;
  const { data } = await owner.listBrands({});
  expect(data.map(({ name }) => name)).toEqual(["Orange Cat Coffee", "Night Shift Bakery"]);
  expect(await sandbox.api(reader.key).listBrands({})).toMatchObject({ count: 2 });
  const body = { name: "Not mine", slug: "not-mine" };
  await expect(sandbox.api(reader.key).createBrand({ body })).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
  const elsewhere = sandbox.api(other.key);
  expect((await elsewhere.listBrands({})).data.map(({ name }) => name)).toEqual(["Harbour Light"]);
  const brand_id = data[0]?.id ?? "";
  await expect(elsewhere.getBrand({ params: { brand_id } })).rejects.toMatchObject({ status: 404 });
});

test("the seed has a history: members, synced posts, files, credits, deliveries and an audit of three weeks", async () => {
  const posts = await owner.listSourcePosts({});
  expect(posts.count).toBeGreaterThan(50);
  expect((await owner.listMembers({})).data.map(({ role }) => role).sort()).toEqual(["member", "owner", "viewer"]);
  expect((await owner.listUploads({})).data.map(({ status }) => status)).toEqual(["ready", "ready", "ready", "ready"]);
  expect(await owner.listTransactions({ query: { kind: "topup" } })).toMatchObject({ data: [{ amount: 500 }] });
  const deliveries = await owner.listWebhookDeliveries({});
  expect(new Set(deliveries.data.map(({ status }) => status))).toEqual(new Set(["delivered", "pending"]));
  const days = (await owner.listAuditEvents({ query: { limit: 100 } })).data.map(({ created_at }) =>
    created_at.slice(0, 10),
  );
  expect(new Set(days).size).toBeGreaterThan(4);
});

test("what goes to the internet is caught, webhooks with a valid signature; what goes to this machine really comes", async () => {
  const bodies: string[] = [];
  const receiver = createServer(async (request, response) => {
    for await (const chunk of request) bodies.push(String(chunk));
    // A feed that has moved to the internet.
    if (request.method === "GET") response.writeHead(302, { location: "https://far-away.example/atom.xml" });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  later(() => receiver.close());
  const { port } = receiver.address() as AddressInfo;
  const here = await owner.createWebhook({ body: { url: "https://hooks.example.com/in" } });
  const there = await owner.createWebhook({ body: { url: `http://localhost:${port}/in` } });
  for (const { id } of [here, there]) await owner.testWebhook({ params: { webhook_id: id } });
  await settle();

  const { requests } = await sandbox.state();
  const caught = requests.find(({ url }) => url === "https://hooks.example.com/in");
  expect(caught).toMatchObject({ kind: "webhook", went: "here", status: 200 });
  const event = new Webhook(here.secret).verify(caught?.body ?? "", caught?.headers ?? {});
  expect(event).toMatchObject({ type: "webhook.test" });
  expect(requests.find(({ url }) => url.includes(`:${port}`))).toMatchObject({ went: "there", status: 200 });
  expect(bodies.map((body) => JSON.parse(body).type)).toContain("webhook.test");

  const persona_id = (await owner.listPersonas({})).data[0]?.id ?? "";
  const moved = await owner.createSource({ body: { persona_id, url: `http://127.0.0.1:${port}/feed` } });
  await owner.syncSource({ params: { source_id: moved.id }, body: {} });
  await settle();
  expect(await owner.getSource({ params: { source_id: moved.id } })).toMatchObject({
    title: "Far Away",
    post_count: 8,
  });
});

test("a mail's link works: an invitation is accepted, an address verified, a password set back", async () => {
  await owner.createInvitation({ body: { email: "grace.hopper@example.com", role: "viewer" } });
  await sandbox.api().requestPasswordReset({ body: { email: sandbox.credentials.logins.member.email } });
  await settle();
  const { mails } = await sandbox.state();
  const invitation = mails.find(({ to }) => to === "grace.hopper@example.com");
  expect(await sandbox.control(`mails/${invitation?.id}`, {})).toMatchObject({ status: 200 });
  expect((await owner.listMembers({})).data.map(({ name }) => name)).toContain("Grace Hopper");
  expect(await sandbox.control(`mails/${invitation?.id}`, {})).toMatchObject({ status: 404 });
  const reset = mails.find(({ subject }) => subject === "Reset your password");
  expect(await sandbox.control(`mails/${reset?.id}`, {})).toMatchObject({ status: 200 });

  const body = {
    email: "alan@example.com",
    password: "a long enough password",
    name: "Alan",
    organization_name: "Bombe",
  };
  const alan = sandbox.api((await sandbox.api().signUp({ body })).access_token);
  await settle();
  const verification = (await sandbox.state()).mails.find(({ to }) => to === "alan@example.com");
  expect((await alan.getProfile({})).user).toMatchObject({ email_verified: false });
  expect(await sandbox.control(`mails/${verification?.id}`, {})).toMatchObject({ status: 200 });
  expect((await alan.getProfile({})).user).toMatchObject({ email_verified: true });
});

test("any channel of the internet can be mirrored, and has new posts when time goes on", async () => {
  const persona_id = (await owner.listPersonas({})).data[0]?.id ?? "";
  const source = await owner.createSource({ body: { persona_id, url: "https://slow-mornings.example/feed.json" } });
  await owner.syncSource({ params: { source_id: source.id }, body: {} });
  await settle();
  const first = await owner.getSource({ params: { source_id: source.id } });
  expect(first).toMatchObject({ title: "Slow Mornings", format: "json_feed", post_count: 8 });
  const [post] = (await owner.listSourcePosts({ query: { source_id: source.id } })).data;
  await owner.importSourcePostMedia({ params: { source_post_id: post?.id ?? "" }, body: { index: 0 } });
  await settle();
  expect((await owner.listUploads({})).data[0]).toMatchObject({ status: "ready", type: "video/mp4", width: 72 });
  await advance("P1D");
  expect((await owner.getSource({ params: { source_id: source.id } })).post_count).toBeGreaterThan(8);
});

test("credits are paid on the sandbox's page, and a bad card fails auto-reload", async () => {
  const before = await owner.getBalance({});
  const { id, checkout_url } = await owner.createTopUp({ body: { credits: 300 } });
  const page = new URL(checkout_url ?? "");
  expect((await sandbox.raw("GET", page.pathname, {})).status).toBe(200);
  const path = page.pathname.replace("/sandbox/", "");
  expect(await sandbox.control(path, { action: "pay-with-bad-card" })).toMatchObject({ status: 200 });
  expect(await owner.getTopUp({ params: { topup_id: id } })).toMatchObject({ status: "paid" });
  expect((await owner.getBalance({})).available).toBe(before.available + 300);
  expect(await sandbox.control(path, { action: "pay" })).toMatchObject({ status: 409 });
  expect((await sandbox.raw("GET", page.pathname, {})).status).toBe(410);

  await owner.setAutoReload({ body: { enabled: true, threshold: 100_000, credits: 500 } });
  await settle();
  expect((await owner.listTopUps({})).data[0]).toMatchObject({ automatic: true, status: "failed" });
  expect((await sandbox.state()).payments[0]).toMatchObject({ status: "declined" });
});

test("time ends a session, a key, an invitation, a rate window and an idempotency key", async () => {
  const session = await login("owner");
  const nora = sandbox.api(session.access_token);
  const ends = new Date(Date.now() + 3 * 86_400_000).toISOString();
  const key = await nora.createApiKey({ body: { label: "short", scopes: ["brands:read"], expires_at: ends } });
  const headers = { "Idempotency-Key": "once" };
  const wish = { body: { name: "First", slug: "first" }, headers };
  const first = await owner.createBrand(wish);
  expect((await owner.createBrand(wish)).id).toBe(first.id);
  await nora.createInvitation({ body: { email: "late@example.com", role: "viewer" } });
  await settle();
  const invitation = (await sandbox.state()).mails[0];

  await advance("PT16M");
  await expect(nora.getProfile({})).rejects.toMatchObject({ status: 401 });
  const again = await sandbox.api().refreshSession({ body: { refresh_token: session.refresh_token } });
  expect(await sandbox.api(again.access_token).getProfile({})).toMatchObject({
    user: { email: "nora@orangecat.example" },
  });

  const { reader } = sandbox.credentials.keys;
  const brands = () => sandbox.raw("GET", "/api/v1/brands", { authorization: `Bearer ${reader.key}` });
  while ((await brands()).status !== 429);
  await advance("PT1M");
  expect((await brands()).status).toBe(200);
  const { headers: answered } = await fetch(`${sandbox.url}/livez`);
  expect(Date.parse(answered.get("date") ?? "")).toBeGreaterThan(Date.now() + 900_000);

  await advance("P1D");
  // A day later the key of that request is forgotten: the same one is a new one, and the slug is taken.
  await expect(owner.createBrand(wish)).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  expect(await sandbox.api(key.key).listBrands({})).toMatchObject({ count: 3 });
  await advance("P7D");
  await expect(sandbox.api(key.key).listBrands({})).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });
  expect(invitation?.to).toBe("late@example.com");
  expect(await sandbox.control(`mails/${invitation?.id}`, {})).toMatchObject({ status: 404 });
  await expect(sandbox.api().refreshSession({ body: { refresh_token: again.refresh_token } })).resolves.toBeDefined();
});

test("a month later a plan is paid for again and gives its credits, and the clock goes no way back", async () => {
  const months = async () => (await owner.listTransactions({ query: { kind: "monthly" } })).count;
  const before = await months();
  const { checkout_url } = await owner.changeBillingPlan({ body: { plan: "scale" } });
  await sandbox.control(new URL(checkout_url ?? "").pathname.replace("/sandbox/", ""), { action: "pay" });
  const plan = await owner.getBillingPlan({});
  expect(plan).toMatchObject({ plan: { id: "scale" } });
  await advance("P32D");
  const renewed = await owner.getBillingPlan({});
  expect(Date.parse(renewed.renews_at ?? "")).toBeGreaterThan(Date.parse(plan.renews_at ?? ""));
  expect((await sandbox.state()).payments[0]).toMatchObject({ what: "Plan scale, renewed", status: "paid" });
  await owner.changeBillingPlan({ body: { plan: "pro" } });
  await advance("PT1H");
  expect(await months()).toBe((before ?? 0) + 1);

  const back = await sandbox.control("clock", { now: "2026-01-01T00:00:00Z" });
  expect(back).toMatchObject({ status: 400, body: { error: { message: expect.stringContaining("forward only") } } });
  for (const body of [{ advance: "a day" }, { now: "tomorrow" }, {}, { now: "2999-01-01T00:00:00Z" }]) {
    expect(await sandbox.control("clock", body)).toMatchObject({ status: 400 });
  }
});

test("a reset restores the seed, the keys and the present, and forgets the rest", async () => {
  const before = await sandbox.state();
  const made = await owner.createBrand({ body: { name: "Gone soon", slug: "gone-soon" } });
  const session = await login("viewer");
  await owner.updateOrganization({ body: { name: "Renamed" } });
  await advance("P40D");
  await sandbox.control("reset", {});
  await expect(owner.getBrand({ params: { brand_id: made.id } })).rejects.toMatchObject({ status: 404 });
  expect(await owner.listBrands({})).toMatchObject({ count: 2 });
  await expect(sandbox.api(session.access_token).getProfile({})).rejects.toMatchObject({ status: 401 });
  const after = await sandbox.state();
  expect(after.clock.ahead_seconds).toBe(0);
  expect(after.mails).toEqual(before.mails);
  expect(after.payments).toEqual(before.payments);
});

test("what is asked for while a reset goes on waits for it, and is done in the new world", async () => {
  // On one connection, so that the one is sure to come after the other; their answers come in that order as well.
  const { hostname, port } = new URL(sandbox.url);
  const socket = connect(Number(port), hostname);
  const body = JSON.stringify({ name: "Just in time", slug: "just-in-time" });
  const head = `Host: ${hostname}\r\nAuthorization: Bearer ${sandbox.credentials.keys.owner.key}\r\n`;
  const create = `${head}Content-Type: application/json\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
  socket.write(
    `POST /sandbox/reset HTTP/1.1\r\n${head}Content-Length: 0\r\n\r\nPOST /api/v1/brands HTTP/1.1\r\n${create}`,
  );
  let answers = "";
  for await (const chunk of socket) answers += String(chunk);
  expect(answers.match(/HTTP\/1.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 201"]);
  const brand_id = /"id":"(brd_\w+)"/.exec(answers)?.[1] ?? "";
  expect(await owner.getBrand({ params: { brand_id } })).toMatchObject({ name: "Just in time" });
});

test("403 under another host's name, and for pages of other sites; a page of this machine may call", async () => {
  const authorization = `Bearer ${sandbox.credentials.keys.owner.key}`;
  for (const path of ["/sandbox/state", "/sandbox", "/api/v1/brands"]) {
    const rebound = await sandbox.raw("GET", path, { host: "evil.example", authorization });
    expect(rebound).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining("evil.example") } },
    });
    const foreign = await sandbox.raw("GET", path, { origin: "https://evil.example", authorization });
    expect(foreign).toMatchObject({ status: 403 });
  }
  expect((await sandbox.raw("POST", "/sandbox/reset", { origin: "null" })).status).toBe(403);
  expect((await sandbox.raw("GET", "/sandbox/state", { origin: "http://localhost:5173" })).status).toBe(200);
  const own = await fetch(`${sandbox.url}/api/v1/brands`, {
    headers: { origin: "http://localhost:5173", authorization },
  });
  expect(own.headers.get("access-control-allow-origin")).toBe("*");
  expect(await sandbox.control("nothing")).toMatchObject({ status: 404 });
});

test("Ctrl-C ends it and leaves neither process nor folder", async () => {
  const postgres = postgresIn(sandbox.temporary);
  expect(postgres !== undefined && isAlive(postgres)).toBe(true);
  expect(await sandbox.end("SIGINT")).toMatchObject({ code: 0, stderr: "" });
  expect(postgres !== undefined && isAlive(postgres)).toBe(false);
  expect(readdirSync(sandbox.temporary)).toEqual([]);
});
