import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { somebodyLetIn } from "../oauth/world.ts";
import { actingFor, memberOf, openInvitation, PASSWORD } from "../organizations/people.ts";
import { freshOrganization, type TestOrganization } from "../setup/app.ts";
import { answer, type Receiver, receiver, verify } from "../webhooks/receiver.ts";
import { eventually, onlyDelivery } from "../webhooks/support.ts";
import { deviceTests } from "./devices.ts";
import { findings, logIn, openWorld, type World } from "./world.ts";

let world: World;
let org: TestOrganization;
let hook: Receiver;
let page: Page;
let root: string;
beforeAll(async () => {
  world = await openWorld();
  org = await freshOrganization(world.app);
  root = `${world.url}/console/${org.organizationId}`;
  hook = await receiver();
  page = await world.open();
  await logIn(world, page, org);
});
afterAll(async () => {
  await world?.close();
  await hook?.close();
});

const main = () => page.locator("main");
/** What stands in the row of a table that says `text`. */
const row = (text: string) => page.getByRole("row").filter({ hasText: text });

test("an endpoint is added, tested, and its deliveries are read and sent again", async () => {
  await page.goto(`${root}/webhooks`);
  await page.getByRole("link", { name: "Add an endpoint" }).click();
  await page.getByLabel("Address").fill("http://10.0.0.1/hook");
  await page.getByRole("button", { name: "Add the endpoint" }).click();
  await page.getByRole("alert").getByText("Address: The URL leads to an address that is not public").waitFor();
  await page.getByLabel("Address").fill(hook.url);
  await page.getByLabel("What it is for").fill("Storefront cache");
  await page.getByRole("button", { name: "Add the endpoint" }).click();
  await page.getByText("This is the signing secret.").waitFor();
  const secret = (await page.locator("#secret").textContent()) ?? "";

  hook.behave(answer(500));
  await page.getByRole("button", { name: "Send a test event" }).click();
  await page.getByText("The test event is on its way.").waitFor();
  await eventually(() => hook.got.length).toBe(1);
  for (const received of hook.got) verify(received, secret);
  const { id } = new URL(page.url()).pathname.match(/(?<id>dlv_\w+)/)?.groups ?? {};
  const delivery = () => org.api.getWebhookDelivery({ params: { delivery_id: id ?? "" } });
  await expect.poll(async () => (await delivery()).attempts.length, { timeout: 20_000 }).toBe(1);
  await page.getByRole("link", { name: "Look again" }).click();
  await row("no. 1").getByText("500").waitFor();
  await main().getByText("pending").waitFor();
  await main().getByText("A test of this endpoint").waitFor();

  hook.behave(answer(204));
  await page.getByRole("button", { name: "Send it again" }).click();
  await page.getByText("It is on its way again.").waitFor();
  await expect.poll(async () => (await delivery()).status, { timeout: 20_000 }).toBe("delivered");
  await page.getByRole("link", { name: "The endpoint and its deliveries" }).click();
  await row("webhook.test").getByText("delivered").waitFor();
  await page.getByRole("link", { name: "failed", exact: true }).click();
  await page.getByText("No delivery is failed.").waitFor();
});

test("a signing secret is replaced, and shown once; both sign meanwhile", async () => {
  const { id, secret } = await org.api.createWebhook({ body: { url: hook.url, events: ["webhook.test"] } });
  await page.goto(`${root}/webhooks/${id}`);
  await page.getByRole("link", { name: "New secret…" }).click();
  await page.getByLabel("The former secret signs too for").selectOption("a week");
  await page.getByRole("button", { name: "Make a new secret" }).click();
  await page.getByText("This is the signing secret.").waitFor();
  const fresh = (await page.locator("#secret").textContent()) ?? "";
  await main().getByText("in 7 days").waitFor();
  const before = hook.got.length;
  await page.getByRole("button", { name: "Send a test event" }).click();
  await eventually(() => hook.got.length).toBe(before + 1);
  for (const one of [secret, fresh]) for (const received of hook.got.slice(before)) verify(received, one);
  expect(fresh).not.toBe(secret);
  await org.api.deleteWebhook({ params: { webhook_id: id } });
});

test("429 is said with the seconds to wait, its code and its request", async () => {
  const { id } = await org.api.createWebhook({ body: { url: hook.url, events: ["webhook.test"] } });
  await page.goto(`${root}/webhooks/${id}`);
  const form = { proof: await page.locator('[name="proof"]').first().inputValue() };
  for (let n = 0; n < 10; n++) {
    await page.request.post(page.url(), { form, headers: { origin: world.url }, maxRedirects: 0 });
  }
  await page.getByRole("button", { name: "Send a test event" }).click();
  const alert = page.getByRole("alert");
  await expect.poll(() => alert.textContent()).toMatch(/Try again in \d+ s\.\s+RATE_LIMITED in request req_/);
  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the endpoint" }).click();
  await page.getByText("The endpoint is deleted.").waitFor();
});

