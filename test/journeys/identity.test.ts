import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError, type Client } from "../../client/index.ts";
import { type Mailbox, openMailbox } from "../accounts/mailbox.ts";
import { actingFor, sql } from "../organizations/people.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";

let mailbox: Mailbox;
let reelmark: TestApp;
beforeAll(async () => {
  mailbox = await openMailbox();
  reelmark = await openTestApp({
    role: "all",
    env: { SMTP_URL: mailbox.url, SIGN_UP: "first-user-only", DEFAULT_PLAN: "pro" },
  });
});
afterAll(async () => {
  await reelmark.close();
  await mailbox.close();
});

type Step = { what: string; operation: string; status: number };
const steps: Step[] = [];

const seen = () => reelmark.seen.at(-1) ?? { operation: "none", status: 0 };

/** A step that succeeds. */
async function step<T>(what: string, call: Promise<T>): Promise<T> {
  const result = await call;
  steps.push({ what, ...seen() });
  return result;
}

/** A step that is refused, with the status that the story expects. */
async function refused(what: string, status: number, call: Promise<unknown>): Promise<void> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`${what}: expected ${status}`, { cause: error });
  expect(error.status, what).toBe(status);
  steps.push({ what, ...seen() });
}

const NORA = { email: "nora@orangecat.example", password: "correct horse battery staple" };
const TOM = { email: "tom@orangecat.example", password: "a whole sentence for tom" };
const PASSWORDS = { nora: "noras second passphrase", tom: "toms second passphrase" };

