import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestOrganization } from "../setup/app.ts";
import { query, tablesHolding } from "../setup/support.ts";
import { logIn, openWorld, type World } from "./world.ts";

let world: World;
let org: TestOrganization;
let page: Page;
let root: string;
beforeAll(async () => {
  world = await openWorld();
  org = await freshOrganization(world.app);
  root = `${world.url}/console/${org.organizationId}`;
  page = await world.open({ permissions: ["clipboard-read", "clipboard-write"] });
  await logIn(world, page, org);
});
afterAll(() => world?.close());

/** Makes a key as somebody at the browser does: the key as it is shown. */
async function makeKey(at: Page, label: string): Promise<string> {
  await at.goto(`${root}/keys/new`);
  await at.getByRole("textbox", { name: "Label" }).fill(label);
  await at.getByRole("checkbox", { name: "See brands" }).check();
  await at.getByRole("button", { name: "Make the key" }).click();
  await at.getByRole("heading", { name: label }).waitFor();
  return (await at.locator("#secret").textContent()) ?? "";
}

/** The fields of a form that is open at the browser, by name. */
const fieldsOf = async (at: Page, names: readonly string[]): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await at.locator(`main [name="${name}"]`).first().inputValue()] as const),
    ),
  );

/** Sends a form past the page, with the browser's cookies. */
const send = (to: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
  page.request.post(to, { form, headers: { origin: world.url, ...headers }, maxRedirects: 0 });

const labels = async () => (await org.api.listApiKeys()).data.map(({ label }) => label);

test("a key is made, copied, used, never seen again, revoked and deleted", async () => {
  await page.goto(`${world.url}/console`);
  await page.getByText("There is no key yet.").waitFor();
  const key = await makeKey(page, "Storefront");
  expect(key).toMatch(/^rm_[0-9a-f]{64}$/);
  expect(page.url()).not.toContain(key);
  await page.getByRole("button", { name: "Copy" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate("navigator.clipboard.readText()")).toBe(key);
  await world.app.api(key).listBrands();

  await page.reload();
  expect(await page.content()).not.toContain(key);
  await page.getByText("The key was shown once").waitFor();

  await page.getByRole("link", { name: "Revoke…" }).click();
  await page.getByRole("button", { name: "Revoke the key" }).click();
  await page.getByText("The key is revoked.").waitFor();
  await expect(world.app.api(key).listBrands()).rejects.toMatchObject({ status: 401, code: "INVALID_API_KEY" });

  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("link", { name: "Keep it" }).click();
  await page.getByRole("link", { name: "Delete…" }).click();
  await page.getByRole("button", { name: "Delete the key" }).click();
  await page.getByText("There is no key yet.").waitFor();
  expect(await labels()).toEqual([]);
});

// Playwright's goBack never ends when the page comes out of the browser's store for the way back: it must not.
test("on the way back the key is not shown again", async () => {
  const key = await makeKey(page, "Seen once");
  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByRole("heading", { name: "Devices" }).waitFor();
  await page.goBack();
  await page.getByRole("heading", { name: "Seen once" }).waitFor();
  expect(await page.content()).not.toContain(key);
});

test("without JavaScript everything works but the copying", async () => {
  const plain = await world.open({ javaScriptEnabled: false });
  await logIn(world, plain, org);
  const key = await makeKey(plain, "By hand");
  expect(key).toMatch(/^rm_/);
  expect(await plain.getByRole("button", { name: "Copy" }).isVisible()).toBe(false);
  await plain.getByRole("link", { name: "Devices" }).click();
  await plain.getByRole("heading", { name: "Devices" }).waitFor();
  await plain.goBack();
  await plain.getByRole("textbox", { name: "Label" }).fill("By hand, renamed");
  expect(await plain.content()).not.toContain(key);
  await plain.getByRole("button", { name: "Rename" }).click();
  await plain.getByRole("heading", { name: "By hand, renamed" }).waitFor();
  await plain.getByRole("link", { name: "Revoke…" }).click();
  await plain.getByRole("button", { name: "Revoke the key" }).click();
  await plain.locator("main").getByText("revoked", { exact: true }).waitFor();
  await plain.getByRole("button", { name: "Log out" }).click();
  await plain.getByRole("heading", { name: "Log in" }).waitFor();
  await plain.context().close();
});

test("the whole way can be gone by keyboard", async () => {
  await page.goto(`${root}/keys/new`);
  // A browser focuses a field with `autofocus` after the page has loaded, when it next draws: a key before goes nowhere.
  await page.locator("#label:focus").waitFor();
  await page.keyboard.type("By keyboard");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  const outline = await page
    .locator(":focus")
    .evaluate((element) => `${element.ownerDocument.defaultView?.getComputedStyle(element).outlineStyle}`);
  expect(outline).toBe("solid");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "By keyboard" }).waitFor();
  expect(await labels()).toContain("By keyboard");
});

