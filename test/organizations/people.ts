import { hash, randomBytes } from "node:crypto";
import pg from "pg";
import type { Client } from "../../client/index.ts";
import { newId } from "../../server/kit/ids.ts";
import type { Role } from "../../spec/roles.ts";
import type { TestApp } from "../setup/app.ts";

/** Runs SQL as the superuser, whom no row level security holds: to look behind the API, and to let time pass. */
export async function sql<R extends pg.QueryResultRow>(
  test: Pick<TestApp, "databaseUrl">,
  text: string,
  values: readonly unknown[] = [],
): Promise<R[]> {
  const client = new pg.Client({ connectionString: test.databaseUrl });
  await client.connect();
  try {
    return (await client.query<R>(text, [...values])).rows;
  } finally {
    await client.end();
  }
}

export const PASSWORD = "correct horse battery staple";

/** A session's header that names an organization. */
export const actingFor = (organizationId: string) => ({ "X-Organization-Id": organizationId });

export const newAddress = (who: string) => `${who}-${randomBytes(6).toString("hex")}@reelmark.example`;

/** An invitation whose mail was read already: its token. */
export async function openInvitation(
  test: TestApp,
  organizationId: string,
  email: string,
  role: Role,
): Promise<{ id: string; token: string }> {
  const token = `rmi_${randomBytes(32).toString("base64url")}`;
  const id = newId("inv", Date.now());
  await sql(
    test,
    `insert into invitations (id, org_id, email, role, token_hash, expires_at)
     values ($1, $2, $3, $4, $5, now() + interval '1 day')`,
    [id, organizationId, email, role, hash("sha256", token, "buffer")],
  );
  return { id, token };
}

export type Person = {
  readonly api: Client;
  readonly token: string;
  readonly refreshToken: string;
  readonly userId: string;
  readonly email: string;
  readonly name: string;
};

/** Somebody new who joined an organization by invitation, and is in no other. */
export async function memberOf(test: TestApp, organizationId: string, role: Role): Promise<Person> {
  const email = newAddress(role);
  const { token } = await openInvitation(test, organizationId, email, role);
  const name = `Test ${role}`;
  const session = await test.api().signUp({ body: { email, password: PASSWORD, name, invitation_token: token } });
  return {
    api: test.api(session.access_token),
    token: session.access_token,
    refreshToken: session.refresh_token,
    userId: session.user.id,
    email,
    name,
  };
}
