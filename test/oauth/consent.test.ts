import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { safeNext } from "../../server/web/login.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { Agent, authorizePath, connect, pkce, programs } from "./agent.ts";

let app: TestApp;
let org: TestOrganization;
let clientId: string;
let address = () => `10.1.${Math.floor(calls++ / 250)}.${calls % 250}`;
let calls = 0;
beforeAll(async () => {
  app = await openTestApp({ address: () => address() });
  org = await freshOrganization(app);
  clientId = await programs(app).client();
});
afterAll(() => app.close());

const begun = (agent: Agent) => agent.open(authorizePath(clientId, pkce().challenge));
const grants = async () =>
  (await query<{ n: number }>(app.databaseUrl, "select count(*)::int as n from oauth_grants"))[0]?.n;

describe("a consent that the user did not give", () => {
  test.each([
    ["without the page's proof", { proof: "" }, {}],
    ["with a proof of nobody", { proof: "A".repeat(43) }, {}],
    ["from a page of another origin", {}, { origin: "https://evil.example" }],
    ["from a page whose origin is hidden", {}, { origin: "null" }],
    ["from another site, as the browser says", {}, { "sec-fetch-site": "cross-site" }],
  ])("403 %s, and nothing is granted", async (_what, fields, headers) => {
    const agent = new Agent(app);
    const page = await agent.logIn(org, await begun(agent));
    const before = await grants();
    const forged = await agent.submit(page, { decision: "allow", scope: "brands:read", ...fields }, headers);
    expect(forged.response.status).toBe(403);
    expect(forged.away).toBeUndefined();
    expect(await grants()).toBe(before);
  });

  test("403 with the proof that another browser was shown", async () => {
    const [mine, theirs] = [new Agent(app), new Agent(app)];
    const page = await mine.logIn(org, await begun(mine));
    const other = await theirs.logIn(org, await begun(theirs));
    const [, proof = ""] = /name="proof" value="([^"]+)"/.exec(other.html) ?? [];
    const forged = await mine.submit(page, { decision: "allow", scope: "brands:read", proof });
    expect(forged.response.status).toBe(403);
  });

  test("400 for a request that another browser began: its code would go to whoever began it", async () => {
    const attacker = new Agent(app);
    const { url } = await begun(attacker);
    const victim = new Agent(app);
    await victim.logIn(org);
    const page = await victim.open(url.href);
    expect(page.response.status).toBe(400);
    expect(page.html).toContain("was begun in another browser");
    expect(
      (
        await victim.submit(
          { ...page, html: `<main><form method="post" action="${url.pathname}"></form></main>` },
          { decision: "allow" },
        )
      ).response.status,
    ).toBe(400);
  });

  test("403 once the user has logged out", async () => {
    const agent = new Agent(app);
    const page = await agent.logIn(org, await begun(agent));
    await query(app.databaseUrl, "update sessions set ended_at = now() where user_id = $1", [org.userId]);
    const late = await agent.submit(page, { decision: "allow", scope: "brands:read" });
    expect(late.response.status).toBe(403);
    org = await freshOrganization(app);
  });

  test("415 and 413 for what is no form, or a huge one", async () => {
    const agent = new Agent(app);
    const page = await agent.logIn(org, await begun(agent));
    expect((await agent.send(page.url.href, { method: "POST" })).status).toBe(415);
    expect((await agent.submit(page, { decision: "allow", scope: "x".repeat(20_000) })).response.status).toBe(413);
  });
});

describe("the pages", () => {
  test("are framed by nobody, cached by nobody, and run no script", async () => {
    const agent = new Agent(app);
    const { response, html } = await agent.logIn(org, await begun(agent));
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "cache-control": "no-store",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
    });
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:49152");
    expect(policy).not.toContain("script-src");
    expect(html).not.toContain("<script");
  });

  test("show a client's name as text, whatever it holds, and where it leads", async () => {
    const name = `<img src=x onerror=alert(1)>"'&`;
    const id = await programs(app).client({ client_name: name, redirect_uris: ["https://app.example:8443/back"] });
    const agent = new Agent(app);
    const path = authorizePath(id, pkce().challenge, { redirect_uri: "https://app.example:8443/back" });
    const { html } = await agent.logIn(org, await agent.open(path));
    expect(html).not.toContain("<img src=x");
    expect(html).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;");
    expect(html).toContain("app.example:8443");
    expect(html).toContain("See brands");
  });

  test("404 for pages that there are not, 405 for methods", async () => {
    const agent = new Agent(app);
    expect((await agent.send("/oauth/nothing")).status).toBe(404);
    expect((await agent.send("/oauth/authorize", { method: "DELETE" })).status).toBe(405);
  });
});