test("a company starts, lets its people in, bounds them, looks back, and goes", async () => {
  const anyone = reelmark.api();

  // Nora starts.
  const signedUp = await step(
    "Nora signs up, the first user of the server",
    anyone.signUp({ body: { ...NORA, name: "Nora Lindt", organization_name: "Orange Cat Studio" } }),
  );
  const nora: Client = reelmark.api(signedUp.access_token);
  const studio = signedUp.organization?.id ?? "";
  const tomAlone = { ...TOM, name: "Tom Berg" };
  await refused("Tom cannot: sign-up is closed", 403, anyone.signUp({ body: tomAlone }));
  const welcome = await mailbox.token(NORA.email);
  await step("Nora proves her address", anyone.verifyEmail({ body: { token: welcome } }));
  await refused("the token works once", 401, anyone.verifyEmail({ body: { token: welcome } }));
  const plans = await step("the plans, without a credential", anyone.listPlans());
  expect(plans.data.map(({ id }) => id)).toEqual(["free", "pro", "scale"]);

  // Tom is let in.
  await step("Nora invites Tom as a member", nora.createInvitation({ body: { email: TOM.email, role: "member" } }));
  await refused("twice is once too many", 409, nora.createInvitation({ body: { email: TOM.email, role: "member" } }));
  const invited = await mailbox.token(TOM.email);
  const joined = await step(
    "Tom signs up with the invitation",
    anyone.signUp({ body: { ...tomAlone, invitation_token: invited } }),
  );
  const tom = reelmark.api(joined.access_token);
  expect(joined).toMatchObject({ user: { email_verified: true }, organization: { id: studio, role: "member" } });
  const members = await step("Nora sees both", nora.listMembers());
  expect(members.count).toBe(2);

  // Roles bound sessions and keys.
  await step("Tom makes a brand", tom.createBrand({ body: { name: "Orange Cat Coffee", slug: "coffee" } }));
  const made = await step(
    "Tom makes a key",
    tom.createApiKey({ body: { label: "storefront", scopes: ["brands:read", "brands:write"] } }),
  );
  const key = reelmark.api(made.key);
  await step("the key makes a brand", key.createBrand({ body: { name: "Orange Cat Tea", slug: "tea" } }));
  const member = { params: { user_id: joined.user.id } };
  await refused("Tom cannot lift himself", 403, tom.updateMember({ ...member, body: { role: "admin" } }));
  await step("Nora makes Tom a viewer", nora.updateMember({ ...member, body: { role: "viewer" } }));
  await refused("the key may not write any more", 403, key.createBrand({ body: { name: "No", slug: "no" } }));
  await step("but read", key.listBrands());
  await step("Nora makes Tom an admin", nora.updateMember({ ...member, body: { role: "admin" } }));
  await step("the key may write again", key.createBrand({ body: { name: "Orange Cat Milk", slug: "milk" } }));

  // The plan bounds the organization.
  const usage = await step("Nora sees what is used", nora.getUsage());
  expect(usage).toMatchObject({ plan: { id: "pro" }, seats: { used: 2, limit: 10 }, api_keys: 1, brands: 3 });
  await sql(reelmark, "update organizations set plan = 'free' where id = $1", [studio]);
  await refused("on the free plan keys are refused", 403, key.listBrands());
  await refused("and seats are few", 403, nora.createInvitation({ body: { email: "x@x.example", role: "viewer" } }));
  await sql(reelmark, "update organizations set plan = 'pro' where id = $1", [studio]);
  await step("back on pro the key works", key.listBrands());

  // A second organization.
  const second = await step("Nora founds a second one", nora.createOrganization({ body: { name: "Blue Dog" } }));
  await refused("a request must name one now", 400, nora.listBrands());
  const inStudio = { headers: actingFor(studio) };
  await step("Nora names the studio", nora.listBrands(inStudio));
  await refused("Tom cannot name Blue Dog", 403, tom.listBrands({ headers: actingFor(second.id) }));

  // Passwords and sessions.
  await step("Tom forgot his password", anyone.requestPasswordReset({ body: { email: TOM.email } }));
  await step("so did nobody", anyone.requestPasswordReset({ body: { email: "nobody@orangecat.example" } }));
  const reset = { token: await mailbox.token(TOM.email), password: PASSWORDS.tom };
  await step("Tom resets it", anyone.resetPassword({ body: reset }));
  await refused("Tom's old session has ended", 401, tom.getProfile());
  const again = await step("Tom logs in", anyone.login({ body: { email: TOM.email, password: PASSWORDS.tom } }));
  const tomAgain = reelmark.api(again.access_token);
  const elsewhere = await step("Nora logs in elsewhere", anyone.login({ body: NORA }));
  const sessions = await step("Nora lists her sessions", nora.listSessions());
  expect(sessions.count).toBe(2);
  const body = { current_password: NORA.password, new_password: PASSWORDS.nora };
  await step("Nora changes her password", nora.changePassword({ body }));
  await refused("which ended the other session", 401, reelmark.api(elsewhere.access_token).listSessions());
  const refresh = { refresh_token: again.refresh_token };
  await step("Tom refreshes his session", anyone.refreshSession({ body: refresh }));
  await refused("a used refresh token ends it", 401, anyone.refreshSession({ body: refresh }));
  await refused("at once", 401, tomAgain.getProfile());

  // Looking back.
  const events = await step(
    "Nora reads what Tom did",
    nora.listAuditEvents({ query: { user_id: joined.user.id }, ...inStudio }),
  );
  expect(events.data.map(({ operation }) => operation)).toContain("createApiKey");
  const rows = JSON.stringify(await sql(reelmark, "select * from audit_events"));
  for (const secret of [...Object.values(PASSWORDS), NORA.password, TOM.password, made.key, welcome, invited]) {
    expect(rows).not.toContain(secret);
  }

  // The end.
  await refused("the last owner cannot leave", 409, nora.leaveOrganization(inStudio));
  await step("Nora removes Tom", nora.removeMember({ ...member, ...inStudio }));
  await refused("his key is dead", 401, key.listBrands());
  const confirm = (text: string) => ({ query: { confirm: text } });
  await refused("the name must be exact", 400, nora.deleteOrganization({ ...confirm("orange cat"), ...inStudio }));
  await step("Nora deletes the studio", nora.deleteOrganization({ ...confirm("Orange Cat Studio"), ...inStudio }));
  await refused("Blue Dog needs an owner", 409, nora.deleteAccount(confirm("Nora Lindt")));
  await step("Nora deletes Blue Dog", nora.deleteOrganization(confirm("Blue Dog")));
  await step("Nora deletes her account", nora.deleteAccount(confirm("Nora Lindt")));
  await refused("and is gone", 401, nora.listSessions());
  await refused("for good", 401, anyone.login({ body: { email: NORA.email, password: PASSWORDS.nora } }));

  if (process.env.REELMARK_JOURNEY === "print") {
    const lines = steps.map(
      ({ what, operation, status }, n) => `${String(n + 1).padStart(3)}  ${status}  ${operation.padEnd(26)} ${what}`,
    );
    process.stdout.write(`\n${lines.join("\n")}\n`);
  }
});