test("somebody is invited, their invitation revoked; a member's role is changed, and they are removed", async () => {
  const { userId, email, api } = await memberOf(world.app, org.organizationId, "member");
  await page.goto(`${root}/members`);
  await page.getByRole("link", { name: "Invite someone" }).click();
  await page.getByLabel("E-mail address").fill(email);
  await page.getByRole("button", { name: "Invite" }).click();
  await page.getByRole("alert").getByText("This address is a member's already").waitFor();
  await page.getByText("CONFLICT").waitFor();
  await page.getByLabel("E-mail address").fill("tom@orangecat.example");
  await page.getByLabel("Role").selectOption("viewer");
  await page.getByRole("button", { name: "Invite" }).click();
  await row("tom@orangecat.example").getByText("viewer").waitFor();
  await row("tom@orangecat.example").getByRole("link", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke the invitation" }).click();
  await page.getByText("The invitation is revoked.").waitFor();
  expect((await org.api.listInvitations()).data.filter(({ status }) => status === "pending")).toEqual([]);

  await page.getByRole("link", { name: "Test member" }).click();
  await page.getByLabel("Role").selectOption("admin");
  await page.getByRole("button", { name: "Change the role" }).click();
  await page.getByText("The role is changed").waitFor();
  expect((await api.getOrganization()).role).toBe("admin");
  const admin = await world.open();
  await logIn(world, admin, { email, password: PASSWORD }, `/console/${org.organizationId}/members/${org.userId}`);
  await admin.getByText("Only owners change owners.").waitFor();
  expect(await admin.locator("main button, main .button").count()).toBe(0);
  await admin.context().close();
  await page.getByRole("link", { name: "Remove…" }).click();
  await page.getByRole("button", { name: "Remove them" }).click();
  await page.getByText("They are no longer a member.").waitFor();
  expect((await org.api.listMembers()).data.map(({ user_id }) => user_id)).not.toContain(userId);
});

test("the last owner is told why they cannot be removed", async () => {
  await page.goto(`${root}/members/${org.userId}/remove`);
  await page.getByText("This is you.").waitFor();
  await page.getByRole("button", { name: "Remove them" }).click();
  await page.getByRole("alert").getByText("This is the last owner").waitFor();
});

deviceTests(() => ({ world, org, page, root }));

test("a viewer sees what there is, is offered nothing that they may not do, and is refused it all the same", async () => {
  const { email } = await memberOf(world.app, org.organizationId, "viewer");
  await org.key(["brands:read"]);
  const viewer = await world.open();
  await logIn(world, viewer, { email, password: PASSWORD });
  for (const [place, seen] of [
    ["keys", "test"],
    ["webhooks", hook.url],
    ["members", "Test Owner"],
  ] as const) {
    await viewer.goto(`${root}/${place}`);
    await viewer.getByText(seen, { exact: true }).first().waitFor();
    expect(await viewer.locator("main .button, main button").count()).toBe(0);
  }
  await viewer.goto(`${root}/keys`);
  await viewer.getByRole("link", { name: "test", exact: true }).click();
  await viewer.getByRole("heading", { name: "test" }).waitFor();
  expect(await viewer.locator("main .button, main button").count()).toBe(0);
  for (const place of ["keys/new", "webhooks/new", "members/invite", `members/${org.userId}`]) {
    const response = await viewer.goto(`${root}/${place}`);
    expect([place, response?.status()]).toEqual([place, 403]);
  }
  const proof = await viewer.locator('[name="proof"]').first().inputValue();
  const before = (await org.api.listApiKeys()).data.length;
  const form = { proof, label: "Forced", scope: "brands:read" };
  const forced = await viewer.request.post(`${root}/keys/new`, { form, headers: { origin: world.url } });
  expect(forced.status()).toBe(403);
  expect(await forced.text()).toMatch(/FORBIDDEN<\/code> in request <code>req_/);
  expect((await org.api.listApiKeys()).data).toHaveLength(before);
  await viewer.context().close();
});

test("404, the same page, for what is another organization's, is gone, or never was", async () => {
  const other = await freshOrganization(world.app);
  const key = await other.key(["brands:read"]);
  const endpoint = await other.api.createWebhook({ body: { url: hook.url } });
  await other.api.testWebhook({ params: { webhook_id: endpoint.id } });
  const delivery = await onlyDelivery(other.api, endpoint.id);
  const program = await somebodyLetIn(world.app, other);
  const invitation = await openInvitation(world.app, other.organizationId, "somebody@reelmark.example", "viewer");
  const never = "01m822wj09s4nys1k3595f2ecz";
  const pages = new Set<string>();
  for (const place of [
    `org_${never}/keys`,
    `${other.organizationId}/keys`,
    `${other.organizationId}/keys/${key.id}`,
    ...[
      ...[`keys/${key.id}`, `keys/${key.id}/revoke`, `keys/${key.id}/delete`, `keys/key_${never}`, "keys/key_x"],
      ...[`webhooks/${endpoint.id}`, `webhooks/${endpoint.id}/delete`, `webhooks/deliveries/${delivery.id}`],
      ...[`members/${other.userId}`, `members/${other.userId}/remove`, `invitations/${invitation.id}/revoke`],
      ...[`programs/${program.id}/remove`, `devices/ses_${never}/end`, "nothing", "keys/new/more"],
    ].map((path) => `${org.organizationId}/${path}`),
  ]) {
    const response = await page.request.get(`${world.url}/console/${place}`, { maxRedirects: 0 });
    expect([place, response.status()]).toEqual([place, 404]);
    pages.add((await response.text()).replace(/name="proof" value="[^"]+"/, ""));
  }
  expect(pages.size).toBe(1);
  await page.goto(`${root}/keys`);
  const proof = await page.locator('[name="proof"]').first().inputValue();
  for (const path of [
    `keys/${key.id}/delete`,
    `programs/${program.id}/remove`,
    `webhooks/${endpoint.id}/delete`,
    `webhooks/deliveries/${delivery.id}`,
  ]) {
    const response = await page.request.post(`${root}/${path}`, { form: { proof }, headers: { origin: world.url } });
    expect([path, response.status()]).toEqual([path, 404]);
  }
  expect((await other.api.listGrants()).count).toBe(1);
  expect((await other.api.getWebhookDelivery({ params: { delivery_id: delivery.id } })).webhook_id).toBe(endpoint.id);
});

test("405 for other methods, and for a form on a page without one", async () => {
  expect((await page.request.put(`${root}/keys`)).status()).toBe(405);
  expect((await page.request.delete(`${world.url}/console`)).status()).toBe(405);
  expect((await page.request.post(`${root}/keys`)).headers().allow).toBe("GET, HEAD");
});

test("axe finds nothing on any page, in light, in dark and on a phone, and nothing is beyond its edge", async () => {
  const [key] = (await org.api.listApiKeys()).data;
  const [endpoint] = (await org.api.listWebhooks()).data;
  const [delivery] = (await org.api.listWebhookDeliveries()).data;
  const program = await somebodyLetIn(world.app, org);
  const found: string[] = [];
  for (const place of [
    "",
    "/keys",
    "/keys/new",
    `/keys/${key?.id}`,
    `/keys/${key?.id}/revoke`,
    "/programs",
    `/programs/${program.id}/remove`,
    "/devices",
    "/webhooks",
    "/webhooks/new",
    `/webhooks/${endpoint?.id}`,
    `/webhooks/${endpoint?.id}/secret`,
    `/webhooks/deliveries/${delivery?.id}`,
    "/members",
    "/members/invite",
    `/members/${org.userId}`,
    "/nothing",
  ]) {
    await page.goto(place === "" ? `${world.url}/console/organizations` : root + place);
    found.push(...(await findings(page)));
  }
  await page.goto(`${root}/keys/new`);
  await page.getByRole("textbox", { name: "Label" }).fill("Shown once");
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.getByRole("alert").waitFor();
  found.push(...(await findings(page)));
  await page.getByRole("checkbox", { name: "See brands" }).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.getByText("This is the key").waitFor();
  found.push(...(await findings(page)));
  expect(found).toEqual([]);
  expect([world.outside, world.complaints]).toEqual([[], []]);
});

test("lists go on where they ended", async () => {
  const { id } = await org.api.createOrganization({ body: { name: "Many keys" } });
  const headers = actingFor(id);
  for (let n = 1; n <= 27; n++) {
    await org.api.createApiKey({ headers, body: { label: `Key ${n}`, scopes: ["brands:read"] } });
  }
  // In two organizations now: one is chosen first.
  await page.goto(`${world.url}/console`);
  await page.getByRole("link", { name: "Many keys" }).click();
  await expect.poll(() => page.getByRole("row").count()).toBe(26);
  await page.getByRole("link", { name: "More" }).click();
  await row("Key 1").waitFor();
  expect(await page.getByRole("row").count()).toBe(3);
  await page.getByRole("link", { name: "From the start" }).click();
  await row("Key 27").waitFor();
  await page.getByRole("link", { name: "Organization: Many keys" }).click();
  await page.getByRole("link", { name: "Test Studio" }).click();
  await page.waitForURL(`${root}/keys`);
});
