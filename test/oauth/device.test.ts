import { afterAll, beforeAll, expect, test } from "vitest";
import { OAUTH } from "../../spec/oauth.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query, tablesHolding, times } from "../setup/support.ts";
import { Agent, programs } from "./agent.ts";

let app: TestApp;
let org: TestOrganization;
let program: ReturnType<typeof programs>;
let agent: Agent;
let address: () => string;
beforeAll(async () => {
  let calls = 0;
  const elsewhere = () => `10.4.${Math.floor(calls / 250)}.${calls++ % 250}`;
  address = elsewhere;
  app = await openTestApp({ address: () => address() });
  org = await freshOrganization(app);
  program = programs(app);
  agent = new Agent(app);
  await agent.logIn(org);
});
afterAll(() => app.close());

const CLIENT = OAUTH.commandLine;

async function begin(more: Record<string, string> = {}) {
  const { status, body } = await program.form("/oauth/device_authorization", {
    client_id: CLIENT,
    scope: "brands:read",
    ...more,
  });
  expect(status).toBe(200);
  return { device: String(body.device_code), code: String(body.user_code), body };
}
const ask = (device: string, client = CLIENT as string) =>
  program.token({ grant_type: OAUTH.deviceGrant, client_id: client, device_code: device });
/** As if the interval had passed. */
const wait = () => query(app.databaseUrl, "update oauth_artifacts set polled_at = polled_at - interval '2 minutes'");

/** The user types a code and decides. */
async function answer(
  code: string,
  decision: "allow" | "deny",
  fields: Record<string, string> = { scope: "brands:read" },
) {
  const page = await agent.submit(await agent.open("/oauth/device"), { user_code: code });
  if (!page.html.includes("Your device shows")) return page;
  return agent.submit(page, { decision, ...fields });
}

test("a device waits for its user, and gets its tokens once", async () => {
  const { device, code, body } = await begin();
  expect(code).toMatch(/^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$/);
  expect(body).toMatchObject({
    verification_uri: `${PUBLIC_URL}/oauth/device`,
    verification_uri_complete: `${PUBLIC_URL}/oauth/device?user_code=${code}`,
    expires_in: 600,
    interval: 5,
  });
  expect(await ask(device)).toMatchObject({ status: 400, body: { error: "authorization_pending" } });
  const done = await answer(code.toLowerCase().replace("-", " "), "allow");
  expect(done.html).toContain("Your device goes on by itself.");
  await wait();
  const { status, body: tokens } = await ask(device);
  expect(status).toBe(200);
  expect(tokens).toMatchObject({ scope: "brands:read", token_type: "Bearer" });
  await app.api(String(tokens.access_token)).listBrands({});
  await wait();
  expect(await ask(device)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  await expect(app.api(String(tokens.access_token)).listBrands({})).rejects.toMatchObject({ status: 401 });
});

test("400 slow_down for a device that asks too early, and each time five seconds more", async () => {
  const { device } = await begin();
  expect((await ask(device)).body.error).toBe("authorization_pending");
  expect((await ask(device)).body.error).toBe("slow_down");
  expect((await ask(device)).body.error).toBe("slow_down");
  const [row] = await query<{ poll_seconds: number }>(
    app.databaseUrl,
    "select poll_seconds from oauth_artifacts where kind = 'DeviceCode' order by created_at desc limit 1",
  );
  expect(row?.poll_seconds).toBe(15);
  await query(app.databaseUrl, "update oauth_artifacts set polled_at = now() - interval '12 seconds'");
  expect((await ask(device)).body.error).toBe("slow_down");
  await wait();
  expect((await ask(device)).body.error).toBe("authorization_pending");
});

test("400 expired_token when nobody has answered in time, and the code opens nothing", async () => {
  const { device, code } = await begin();
  await query(app.databaseUrl, "update oauth_artifacts set payload = payload || jsonb_build_object('exp', 1000)");
  expect((await ask(device)).body.error).toBe("expired_token");
  expect((await answer(code, "allow")).html).toContain("There is no such code, or it is over.");
});

test("400 access_denied when the user refuses", async () => {
  const { device, code } = await begin();
  expect((await answer(code, "deny")).html).toContain("The device was told.");
  expect((await ask(device)).body.error).toBe("access_denied");
  expect((await answer(code, "allow")).html).toContain("There is no such code, or it is over.");
});

test("400 for another client's device code", async () => {
  const { device, code } = await begin();
  await answer(code, "allow");
  const grants = { grant_types: [OAUTH.deviceGrant], redirect_uris: [] };
  const other = await program.client(grants);
  expect(await ask(device, other)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  const redirecting = await program.client();
  await wait();
  expect(await ask(device, redirecting)).toMatchObject({ status: 400, body: { error: "invalid_request" } });
});

test("a code is approved once, however many press the button at once", async () => {
  const { device, code } = await begin();
  const page = await agent.submit(await agent.open("/oauth/device"), { user_code: code });
  const answers = await Promise.all(times(5, () => agent.submit(page, { decision: "allow", scope: "brands:read" })));
  expect(answers.filter(({ html }) => html.includes("goes on by itself"))).toHaveLength(1);
  expect((await ask(device)).status).toBe(200);
});

test("the page wants a log-in first, and then has the code of the address in its field", async () => {
  const { code } = await begin();
  const other = new Agent(app);
  const login = await other.open(`/oauth/device?user_code=${code}`);
  expect(login.html).toContain("Log in to connect a device to Reelmark.");
  expect(login.html).not.toContain(`${code.slice(0, 4)}<`);
  const page = await other.logIn(org, login);
  expect(page.html).toContain(`value="${code}"`);
  // A link alone approves nothing: the code is shown, to be compared with the device's.
  const confirm = await other.submit(page, { user_code: code });
  expect(confirm.html).toContain("Go on only if the code is the one that you see on your own device.");
  expect(confirm.html).toContain("Reelmark command line");
});

test("429 for one address that guesses codes", async () => {
  const before = address;
  address = () => "198.51.100.9";
  const page = await agent.open("/oauth/device");
  const seen: number[] = [];
  for (let n = 0; n < 25; n++) seen.push((await agent.submit(page, { user_code: "BBBB-BBBB" })).response.status);
  address = before;
  expect(seen[0]).toBe(422);
  expect(seen.at(-1)).toBe(429);
});

test("neither code is stored", async () => {
  const { device, code } = await begin();
  expect(await tablesHolding(app.databaseUrl, device)).toEqual([]);
  expect(await tablesHolding(app.databaseUrl, code.replace("-", ""))).toEqual([]);
});
