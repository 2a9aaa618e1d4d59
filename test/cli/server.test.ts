import { afterAll, beforeAll, expect, test } from "vitest";
import { realTime } from "../../client/backoff.ts";
import { Agent } from "../oauth/agent.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { type Shell, shell } from "./terminal.ts";

let place: TestApp;
let org: TestOrganization;
let agent: Agent;
beforeAll(async () => {
  place = await openTestApp();
  org = await freshOrganization(place);
  agent = new Agent(place);
  await agent.logIn(org);
});
afterAll(() => place.close());

/** The whole server, its authorization server too. */
const everything = async (request: Request) => place.app.fetch(request);

/** A command line whose user decides at the browser while it waits, and whose waiting takes no time. */
function person(decision: "allow" | "deny"): Shell {
  let decided = 0;
  const sleep = async () => {
    const page = run.pages[decided];
    if (page === undefined) return;
    decided++;
    const user_code = new URL(page).searchParams.get("user_code") ?? "";
    const asked = await agent.submit(await agent.open(page), { user_code });
    const scope = [...asked.html.matchAll(/name="scope" value="([^"]+)"/g)].map(([, name = ""]) => name);
    expect((await agent.submit(asked, { decision, scope })).response.status).toBe(200);
    await query(place.databaseUrl, "update oauth_artifacts set polled_at = polled_at - interval '2 minutes'");
  };
  const run = shell(undefined, { fetch: everything, timing: { ...realTime, sleep } });
  return run;
}

test("login by the server's own device flow, for all scopes of the role; logout ends it there", async () => {
  const run = person("allow");
  const said = await run("login");
  expect(said).toMatchObject({ code: 0, err: expect.stringContaining("Logged in as Test Owner for Test Studio") });
  expect(run.pages).toEqual([expect.stringMatching(/\/oauth\/device\?user_code=[A-Z]{4}-[A-Z]{4}$/)]);
  const who = JSON.parse((await run("whoami")).out);
  expect(who).toMatchObject({ organization: { id: org.organizationId }, credential: { kind: expect.any(String) } });
  expect(who.credential.scopes).toContain("brands:write");
  expect(await run("brands", "create", "--name", "Cat", "--slug", "cat")).toMatchObject({ code: 0 });
  expect(await run("logout")).toMatchObject({ code: 0, err: "Logged out.\n" });
  expect(await run("whoami")).toMatchObject({ code: 3 });
});

test("a login for some scopes may do no more; 4 says which scope is missing", async () => {
  const run = person("allow");
  expect(await run("login", "--scopes", "brands:read")).toMatchObject({ code: 0 });
  expect(await run("brands", "list")).toMatchObject({ code: 0 });
  const wrong = await run("brands", "create", "--name", "Cat", "--slug", "cat-2");
  expect(wrong).toMatchObject({ code: 4, err: expect.stringContaining("brands:write") });
});

test("3 when it is denied in the browser", async () => {
  expect(await person("deny")("login")).toMatchObject({ code: 3, err: expect.stringContaining("denied") });
});
