import { afterAll, beforeAll, expect, test } from "vitest";
import { PLAN_IDS, PLANS, type PlanId } from "../../spec/plans.ts";
import { memberOf, newAddress, openInvitation, sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

let reelmark: TestApp;
let free: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp({ env: { RATE_LIMIT_KEY: "1000", RATE_LIMIT_SESSION: "2000" } });
  free = await openTestApp({ env: { DEFAULT_PLAN: "free", RATE_LIMIT_KEY: "1000", RATE_LIMIT_SESSION: "2000" } });
});
afterAll(() => Promise.all([reelmark.close(), free.close()]));

const changePlan = (test: TestApp, organizationId: string, plan: PlanId) =>
  sql(test, "update organizations set plan = $2 where id = $1", [organizationId, plan]);

/** Status and limit of one request. */
async function limitOf(test: TestApp, token: string) {
  const { response } = await test.api(token).GET("/v1/organization");
  return { status: response.status, limit: Number(response.headers.get("x-ratelimit-limit")) };
}

test("200 answers the table of the contract, without a credential", async () => {
  const { data } = await reelmark.api().listPlans();
  expect(data).toEqual(PLAN_IDS.map((id) => ({ id, ...PLANS[id] })));
});

test("an organization starts on scale, unless DEFAULT_PLAN says otherwise", async () => {
  const { api } = await freshOrganization(reelmark);
  await expect(api.getOrganization()).resolves.toMatchObject({ plan: "scale" });
  const poor = await freshOrganization(free);
  await expect(poor.api.getOrganization()).resolves.toMatchObject({ plan: "free" });
  await expect(poor.api.createOrganization({ body: { name: "Second" } })).resolves.toMatchObject({ plan: "free" });
});

test("403 PLAN_LIMIT for a key on free, with what to do; the session works, and both headers count", async () => {
  const owner = await freshOrganization(free);
  const key = await owner.key();
  const refusal = await key.api.listBrands().catch((error: Error) => error);
  expect(refusal).toMatchObject({ status: 403, code: "PLAN_LIMIT" });
  expect(String(refusal)).toContain("does not include API keys: log in, or change the plan");
  await expect(owner.api.createBrand({ body: { name: "By session", slug: "by-session" } })).resolves.toBeDefined();
  expect(await limitOf(free, owner.token)).toEqual({ status: 200, limit: PLANS.free.requests_per_minute.session });
  expect(await limitOf(free, key.key)).toEqual({ status: 403, limit: 1000 });
});

test("429 for a key on free that does not stop: its refusals are counted too", async () => {
  const strict = await openTestApp({ env: { DEFAULT_PLAN: "free", RATE_LIMIT_KEY: "3" } });
  try {
    const key = await (await freshOrganization(strict)).key();
    const statuses = [];
    for (let n = 0; n < 4; n++) statuses.push((await limitOf(strict, key.key)).status);
    expect(statuses).toEqual([403, 403, 403, 429]);
  } finally {
    await strict.close();
  }
});

test("a plan's limits hold from the next request on: pro's, the operator's on scale, and free's refusal", async () => {
  const owner = await freshOrganization(reelmark);
  const key = await owner.key();
  expect(await limitOf(reelmark, key.key)).toEqual({ status: 200, limit: 1000 });
  expect(await limitOf(reelmark, owner.token)).toEqual({ status: 200, limit: 2000 });
  await changePlan(reelmark, owner.organizationId, "pro");
  expect(await limitOf(reelmark, key.key)).toEqual({ status: 200, limit: 60 });
  expect(await limitOf(reelmark, owner.token)).toEqual({ status: 200, limit: 120 });
  await changePlan(reelmark, owner.organizationId, "free");
  expect(await limitOf(reelmark, key.key)).toMatchObject({ status: 403 });
  expect(await limitOf(reelmark, owner.token)).toEqual({ status: 200, limit: 60 });
  await changePlan(reelmark, owner.organizationId, "scale");
  expect(await limitOf(reelmark, key.key)).toEqual({ status: 200, limit: 1000 });
});

test("200 usage counts what there is now: seats, active keys, brands, personas, sources, bytes; and shows the plan", async () => {
  const owner = await freshOrganization(reelmark);
  await freshOrganization(reelmark);
  const empty = await owner.api.getUsage();
  expect(empty).toMatchObject({ seats: { used: 1, limit: null }, api_keys: 0, brands: 0, personas: 0 });
  expect(empty.plan).toEqual({ id: "scale", ...PLANS.scale });

  await memberOf(reelmark, owner.organizationId, "viewer");
  await owner.api.createInvitation({ body: { email: newAddress("open"), role: "member" } });
  const over = await openInvitation(reelmark, owner.organizationId, newAddress("over"), "member");
  await sql(reelmark, "update invitations set expires_at = now() where id = $1", [over.id]);
  const [kept, revoked, ended] = [await owner.key(), await owner.key(), await owner.key()];
  await owner.api.revokeApiKey({ params: { api_key_id: revoked.id } });
  await sql(reelmark, "update api_keys set expires_at = now() where id = $1", [ended.id]);
  const brand = await owner.api.createBrand({ body: { name: "One", slug: "one" } });
  const inBrand = (name: string) => owner.api.createPersona({ body: { brand_id: brand.id, name } });
  const [persona] = [await inBrand("A"), await inBrand("B")];
  await owner.api.createSource({ body: { persona_id: persona.id, url: "https://feeds.example.com/a.xml" } });
  // What is announced counts from then on.
  await owner.api.createResumableUpload({ body: { filename: "a.mp4", size: 1_000_000 } });
  await changePlan(reelmark, owner.organizationId, "pro");

  const { as_of, ...usage } = await kept.api.getUsage();
  expect(usage).toEqual({
    plan: { id: "pro", ...PLANS.pro },
    seats: { used: 3, limit: 10 },
    api_keys: 1,
    brands: 1,
    personas: 2,
    sources: 1,
    storage_bytes: { used: 1_000_000, limit: PLANS.pro.storage_bytes },
  });
  expect(Date.parse(as_of)).toBeGreaterThanOrEqual(Date.parse(empty.as_of));
});
