import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import type { Suite } from "../kit/servers.ts";
import { memberOf, newAddress, openInvitation, PASSWORD } from "../organizations/people.ts";
import { verify } from "./inputs.ts";
import type { ReelmarkTenant } from "./reelmark.ts";

const CONFLICT = { status: 409, code: "CONFLICT" };
const UNAUTHORIZED = { status: 401, code: "UNAUTHORIZED" };
const NOT_FOUND = { status: 404, code: "NOT_FOUND" };

/** A token of the right shape that nobody was sent. */
const unsent = (prefix: string) => `${prefix}_${randomBytes(32).toString("base64url")}`;

/** Refusals of members, invitations and accounts that follow from who is there: one test each. */
export function identityRefusalTests(suite: Suite<ReelmarkTenant>): void {
  const tenant = async () => (await suite.main()).tenant();

  test("signUp: 404 for an invitation that nobody made", async () => {
    const { app } = await tenant();
    const body = { email: newAddress("x"), password: PASSWORD, name: "N", invitation_token: unsent("rmi") };
    await expect(app.api().signUp({ body })).rejects.toMatchObject(NOT_FOUND);
  });

  test("verifyEmail and resetPassword: 401 for a token that nobody was sent", async () => {
    const { app } = await tenant();
    const token = unsent("rmm");
    await expect(app.api().verifyEmail({ body: { token } })).rejects.toMatchObject(UNAUTHORIZED);
    await expect(app.api().resetPassword({ body: { token, password: PASSWORD } })).rejects.toMatchObject(UNAUTHORIZED);
  });

  test("acceptInvitation: 404 for an invitation that nobody made", async () => {
    const known = await tenant();
    await verify(known);
    const accepted = known.organization.api.acceptInvitation({ body: { token: unsent("rmi") } });
    await expect(accepted).rejects.toMatchObject(NOT_FOUND);
  });

  test("acceptInvitation: 409 for a member", async () => {
    const known = await tenant();
    const { app, organization } = known;
    await verify(known);
    const { token } = await openInvitation(app, organization.organizationId, organization.email, "viewer");
    await expect(organization.api.acceptInvitation({ body: { token } })).rejects.toMatchObject(CONFLICT);
    await expect(organization.api.getOrganization()).resolves.toMatchObject({ role: "owner" });
  });

  test("createInvitation: 409 for an address that is a member's, or invited already", async () => {
    const { api, email } = (await tenant()).organization;
    const invite = (address: string) => api.createInvitation({ body: { email: address, role: "viewer" } });
    await expect(invite(email)).rejects.toMatchObject(CONFLICT);
    const guest = newAddress("guest");
    await invite(guest);
    await expect(invite(guest)).rejects.toMatchObject(CONFLICT);
    await expect(api.listInvitations()).resolves.toMatchObject({ count: 1 });
  });

  test("updateMember, removeMember, leaveOrganization and deleteAccount: 409 for the last owner, who stays", async () => {
    const { app, organization } = await tenant();
    const { api, userId } = organization;
    await memberOf(app, organization.organizationId, "admin");
    const params = { user_id: userId };
    await expect(api.updateMember({ params, body: { role: "admin" } })).rejects.toMatchObject(CONFLICT);
    await expect(api.removeMember({ params })).rejects.toMatchObject(CONFLICT);
    await expect(api.leaveOrganization()).rejects.toMatchObject(CONFLICT);
    const { name } = (await api.getProfile()).user;
    await expect(api.deleteAccount({ query: { confirm: name } })).rejects.toMatchObject(CONFLICT);
    await expect(api.listMembers({ query: { role: "owner" } })).resolves.toMatchObject({ data: [{ user_id: userId }] });
  });
}
