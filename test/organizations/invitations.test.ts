import { afterAll, beforeAll, expect, test } from "vitest";
import { type Mailbox, openMailbox, tokenIn } from "../accounts/mailbox.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { holder, overlapping } from "./held.ts";
import { actingFor, memberOf, newAddress, openInvitation, PASSWORD, sql } from "./people.ts";

let mailbox: Mailbox;
let reelmark: TestApp;
const holding = holder();
beforeAll(async () => {
  mailbox = await openMailbox();
  reelmark = await openTestApp({ role: "all", env: { SMTP_URL: mailbox.url }, backend: holding.backend });
});
afterAll(async () => {
  await reelmark.close();
  await mailbox.close();
});

const signUp = (email: string, invitation_token: string) =>
  reelmark.api().signUp({ body: { email, password: PASSWORD, name: "Tom", invitation_token } });

/** A user with a verified address, in an organization of their own. */
async function verifiedUser() {
  const user = await freshOrganization(reelmark);
  await reelmark.api().verifyEmail({ body: { token: await mailbox.token(user.email) } });
  return user;
}

test("201 sends a mail with a token that lets an account join once; then it is 404, and the invitation accepted", async () => {
  const owner = await freshOrganization(reelmark);
  const guest = await verifiedUser();
  const made = await owner.api.createInvitation({ body: { email: guest.email.toUpperCase(), role: "admin" } });
  expect(made).toMatchObject({ email: guest.email, role: "admin", status: "pending", invited_by: owner.userId });
  const mail = await mailbox.next(guest.email);
  expect(mail.subject).toBe("You are invited to Test Studio");
  expect(mail.text).toMatch(/^http\S+\/console\/join\?token=rmi_[\w-]{43}$/m);
  const token = tokenIn(mail.text);
  expect(JSON.stringify(made)).not.toContain(token);

  const joined = await guest.api.acceptInvitation({ body: { token } });
  expect(joined).toMatchObject({ id: owner.organizationId, role: "admin" });
  await expect(guest.api.listBrands({ headers: actingFor(joined.id) })).resolves.toMatchObject({ count: 0 });
  await expect(guest.api.acceptInvitation({ body: { token } })).rejects.toMatchObject({ status: 404 });
  await expect(owner.api.listInvitations()).resolves.toMatchObject({ data: [{ id: made.id, status: "accepted" }] });
});

test("201 signs somebody new up into the organization, with a verified address and no organization of their own", async () => {
  const owner = await freshOrganization(reelmark);
  const email = newAddress("new");
  await owner.api.createInvitation({ body: { email, role: "member" } });
  const token = await mailbox.token(email);
  const session = await signUp(email, token);
  expect(session).toMatchObject({
    user: { email, email_verified: true },
    organization: { id: owner.organizationId, role: "member" },
  });
  await expect(reelmark.api(session.access_token).listOrganizations()).resolves.toMatchObject({ data: [{}] });
  expect(mailbox.mails.filter((mail) => mail.to === email)).toHaveLength(1); // no verification mail
});

test("400 for a token together with organization_name, and the token is still good", async () => {
  const owner = await freshOrganization(reelmark);
  const email = newAddress("both");
  const { token } = await openInvitation(reelmark, owner.organizationId, email, "member");
  const body = { email, password: PASSWORD, name: "Tom", organization_name: "Mine", invitation_token: token };
  await expect(reelmark.api().signUp({ body })).rejects.toMatchObject({
    status: 400,
    details: { issues: [{ path: "body.invitation_token" }] },
  });
  await expect(signUp(email, token)).resolves.toMatchObject({ organization: { role: "member" } });
});

test.each(["first-user-only", "invite"])(
  "201 with an invitation though sign-up is %s, and 403 without",
  async (policy) => {
    const closed = await openTestApp({ env: { SIGN_UP: policy } });
    try {
      const name = "Founder";
      if (policy === "invite") {
        const open = await openTestApp({ databaseUrl: closed.databaseUrl });
        await open.api().signUp({ body: { email: newAddress("f"), password: PASSWORD, name } });
        await open.close();
      } else await closed.api().signUp({ body: { email: newAddress("f"), password: PASSWORD, name } });
      const [organization] = await sql<{ id: string }>(closed, "select id from organizations");
      const alone = closed.api().signUp({ body: { email: newAddress("x"), password: PASSWORD, name: "X" } });
      await expect(alone).rejects.toMatchObject({ status: 403 });
      await expect(memberOf(closed, organization?.id ?? "", "member")).resolves.toBeDefined();
    } finally {
      await closed.close();
    }
  },
);

test("404, and the same, for a token that is unknown, over, revoked, or for another address", async () => {
  const owner = await freshOrganization(reelmark);
  const guest = await verifiedUser();
  const over = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  await sql(reelmark, "update invitations set expires_at = now() where id = $1", [over.id]);
  await expect(owner.api.listInvitations()).resolves.toMatchObject({ data: [{ id: over.id, status: "expired" }] });
  const revoked = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  await owner.api.revokeInvitation({ params: { invitation_id: revoked.id } });
  const other = await openInvitation(reelmark, owner.organizationId, newAddress("other"), "owner");
  const messages = new Set<string>();
  for (const token of [over.token, revoked.token, other.token, `rmi_${"x".repeat(43)}`]) {
    const error = await guest.api.acceptInvitation({ body: { token } }).catch((reason: Error) => reason);
    expect(error).toMatchObject({ status: 404, code: "NOT_FOUND" });
    if (error instanceof Error) messages.add(error.message.replace(/req_\w+/, ""));
    // Nor does sign-up with it tell whether an address has an account.
    await expect(signUp(guest.email, token)).rejects.toMatchObject({ status: 404 });
    await expect(signUp(newAddress("nobody"), token)).rejects.toMatchObject({ status: 404 });
  }
  expect(messages.size).toBe(1);
});

