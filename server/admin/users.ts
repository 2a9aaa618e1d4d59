import { SignUpInput } from "../../spec/auth.ts";
import type { PlanId } from "../../spec/plans.ts";
import { endSessionsOf, insertUser } from "../auth/service.ts";
import { statement, violates } from "../kit/postgres/db.ts";
import { foundOrganization } from "../organizations/service.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";

const FIND = statement("admin.find-user", "select id, email from users where id = $1 or email = lower($1)");
const ORGANIZATIONS = statement("admin.user-organizations", "select org_id from memberships where user_id = $1");
const EXTERNAL = statement(
  "admin.user-external",
  "select count(*) as total from external_identities where user_id = $1",
);
const ANY_EXTERNAL = statement("admin.any-external", "select count(*) as total from external_identities");
const END_ALL = statement("admin.end-all", "update sessions set ended_at = now() where ended_at is null");
const REVOKE_KEY = statement(
  "admin.revoke-key",
  `update api_keys k set revoked_at = coalesce(k.revoked_at, now()) from api_keys old
    where k.id = $1 and old.id = k.id
    returning k.id, k.org_id, k.label, k.prefix, k.revoked_at, old.revoked_at is not null as already`,
);

type NewUser = { email: string; name: string; password: string; organization?: string | undefined };

const FLAGS: Readonly<Record<string, string>> = { organization_name: "organization" };

/** Holds a new user to the rules of sign-up. Throws OperatorError INVALID with every problem, by the option's name. */
export function checkNewUser({ email, name, password, organization }: NewUser): void {
  const input = { email, name, password, ...(organization === undefined ? {} : { organization_name: organization }) };
  const parsed = SignUpInput.safeParse(input);
  if (parsed.success) return;
  const problems = parsed.error.issues.map((issue) => {
    const field = String(issue.path[0]);
    return `${FLAGS[field] ?? field}: ${issue.message}`;
  });
  throw new OperatorError("INVALID", `This user cannot be made: ${problems.join("; ")}`);
}

/**
 * Makes a user, whatever SIGN_UP says; the address counts as verified, because the operator vouches for it. With an
 * organization name, makes that organization too, and the user its owner.
 */
export async function createUser(
  operator: Operator,
  user: Omit<NewUser, "password"> & { passwordHash: string; plan: PlanId },
): Promise<Deed<{ user_id: string; email: string; organization_id: string | null }>> {
  const id = operator.newId("usr");
  const { name, passwordHash } = user;
  const email = user.email.toLowerCase();
  await insertUser(operator.db, { id, email, name, passwordHash, emailVerified: true }).catch((error: unknown) => {
    if (!violates(error, "users_email_key")) throw error;
    throw new OperatorError("CONFLICT", `${email} has an account already: let them log in, or reset the password`);
  });
  const organization =
    user.organization === undefined ? null : await foundOrganization(operator, id, user.organization, user.plan);
  return {
    result: { user_id: id, email, organization_id: organization?.id ?? null },
    organizations: organization ? [organization.id] : [],
    resource: { kind: "user", id },
    fields: ["email", "name", "password", ...(organization ? ["organization"] : [])],
  };
}

type Ended = { user_id: string | null; ended: number; external: boolean };

/** Ends every session of a user, named by id or address: from the next request on they are refused. */
export async function endUserSessions({ db }: Operator, user: string): Promise<Deed<Ended>> {
  const found = await db.one<{ id: string }>(FIND, [user]);
  if (!found) throw new OperatorError("NOT_FOUND", `There is no user ${user}: name one by address or id (usr_…)`);
  const ended = await endSessionsOf(db, found.id);
  const external = await db.one<{ total: number }>(EXTERNAL, [found.id]);
  const organizations = await db.rows<{ org_id: string }>(ORGANIZATIONS, [found.id]);
  return {
    result: { user_id: found.id, ended, external: (external?.total ?? 0) > 0 },
    organizations: organizations.map(({ org_id }) => org_id),
    resource: { kind: "user", id: found.id },
    fields: ["user"],
  };
}

/** Ends every session of everybody. */
export async function endAllSessions({ db }: Operator): Promise<Deed<Ended>> {
  const ended = await db.run(END_ALL);
  const external = (await db.one<{ total: number }>(ANY_EXTERNAL))?.total ?? 0;
  return { result: { user_id: null, ended, external: external > 0 }, organizations: [], fields: ["all"] };
}

type RevokedKey = { id: string; org_id: string; label: string; prefix: string; revoked_at: string; already: boolean };

/** Revokes an API key of any organization, for good. One that was revoked before stays as it is. */
export async function revokeKey({ db }: Operator, id: string): Promise<Deed<RevokedKey>> {
  const row = await db.one<RevokedKey>(REVOKE_KEY, [id]);
  if (!row) throw new OperatorError("NOT_FOUND", `There is no API key ${id}: name one by its id (key_…)`);
  return { result: row, organizations: [row.org_id], resource: { kind: "api_key", id }, fields: ["key"] };
}
