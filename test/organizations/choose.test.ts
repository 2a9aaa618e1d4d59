import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { actingFor, openInvitation } from "./people.ts";

const UNKNOWN = "org_01k4zn8w3v7q2m5t9r6x0h1czz";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp({ role: "all" });
});
afterAll(() => reelmark.close());

async function inTwo() {
  const user = await freshOrganization(reelmark);
  const second = await user.api.createOrganization({ body: { name: "Second" } });
  return { ...user, first: user.organizationId, second: second.id };
}

/** An error answer but for what differs from request to request. */
async function refusal(call: Promise<unknown>) {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error("It was not refused");
  const { status, code, details } = error;
  const message = error.message.replace(error.requestId, "");
  const headers = [...error.response.headers].filter(([name]) => !/^(x-request-id|x-ratelimit-)/.test(name));
  return { status, code, details, message, headers };
}

test("400 names the header where a scope is wanted and the user is in several organizations", async () => {
  const { api } = await inTwo();
  for (const call of [() => api.listBrands(), () => api.getProfile(), () => api.createBrand({ body: brand("x") })]) {
    await expect(call()).rejects.toMatchObject({
      status: 400,
      code: "VALIDATION_ERROR",
      details: { issues: [{ path: "headers.x-organization-id", code: "required" }] },
    });
  }
});

const brand = (slug: string) => ({ name: slug, slug });

test("200 for what is the user's own, without naming any organization", async () => {
  const { api } = await inTwo();
  await expect(api.listOrganizations()).resolves.toMatchObject({ data: [{}, {}] });
  await expect(api.listSessions()).resolves.toMatchObject({ count: 1 });
  await expect(api.createOrganization({ body: { name: "Third" } })).resolves.toMatchObject({ role: "owner" });
});

test("each request acts for the organization it names", async () => {
  const { api, first, second } = await inTwo();
  const made = await api.createBrand({ body: brand("here"), headers: actingFor(second) });
  await expect(api.listBrands({ headers: actingFor(second) })).resolves.toMatchObject({ data: [made] });
  await expect(api.listBrands({ headers: actingFor(first) })).resolves.toMatchObject({ data: [] });
  const elsewhere = api.getBrand({ params: { brand_id: made.id }, headers: actingFor(first) });
  await expect(elsewhere).rejects.toMatchObject({ status: 404 });
  await expect(api.getProfile({ headers: actingFor(second) })).resolves.toMatchObject({ organization: { id: second } });
});

test("403, the same to the letter, for a foreign organization and one that does not exist", async () => {
  const { api } = await inTwo();
  const { organizationId: foreign } = await freshOrganization(reelmark);
  for (const call of [
    (org: string) => api.listBrands({ headers: actingFor(org) }),
    (org: string) => api.listOrganizations({ headers: actingFor(org) }),
    (org: string) => api.createOrganization({ body: { name: "No" }, headers: actingFor(org) }),
  ]) {
    const seen = await refusal(call(foreign));
    expect(seen).toMatchObject({ status: 403, code: "FORBIDDEN" });
    expect(await refusal(call(UNKNOWN))).toEqual(seen);
  }
});

test("a key acts for its own organization, named or not, and 403 with any other, its user's too", async () => {
  const user = await freshOrganization(reelmark);
  const key = await user.key();
  const second = await user.api.createOrganization({ body: { name: "Second" } });
  const { organizationId: foreign } = await freshOrganization(reelmark);
  await expect(key.api.getOrganization()).resolves.toMatchObject({ id: user.organizationId });
  await expect(key.api.getOrganization({ headers: actingFor(user.organizationId) })).resolves.toBeDefined();
  const refusals = [];
  for (const org of [second.id, foreign, UNKNOWN]) {
    refusals.push(await refusal(key.api.getOrganization({ headers: actingFor(org) })));
  }
  expect(refusals[0]).toMatchObject({ status: 403, code: "FORBIDDEN" });
  expect(new Set(refusals.map((one) => JSON.stringify(one))).size).toBe(1);
});

test("leaving names an organization too: 400 without, and only the named one is left", async () => {
  const { organizationId } = await freshOrganization(reelmark);
  const { api, email, first, second } = await inTwo();
  // An owner cannot leave alone, so a third organization, where the user is a member, is left.
  const { token } = await openInvitation(reelmark, organizationId, email, "member");
  await expect(api.acceptInvitation({ body: { token } })).rejects.toMatchObject({ status: 403 }); // not verified yet
  await verify(email);
  await api.acceptInvitation({ body: { token } });
  await expect(api.leaveOrganization()).rejects.toMatchObject({ status: 400 });
  await api.leaveOrganization({ headers: actingFor(organizationId) });
  const { data } = await api.listOrganizations();
  expect(data.map(({ id }) => id)).toEqual([first, second]);
});

async function verify(email: string) {
  const token = await mailedToken(email);
  await reelmark.api().verifyEmail({ body: { token } });
}

/** Without SMTP_URL mails are printed, tokens and all. */
async function mailedToken(email: string): Promise<string> {
  for (;;) {
    const line = reelmark.log.find(({ fields }) => "to" in fields && fields.to === email && "text" in fields);
    const text = line && "text" in line.fields ? String(line.fields.text) : "";
    const token = /rmm_[A-Za-z0-9_-]{43}/.exec(text)?.[0];
    if (token !== undefined) return token;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
