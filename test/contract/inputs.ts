import { hash, randomBytes } from "node:crypto";
import { grantCredits } from "../../server/billing/service.ts";
import { APP_ROLE } from "../../server/db/migrate.ts";
import { newId } from "../../server/kit/ids.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import type { KnownInput, Made } from "../kit/target.ts";
import { somebodyLetIn } from "../oauth/world.ts";
import { memberOf, newAddress, openInvitation, PASSWORD, sql } from "../organizations/people.ts";
import { freshOrganization, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";

type Known = { readonly app: TestApp; readonly organization: TestOrganization };

const logIn = ({ app, organization: { email, password } }: Known) => app.api().login({ body: { email, password } });

/** A token that the tenant's owner got by mail. */
export async function mailToken({ app, organization }: Known, purpose: "verify" | "reset"): Promise<string> {
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

/** The whole of an upload in parts. */
const PART = "some text";

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
  // A smaller plan than a new organization's: taken at once, and API keys go on.
  changeBillingPlan: async () => ({ body: { plan: "pro" } }),
  putUploadPart: async () => ({ body: PART }),
  putSignedUploadPart: async () => ({ body: PART }),
  async acceptInvitation(known) {
    await verify(known);
    const host = await freshOrganization(known.app);
    const { token } = await openInvitation(known.app, host.organizationId, known.organization.email, "member");
    return { body: { token } };
  },
};

/** A source of a persona of its own. */
async function someSource({ organization: { api } }: Known) {
  const name = `made-${randomBytes(6).toString("hex")}`;
  const brand = await api.createBrand({ body: { name, slug: name } });
  const persona = await api.createPersona({ body: { brand_id: brand.id, name } });
  return api.createSource({ body: { persona_id: persona.id, url: "https://feeds.example.com/made.xml" } });
}

/** A post with a file, as a sync brings it. */
async function sourcePost(known: Known): Promise<Made> {
  const source = await someSource(known);
  const id = newId("spo", Date.now());
  const media = {
    url: "https://cdn.example.com/made.mp4",
    kind: "video",
    type: null,
    size: null,
    duration_seconds: null,
  };
  await sql(
    known.app,
    `insert into source_posts (id, org_id, source_id, persona_id, external_id, title, media, digest)
     values ($1, $2, $3, $4, 'made', 'Made', $5, '\\x00')`,
    [id, known.organization.organizationId, source.id, source.persona_id, JSON.stringify([media])],
  );
  return { id, body: await known.organization.api.getSourcePost({ params: { source_post_id: id } }) };
}

/** A sync that has not begun: no worker runs beside these tests. */
async function pendingSync(known: Known): Promise<Made> {
  const source = await someSource(known);
  const body = await known.organization.api.syncSource({ params: { source_id: source.id }, body: {} });
  return { id: body.id, body };
}

/** Makes so many credits all that there are, this month's among them. */
export async function setCredits({ app, organization: { organizationId } }: Known, credits: number): Promise<void> {
  await sql(app, "update organizations set plan = 'pro' where id = $1", [organizationId]);
  await sql(
    app,
    `insert into credit_accounts (org_id, monthly_period) values ($1, to_char(now() at time zone 'utc', 'YYYY-MM'))
     on conflict (org_id) do update set monthly_period = excluded.monthly_period`,
    [organizationId],
  );
  const account = "select available::int from credit_accounts where org_id = $1";
  const [row] = await sql<{ available: number }>(app, account, [organizationId]);
  const pool = openPool({ url: app.databaseUrl, name: "test", role: APP_ROLE, max: 1, onError() {} });
  try {
    const grant = { organization: organizationId, credits: credits - (row?.available ?? 0), note: null };
    const wish = { ...grant, topupId: undefined, key: undefined };
    const done = await withTransaction(pool, "", (db) => grantCredits(db, wish, Date.now()));
    if ("problem" in done) throw new Error(done.message);
  } finally {
    await pool.end();
  }
}

/** An upload in parts, of which there is one; and that part sent, where it is to be there. */
const inParts =
  (part?: string) =>
  async ({ app, organization: { api, token } }: Known): Promise<Made> => {
    const body = await api.createResumableUpload({ body: { filename: "notes.txt", size: PART.length } });
    if (part !== undefined) {
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" };
      const url = `${PUBLIC_URL}/api/v1/uploads/${body.id}/parts/1`;
      const { status } = await app.fetch(new Request(url, { method: "PUT", headers, body: part }));
      if (status !== 200) throw new Error(`The part was not taken: ${status}`);
    }
    return { id: body.id, body };
  };

/** Resources that no operation creates (members come of invitations, sessions of logging in, grants of consent), and those in a certain state. */
export const MAKERS: Readonly<Record<string, (known: Known) => Promise<Made>>> = {
  source_post: sourcePost,
  async credit_transaction(known) {
    await setCredits(known, 1 + Math.floor(Math.random() * 1_000_000));
    const [body] = (await known.organization.api.listTransactions({ query: { limit: 1 } })).data;
    if (!body) throw new Error("A grant has left no movement");
    return { id: body.id, body };
  },
  cancelSyncJob: pendingSync,
  putUploadPart: inParts(),
  putSignedUploadPart: inParts(),
  createUploadPartUrl: inParts(),
  listUploadParts: inParts(PART),
  completeUpload: inParts(PART),
  async member({ app, organization }) {
    const { userId } = await memberOf(app, organization.organizationId, "viewer");
    const { data } = await organization.api.listMembers({ query: { limit: 100 } });
    const body = data.find(({ user_id }) => user_id === userId);
    if (!body) throw new Error("Whoever joined is no member");
    return { id: userId, body };
  },
  async event({ organization }) {
    const { id } = await organization.key();
    const { data } = await organization.api.listEvents({ query: { type: "api_key.created", limit: 100 } });
    const body = data.find(({ payload }) => (payload.data as { id: string }).id === id);
    if (!body) throw new Error("Nobody was told of a new key");
    return { id: body.id, body };
  },
  async oauth_grant({ app, organization }) {
    const body = await somebodyLetIn(app, organization);
    return { id: body.id, body };
  },
  async session(known) {
    const { data } = await known.app.api((await logIn(known)).access_token).listSessions({ query: { limit: 100 } });
    const body = data.find(({ current }) => current);
    if (!body) throw new Error("Whoever logged in has no session");
    return { id: body.id, body };
  },
};