describe("logging in", () => {
  test("403 with a wrong password, and 429 after ten, as the API's own log-in counts them", async () => {
    address = () => "198.51.100.7";
    const victim = await freshOrganization(app);
    address = () => `10.2.${Math.floor(calls++ / 250)}.${calls % 250}`;
    const agent = new Agent(app);
    const wrong = { email: victim.email, password: "not the password" };
    for (let n = 0; n < 10; n++) {
      const page = await agent.logIn(wrong);
      expect(page.response.status).toBe(403);
      expect(page.html).toContain("The e-mail address or the password is wrong.");
    }
    const page = await agent.logIn(victim);
    expect(page.response.status).toBe(429);
    expect(page.html).toContain("Too many failed log-ins");
    const { email, password } = victim;
    await expect(app.api().login({ body: { email, password } })).rejects.toMatchObject({ status: 429 });
  });

  test("429 for one address that tries many accounts", async () => {
    address = () => "198.51.100.8";
    const agent = new Agent(app);
    const seen = new Set<number>();
    for (let n = 0; n < 11; n++) {
      seen.add((await agent.logIn({ email: `nobody-${n}@reelmark.example`, password: "guess" })).response.status);
    }
    address = () => `10.3.${Math.floor(calls++ / 250)}.${calls % 250}`;
    expect(seen).toEqual(new Set([403, 429]));
  });

  test.each([
    ["https://evil.example/", "/docs"],
    ["//evil.example/", "/docs"],
    ["/\\evil.example/", "/docs"],
    ["/.//evil.example", "/docs"],
    ["/%2e//evil.example", "/docs"],
    ["/\t/evil.example", "/docs"],
    ["javascript:alert(1)", "/docs"],
    ["", "/docs"],
    ["/oauth/device?user_code=BCDF-GHJK", "/oauth/device?user_code=BCDF-GHJK"],
  ])("leads to %j as %s", (next, to) => {
    expect(safeNext(next, PUBLIC_URL)).toBe(to);
  });

  test("does not lead to another host", async () => {
    const agent = new Agent(app);
    const page = await agent.open("/login?next=//evil.example/");
    const after = await agent.submit(page, { email: org.email, password: org.password, next: "https://evil.example/" });
    expect(after.away).toBeUndefined();
    expect(after.url.pathname).toBe("/docs");
  });

  test("gives a cookie that scripts cannot read and other sites' forms do not send; its secret is not stored", async () => {
    const agent = new Agent(app);
    const page = await agent.open("/login");
    const [, proof = ""] = /name="proof" value="([^"]+)"/.exec(page.html) ?? [];
    const form = new URLSearchParams({ proof, next: "/docs", email: org.email, password: org.password });
    const [cookie = ""] = (await agent.send("/login", { form })).headers.getSetCookie();
    expect(cookie).toMatch(/^rm_session=rms_[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=2592000$/);
    const rows = await query(
      app.databaseUrl,
      "select 1 from session_cookies where token_hash::text like '%' || $1 || '%'",
      [agent.cookie("rm_session")],
    );
    expect(rows).toEqual([]);
  });

  test("on https the cookies are Secure, and the host's own", async () => {
    const secure = await openTestApp({ publicUrl: "https://reelmark.test", databaseUrl: app.databaseUrl });
    const response = await secure.app.fetch(new Request("https://reelmark.test/login"));
    expect(response.headers.getSetCookie()[0]).toMatch(
      /^__Host-rm_visitor=[\w-]+; Path=\/; HttpOnly; SameSite=Lax; Secure$/,
    );
    expect(response.headers.get("strict-transport-security")).toContain("max-age=");
    const path = authorizePath(clientId, pkce().challenge);
    const begins = await secure.app.fetch(new Request(`https://reelmark.test${path}`));
    expect(begins.headers.get("location")).toMatch(/^https:\/\/reelmark\.test\/oauth\/consent\/|^\/oauth\/consent\//);
    const cookies = begins.headers.getSetCookie().filter((cookie) => cookie.startsWith("rm_"));
    expect(cookies).not.toEqual([]);
    for (const cookie of cookies) expect(cookie).toMatch(/; secure; httponly/i);
    await secure.close();
  });

  test("logging out ends the session, and what was approved in it", async () => {
    const { agent, access } = await connect(app, org);
    const page = await agent.open("/login");
    const api = app.api(access);
    await api.listBrands({});
    const [, proof = ""] = /action="\/logout"><input type="hidden" name="proof" value="([^"]+)"/.exec(page.html) ?? [];
    await agent.open("/logout", { form: new URLSearchParams({ proof }) });
    await expect(api.listBrands({})).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });
    expect(agent.cookie("rm_session")).toBeUndefined();
  });
});
