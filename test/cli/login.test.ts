import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { testClock } from "../client/clock.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { type Authorization, authorization } from "./authorization.ts";
import { type ShellOptions, shell } from "./terminal.ts";

let place: TestApp;
let server: Serving;
let oauth: Authorization;
let org: TestOrganization;
/** A server that is no Reelmark, and what credentials came to it. */
let stranger: Serving;
const stolen: (string | null)[] = [];

beforeAll(async () => {
  place = await openTestApp();
  const router = (request: Request) =>
    new URL(request.url).pathname.startsWith("/api/") ? place.fetch(request) : oauth.fetch(request);
  server = await serve({ fetch: router, host: "127.0.0.1", port: 0 });
  const notFound = (request: Request) => {
    stolen.push(request.headers.get("authorization"));
    return new Response("<h1>Not found</h1>", { status: 404 });
  };
  stranger = await serve({ fetch: notFound, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await Promise.all([server.close(0), stranger.close(0)]);
  await place.close();
});
beforeEach(async () => {
  oauth = authorization();
  org = await freshOrganization(place);
});

/** A command line in front of the server, whose clock moves by its own pauses alone. */
function open(options: ShellOptions = {}) {
  const clock = testClock();
  const env = { REELMARK_URL: server.url, ...options.env };
  return { clock, run: shell(undefined, { fetch: globalThis.fetch, timing: clock, ...options, env }) };
}

/** One that is logged in, by the device flow. */
async function loggedIn(tokens: readonly string[] = [org.token]) {
  oauth.tokens.push(...tokens);
  const opened = open();
  expect(await opened.run("login")).toMatchObject({ code: 0 });
  return opened;
}

test("the device flow shows the code, opens the page, asks as often as it is told, and keeps the login", async () => {
  oauth.polls.push("authorization_pending", "slow_down", "authorization_pending");
  oauth.tokens.push(org.token);
  const { run, clock } = open();
  const said = await run("login");
  expect(said).toMatchObject({ code: 0, out: "" });
  expect(said.err).toContain("WDJB-MJHT");
  expect(said.err).toContain("Logged in as Test Owner for Test Studio");
  expect(clock.pauses).toEqual([5000, 5000, 10_000, 10_000]);
  expect(run.pages).toEqual([`${server.url}/oauth/device?user_code=WDJB-MJHT`]);
  const who = await run("whoami");
  expect(JSON.parse(who.out)).toMatchObject({
    profile: "default",
    server: `${server.url}/api`,
    organization: { id: org.organizationId },
  });
  expect(said.err + who.err + who.out).not.toContain(org.token);
  expect(statSync(join(run.folder, "profiles.json")).mode & 0o777).toBe(0o600);
});

test("it asks for all scopes of the server, or for those that are named, for this API alone", async () => {
  oauth.tokens.push(org.token, org.token);
  const { run } = open();
  await run("login");
  await run("login", "--scopes", "brands:read,personas:read", "--no-browser");
  const asked = oauth.forms.filter(({ path }) => path === "/oauth/device_authorization").map(({ form }) => form);
  expect(asked.map(({ scope }) => scope)).toEqual(["profile:read brands:read", "brands:read personas:read"]);
  expect(asked[0]).toMatchObject({ client_id: "reelmark-cli", resource: `${server.url}/api` });
  expect(run.pages).toHaveLength(1);
});

test("3 when it is denied, or not approved in time; nothing is kept", async () => {
  const { run } = open();
  oauth.polls.push("access_denied");
  expect(await run("login")).toMatchObject({ code: 3, err: expect.stringContaining("denied") });
  oauth.polls.push(...Array<string>(20).fill("authorization_pending"));
  expect(await run("login")).toMatchObject({ code: 3, err: expect.stringContaining("in time") });
  expect(existsSync(join(run.folder, "profiles.json"))).toBe(false);
});

test("an API key comes from standard input; REELMARK_TOKEN wins over it; logging out says that it stays good", async () => {
  const { id, key } = await org.key();
  const { run } = open({ stdin: `${key}\n` });
  expect(await run("login", "--with-token")).toMatchObject({ code: 0 });
  expect(JSON.parse((await run("whoami")).out)).toMatchObject({ credential: { kind: "api_key", id } });
  const { run: other } = open({ folder: run.folder, env: { REELMARK_TOKEN: org.token } });
  expect(JSON.parse((await other("whoami")).out)).toMatchObject({ credential: { kind: "session" } });
  expect(await run("logout")).toMatchObject({ code: 0, err: expect.stringContaining("stays good") });
  expect(await run("whoami")).toMatchObject({ code: 3 });
  const { run: wrong } = open({ stdin: `rm_${"0".repeat(64)}` });
  expect(await wrong("login", "--with-token")).toMatchObject({ code: 3 });
  expect(existsSync(join(wrong.folder, "profiles.json"))).toBe(false);
});

test("a login is renewed once, however many commands find it at its end", async () => {
  const { key } = await org.key();
  const { run, clock } = await loggedIn([org.token, key]);
  await clock.sleep(3_590_000);
  const both = await Promise.all([run("whoami"), run("whoami")]);
  expect(both.map(({ code, out }) => [code, JSON.parse(out).credential.kind])).toEqual([
    [0, "api_key"],
    [0, "api_key"],
  ]);
  expect(oauth.forms.filter(({ form }) => form.grant_type === "refresh_token")).toHaveLength(1);
  await clock.sleep(3_590_000);
  oauth.endAll();
  expect(await run("whoami")).toMatchObject({ code: 3, err: expect.stringContaining("reelmark login") });
});

test("logging out ends the login at its server", async () => {
  const { run } = await loggedIn();
  expect(await run("logout")).toMatchObject({ code: 0, err: "Logged out.\n" });
  expect(oauth.forms.at(-1)).toMatchObject({ path: "/oauth/revoke", form: { token_type_hint: "refresh_token" } });
  expect(await run("whoami")).toMatchObject({ code: 3 });
  expect(await run("logout")).toMatchObject({ code: 0, err: expect.stringContaining("not logged in") });
});

test("a stored credential goes to the server that gave it, and to no other", async () => {
  const { run } = await loggedIn();
  await run("brands", "list", "--server", stranger.url);
  expect(stolen.splice(0)).toEqual([null]);
  expect(await run("init", "--server", stranger.url)).toMatchObject({ code: 2, err: expect.stringContaining("is no") });
  expect(stolen.splice(0)).toEqual([null]);
  expect(await run("whoami")).toMatchObject({ code: 0 });
});

test("metadata of another issuer, or endpoints elsewhere, are not used", async () => {
  const { run } = open();
  oauth.metadata = { issuer: "https://reelmark.example" };
  expect(await run("login")).toMatchObject({ code: 2, err: expect.stringContaining("calls itself") });
  oauth.metadata = { token_endpoint: `${stranger.url}/oauth/token` };
  expect(await run("login")).toMatchObject({ code: 3 });
  expect([oauth.forms, stolen]).toEqual([[], []]);
});

test("several commands at once lose nothing of what the others wrote", async () => {
  const run = shell(undefined, { fetch: globalThis.fetch });
  const names = ["a", "b", "c", "d", "e", "f"];
  await Promise.all(names.map((name) => run("init", "--server", server.url, "--profile", name)));
  const { data } = JSON.parse((await run("profiles", "list")).out);
  expect(data.map((one: { name: string }) => one.name).toSorted()).toEqual(names);
});

test("profiles stand side by side", async () => {
  const run = shell(undefined, { fetch: globalThis.fetch, env: { REELMARK_URL: "" } });
  expect(await run("brands", "list")).toMatchObject({ code: 2, err: expect.stringContaining("reelmark init") });
  expect(await run("init")).toMatchObject({ code: 2 });
  expect(await run("init", "--server", server.url)).toMatchObject({ code: 0 });
  expect(await run("init", "--server", server.url, "--profile", "work")).toMatchObject({ code: 0 });
  const listed = async () => JSON.parse((await run("profiles", "list")).out).data;
  expect(await listed()).toEqual([
    { name: "default", url: `${server.url}/api`, logged_in: false, current: false },
    { name: "work", url: `${server.url}/api`, logged_in: false, current: true },
  ]);
  await run("profiles", "use", "default");
  await run("profiles", "remove", "work");
  expect(await listed()).toMatchObject([{ name: "default", current: true }]);
  expect(await run("profiles", "use", "work")).toMatchObject({ code: 2 });
  expect(await run("init", "--server", server.url, "--profile", "../x")).toMatchObject({ code: 2 });
});