test("a label is text, whatever it holds", async () => {
  const label = `<script>alert(1)</script><img src=x onerror="alert(2)">'&`;
  await makeKey(page, label);
  expect(await page.getByRole("heading", { level: 1 }).textContent()).toBe(label);
  await page.goto(`${root}/keys`);
  expect(await page.getByRole("link", { name: "<script>" }).textContent()).toBe(label);
  expect(await page.locator("main script, main img").count()).toBe(0);
});

test("what the API refuses is said with its code and request, and what was written stays", async () => {
  await page.goto(`${root}/keys/new`);
  await page.getByRole("textbox", { name: "Label" }).fill("Without scopes");
  await page.getByLabel("Stops working").selectOption("In 90 days");
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Make the key" }).click();
  expect((await answered).status()).toBe(400);
  const alert = page.getByRole("alert");
  await expect.poll(() => alert.textContent()).toMatch(/It may: .*VALIDATION_ERROR in request req_/s);
  expect(await page.getByRole("textbox", { name: "Label" }).inputValue()).toBe("Without scopes");
  expect(await page.getByLabel("Stops working").inputValue()).toBe("90");
  await page.getByRole("checkbox", { name: "See brands" }).check();
  await page.getByRole("button", { name: "Make the key" }).click();
  await page.getByText("This is the key").waitFor();
  // What a browser says to a page that it may keep.
  await page.evaluate("dispatchEvent(new Event('pagehide'))");
  expect(await page.locator("#secret").count()).toBe(0);
  await page.locator("dd", { hasText: "in 3 months" }).waitFor();
});

test("a form that is sent twice makes one key", async () => {
  await page.goto(`${root}/keys/new`);
  const form: Record<string, string> = {
    ...(await fieldsOf(page, ["proof", "once"])),
    label: "Twice",
    scope: "brands:read",
    days: "0",
  };
  const first = await send(`${root}/keys/new`, form);
  const second = await send(`${root}/keys/new`, form);
  expect([first.status(), second.status()]).toEqual([303, 303]);
  expect(second.headers().location).toBe(first.headers().location);
  expect((await labels()).filter((label) => label === "Twice")).toHaveLength(1);
  // The browser kept the form, and it was filled in anew.
  const changed = await send(`${root}/keys/new`, { ...form, label: "Thrice" });
  expect(changed.status()).toBe(409);
  const again = await changed.text();
  expect(again).toContain("IDEMPOTENCY_MISMATCH");
  expect(again).toContain('value="Thrice"');
  expect(again).not.toContain(form.once ?? "");
});

test("a key is in no cookie, no address and no table in the clear, and its cookie is gone after it was shown", async () => {
  await page.goto(`${root}/keys/new`);
  const form = { ...(await fieldsOf(page, ["proof", "once"])), label: "Sealed", scope: "brands:read" };
  const made = await send(`${root}/keys/new`, form);
  const cookie = made.headers()["set-cookie"] ?? "";
  expect(cookie).toMatch(/^rm_once=v1\.\S+; Path=\/; HttpOnly; SameSite=Lax; Max-Age=120$/);
  await page.goto(world.url + made.headers().location);
  const key = (await page.locator("#secret").textContent()) ?? "";
  expect(cookie).not.toContain(key.slice(3, 20));
  expect(await tablesHolding(world.app.databaseUrl, key)).toEqual([]);
  const kept = await page.context().cookies();
  expect(kept.find(({ name }) => name === "rm_once")?.value).toBe("shown");
  for (const { name, httpOnly, sameSite } of kept)
    expect({ name, httpOnly, sameSite }).toEqual({ name, httpOnly: true, sameSite: "Lax" });
});

test("the cookie of a key opens for its own page and session only", async () => {
  await page.goto(`${root}/keys/new`);
  const form = { ...(await fieldsOf(page, ["proof", "once"])), label: "Bound", scope: "brands:read" };
  const made = (await send(`${root}/keys/new`, form)).headers();
  const at = world.url + made.location;
  const [, once = ""] = /rm_once=([^;]+)/.exec(made["set-cookie"] ?? "") ?? [];
  const [, before] = (await org.api.listApiKeys({ query: { limit: 2 } })).data;
  const other = await world.open();
  await logIn(world, other, org);
  await other.context().addCookies([{ name: "rm_once", value: once, url: world.url }]);
  await other.goto(at);
  expect(await other.locator("#secret").count()).toBe(0);
  await other.context().close();
  await page.goto(`${root}/keys/${before?.id}`);
  expect(await page.locator("#secret").count()).toBe(0);
  await page.goto(at);
  expect(await page.locator("#secret").count()).toBe(1);
});