test("403 until the address is verified, and 409 when sign-up with an invitation meets an account", async () => {
  const owner = await freshOrganization(reelmark);
  const guest = await freshOrganization(reelmark);
  const { token } = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  await expect(guest.api.acceptInvitation({ body: { token } })).rejects.toMatchObject({ status: 403 });
  await expect(signUp(guest.email, token)).rejects.toMatchObject({ status: 409 });
  await reelmark.api().verifyEmail({ body: { token: await mailbox.token(guest.email) } });
  await expect(guest.api.acceptInvitation({ body: { token } })).resolves.toMatchObject({ role: "member" });
});

test("409 for an address that is invited or a member already; 201 once the invitation is revoked or over", async () => {
  const owner = await freshOrganization(reelmark);
  const body = { email: newAddress("twice"), role: "viewer" } as const;
  const first = await owner.api.createInvitation({ body });
  await expect(owner.api.createInvitation({ body })).rejects.toMatchObject({ status: 409 });
  await owner.api.revokeInvitation({ params: { invitation_id: first.id } });
  await expect(owner.api.revokeInvitation({ params: { invitation_id: first.id } })).rejects.toMatchObject({
    status: 404,
  });
  const second = await owner.api.createInvitation({ body });
  await sql(reelmark, "update invitations set expires_at = now() where id = $1", [second.id]);
  await expect(owner.api.createInvitation({ body })).resolves.toBeDefined();
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const again = owner.api.createInvitation({ body: { email: member.email, role: "admin" } });
  await expect(again).rejects.toMatchObject({ status: 409 });
});

test("403 for an invitation to a role above one's own, and for those who may not invite at all", async () => {
  const owner = await freshOrganization(reelmark);
  const admin = await memberOf(reelmark, owner.organizationId, "admin");
  const member = await memberOf(reelmark, owner.organizationId, "member");
  const invite = (role: "owner" | "admin" | "viewer") => ({ body: { email: newAddress(role), role } });
  await expect(admin.api.createInvitation(invite("owner"))).rejects.toMatchObject({ status: 403 });
  await expect(admin.api.createInvitation(invite("admin"))).resolves.toBeDefined();
  await expect(member.api.createInvitation(invite("viewer"))).rejects.toMatchObject({ status: 403 });
  await expect(member.api.listInvitations()).resolves.toMatchObject({
    data: [{ role: "admin", status: "pending" }, {}, {}],
  });
});

test("one of two concurrent acceptances of a token wins, by the same user or by sign-up", async () => {
  const owner = await freshOrganization(reelmark);
  const guest = await verifiedUser();
  const { token } = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  const accept = () => guest.api.acceptInvitation({ body: { token } });
  const [first, second] = await overlapping(reelmark, holding, accept, accept);
  expect(first).toMatchObject({ status: "fulfilled" });
  expect(second).toMatchObject({ status: "rejected", reason: { status: 404 } });

  const email = newAddress("race");
  const invited = await openInvitation(reelmark, owner.organizationId, email, "member");
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => signUp(email, invited.token)));
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  await expect(owner.api.listMembers()).resolves.toMatchObject({ count: 3 });
});

test("a revocation and an acceptance at once: one of them is refused", async () => {
  const owner = await freshOrganization(reelmark);
  const guest = await verifiedUser();
  const invitation = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  const accept = () => guest.api.acceptInvitation({ body: { token: invitation.token } });
  const revoke = () => owner.api.revokeInvitation({ params: { invitation_id: invitation.id } });
  const [revoked, refused] = await overlapping(reelmark, holding, revoke, accept);
  expect(revoked).toMatchObject({ status: "fulfilled" });
  expect(refused).toMatchObject({ status: "rejected", reason: { status: 404 } });
  const next = await openInvitation(reelmark, owner.organizationId, guest.email, "member");
  const [accepted, late] = await overlapping(
    reelmark,
    holding,
    () => guest.api.acceptInvitation({ body: { token: next.token } }),
    () => owner.api.revokeInvitation({ params: { invitation_id: next.id } }),
  );
  expect(accepted).toMatchObject({ status: "fulfilled" });
  expect(late).toMatchObject({ status: "rejected", reason: { status: 404 } });
});

test("404 for another organization's invitation, which stays open", async () => {
  const owner = await freshOrganization(reelmark);
  const foreign = await freshOrganization(reelmark);
  const { id } = await foreign.api.createInvitation({ body: { email: newAddress("safe"), role: "member" } });
  await expect(owner.api.revokeInvitation({ params: { invitation_id: id } })).rejects.toMatchObject({ status: 404 });
  await expect(foreign.api.listInvitations()).resolves.toMatchObject({ data: [{ id, status: "pending" }] });
  await expect(owner.api.listInvitations()).resolves.toMatchObject({ count: 0 });
});
