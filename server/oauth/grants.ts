import { ROLE_SCOPES } from "../../spec/roles.ts";
import { IMPLIED_SCOPES, SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { writeAudit } from "../audit/service.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import { organizationsOf } from "../organizations/service.ts";
import type { Web } from "../web/service.ts";
import { BIND, INSERT_GRANT, USE_CLIENT } from "./sql.ts";

export type Visit = Parameters<Web["page"]>[0];
export type BrowserSession = NonNullable<Visit["session"]>;
type Organization = Awaited<ReturnType<typeof organizationsOf>>[number];
/** An organization that a user can choose, and what of a client's wishes their role there lets them give. */
export type Choice = { readonly organization: Organization; readonly scopes: readonly Scope[] };

/** What a client asks a user for. */
export type Asked = { readonly clientId: string; readonly resource: string; readonly scopes: readonly Scope[] };

/** The scopes among the words of a `scope` parameter (RFC 6749 §3.3), each once; what nobody can give is left out. */
export function scopesIn(text: unknown): Scope[] {
  const words = typeof text === "string" ? text.split(" ") : [];
  return (Object.keys(SCOPES) as Scope[]).filter((scope) => words.includes(scope));
}

/** What of the scopes asked for a member of an organization can give at all. */
function withinRole(scopes: readonly Scope[], { role }: Organization): Scope[] {
  const own = ROLE_SCOPES[role];
  const held = new Set<Scope>([...own, ...own.flatMap((scope) => IMPLIED_SCOPES[scope] ?? [])]);
  return scopes.filter((scope) => held.has(scope));
}

/** The organizations that a user can choose from, with what each lets them give; those where it is nothing are left out. */
export async function choices(db: Db, session: BrowserSession, asked: Asked): Promise<Choice[]> {
  const all = await organizationsOf({ db }, session.userId);
  return all.flatMap((organization) => {
    const scopes = withinRole(asked.scopes, organization);
    return scopes.length === 0 ? [] : [{ organization, scopes }];
  });
}

export type Approval = {
  readonly session: BrowserSession;
  readonly asked: Asked;
  readonly organizationId: string;
  /** What the user left ticked. */
  readonly ticked: readonly string[];
  readonly days: number;
  readonly requestId: string;
  readonly address: string;
};

/**
 * Writes down what a user lets a client do, within the caller's transaction, and returns the grant's id: the scopes asked for,
 * ticked, and within the user's role. Undefined when that is nothing, or the user is not in that organization (any more).
 */
export async function approve(db: Db, approval: Approval): Promise<string | undefined> {
  const { session, asked, organizationId, ticked, days } = approval;
  const found = (await choices(db, session, asked)).find(({ organization }) => organization.id === organizationId);
  const scopes = found?.scopes.filter((scope) => ticked.includes(scope)) ?? [];
  if (scopes.length === 0) return undefined;
  const now = Date.now();
  const id = newId("oag", now);
  await db.run(BIND, [organizationId]);
  const values = [id, organizationId, session.userId, session.id, asked.clientId, asked.resource, scopes, days];
  if ((await db.run(INSERT_GRANT, values)) !== 1) return undefined;
  await db.run(USE_CLIENT, [asked.clientId]);
  const principal = { id: session.id, kind: "session", userId: session.userId } as const;
  await writeAudit(db, principal, {
    operation: "authorizeClient",
    resourceKind: "oauth_grant",
    resourceId: id,
    fields: scopes,
    requestId: approval.requestId,
    address: approval.address,
    actor: session.userId,
    atMs: now,
  });
  return id;
}
