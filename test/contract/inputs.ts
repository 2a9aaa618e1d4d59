import { hash, randomBytes } from "node:crypto";
import type { KnownInput, Made } from "../kit/target.ts";
import { memberOf, newAddress, openInvitation, PASSWORD, sql } from "../organizations/people.ts";
import { freshOrganization, type TestApp, type TestOrganization } from "../setup/app.ts";

type Known = { readonly app: TestApp; readonly organization: TestOrganization };

const logIn = ({ app, organization: { email, password } }: Known) => app.api().login({ body: { email, password } });

/** A token that the tenant's owner got by mail. */
async function mailToken({ app, organization }: Known, purpose: "verify" | "reset"): Promise<string> {
  const token = `rmm_${randomBytes(32).toString("base64url")}`;
  await sql(
    app,
    `insert into mail_tokens (token_hash, user_id, purpose, email, expires_at)
     values ($1, $2, $3, $4, now() + interval '1 hour')`,
    [hash("sha256", token, "buffer"), organization.userId, purpose, organization.email],
  );
  return token;
}

/** Makes the tenant's owner somebody whose address is known to be theirs. */
export const verify = ({ app, organization }: Known) =>
  sql(app, "update users set email_verified_at = now() where id = $1", [organization.userId]);

/** Input that only a mail or a memory knows, by operation. */
export const INPUTS: Readonly<Record<string, (known: Known) => Promise<KnownInput>>> = {
  // The example shows both ways into an organization, of which one can be taken.
  signUp: async () => ({
    body: { email: newAddress("new"), password: PASSWORD, name: "New", organization_name: "New Studio" },
  }),
  login: async ({ organization: { email, password } }) => ({ body: { email, password } }),
  refreshSession: async (known) => ({ body: { refresh_token: (await logIn(known)).refresh_token } }),
  verifyEmail: async (known) => ({ body: { token: await mailToken(known, "verify") } }),
  resetPassword: async (known) => ({
    body: { token: await mailToken(known, "reset"), password: "another battery staple" },
  }),
  changePassword: async ({ organization: { password } }) => ({
    body: { current_password: password, new_password: "another battery staple" },
  }),
  // Called by a member, whom `memberOf` names after their role.
  deleteAccount: async () => ({ query: { confirm: "Test member" } }),
  deleteOrganization: async ({ organization }) => ({
    query: { confirm: (await organization.api.getOrganization()).name },
  }),
  async acceptInvitation(known) {
    await verify(known);
    const host = await freshOrganization(known.app);
    const { token } = await openInvitation(known.app, host.organizationId, known.organization.email, "member");
    return { body: { token } };
  },
};

/** Resources that no operation creates: members come of invitations, sessions of logging in. */
export const MAKERS: Readonly<Record<string, (known: Known) => Promise<Made>>> = {
  async member({ app, organization }) {
    const { userId } = await memberOf(app, organization.organizationId, "viewer");
    const { data } = await organization.api.listMembers({ query: { limit: 100 } });
    const body = data.find(({ user_id }) => user_id === userId);
    if (!body) throw new Error("Whoever joined is no member");
    return { id: userId, body };
  },
  async session(known) {
    const { data } = await known.app.api((await logIn(known)).access_token).listSessions({ query: { limit: 100 } });
    const body = data.find(({ current }) => current);
    if (!body) throw new Error("Whoever logged in has no session");
    return { id: body.id, body };
  },
};