test("403 for a form that was forged, and nothing is done", async () => {
  const { id } = await org.key(["brands:read"]);
  const at = `${root}/keys/${id}/delete`;
  await page.goto(at);
  const proof = await fieldsOf(page, ["proof"]);
  for (const [form, headers] of [
    [{}, {}],
    [{ proof: "A".repeat(43) }, {}],
    [proof, { origin: "https://evil.example" }],
    [proof, { origin: "null" }],
    [proof, { "sec-fetch-site": "cross-site" }],
  ] as const) {
    expect((await send(at, { ...form }, headers)).status()).toBe(403);
  }
  // A page of another site, with a proof that somebody let it have: the browser sends no session with it.
  const other = await page.context().newPage();
  const elsewhere = world.url.replace("127.0.0.1", "localhost");
  const body = `<form method="post" action="${at}"><input name="proof" value="${proof.proof}"><button>Win</button></form>`;
  await other.route(`${elsewhere}/`, (route) => route.fulfill({ contentType: "text/html", body }));
  await other.goto(`${elsewhere}/`);
  await other.getByRole("button", { name: "Win" }).click();
  await other.getByRole("heading", { name: "Log in" }).waitFor();
  await other.close();
  await org.api.getApiKey({ params: { api_key_id: id } });
  expect((await send(at, proof)).status()).toBe(303);
  await expect(org.api.getApiKey({ params: { api_key_id: id } })).rejects.toMatchObject({ status: 404 });
});

test("on https its cookies are Secure, and the host's own", async () => {
  const secure = await openTestApp({ publicUrl: "https://reelmark.test", databaseUrl: world.app.databaseUrl });
  const jar = new Map<string, string>();
  const visit = async (path: string, form?: Record<string, string>) => {
    const headers = { cookie: [...jar].map((pair) => pair.join("=")).join("; ") };
    const body = form ? { method: "POST", body: new URLSearchParams(form) } : {};
    const response = await secure.app.fetch(new Request(`https://reelmark.test${path}`, { headers, ...body }));
    for (const cookie of response.headers.getSetCookie()) {
      expect(cookie).toMatch(/^__Host-rm_\w+=\S*; Path=\/; HttpOnly; SameSite=Lax; Secure(; |$)/);
      jar.set(cookie.slice(0, cookie.indexOf("=")), cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";")));
    }
    return { response, proof: /<main>[\s\S]*name="proof" value="([^"]+)"/.exec(await response.text())?.[1] ?? "" };
  };
  const { email, password } = org;
  await visit("/login", { email, password, proof: (await visit("/console")).proof });
  const at = `/console/${org.organizationId}/keys/new`;
  const { response } = await visit(at, { label: "Secure", scope: "brands:read", proof: (await visit(at)).proof });
  expect([response.status, [...jar.keys()].sort()]).toEqual([
    303,
    ["__Host-rm_once", "__Host-rm_session", "__Host-rm_visitor"],
  ]);
  expect(response.headers.get("strict-transport-security")).toContain("max-age=");
  await secure.close();
});

test("when the session has ended the log-in page comes, and leads back to where one was", async () => {
  const other = await world.open();
  await logIn(world, other, org, `/console/${org.organizationId}/webhooks`);
  expect(other.url()).toBe(`${root}/webhooks`);
  await query(world.app.databaseUrl, "update sessions set ended_at = now() where user_id = $1", [org.userId]);
  await other.getByRole("link", { name: "Members" }).click();
  await other.getByText("Log in to the console.").waitFor();
  await other.getByLabel("E-mail address").fill(org.email);
  await other.getByLabel("Password").fill(org.password);
  await other.getByRole("button", { name: "Log in" }).click();
  await other.waitForURL(`${root}/members`);
  await other.context().close();
});

test("no page asked another host for anything, nor did the browser complain", () => {
  const elsewhere = world.url.replace("127.0.0.1", "localhost");
  expect(world.outside.filter((url) => !url.startsWith(elsewhere))).toEqual([]);
  expect(world.complaints).toEqual([]);
});
