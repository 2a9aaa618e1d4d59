import type { ReelmarkPrincipal } from "../context.ts";
import type { AuditFacts } from "../kit/backend.ts";
import { newId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";

// The organization is the one that the connection is bound to: sign-up binds the one it has just made.
const INSERT = statement(
  "audit.insert",
  `insert into audit_events
     (id, org_id, operation, actor_kind, user_id, credential_id, resource_kind, resource_id, fields, request_id, address)
   values ($1, coalesce(current_setting('app.org_id', true), ''), $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
);

/** Writes the record of a mutation, in its transaction: there is no change without one. */
export async function writeAudit(
  db: Db,
  principal: Pick<ReelmarkPrincipal, "id" | "kind" | "userId">,
  facts: AuditFacts,
): Promise<void> {
  const known = principal.kind !== "anonymous";
  // A signed address and a payment provider stand for no user.
  const hasUser = known && principal.userId !== "";
  await db.run(INSERT, [
    newId("evt", facts.atMs),
    facts.operation,
    principal.kind,
    facts.actor ?? (hasUser ? principal.userId : null),
    known ? principal.id : null,
    facts.resourceKind,
    facts.resourceId,
    facts.fields,
    facts.requestId,
    facts.address,
  ]);
}

const INSERT_OPERATOR = statement(
  "audit.insert-operator",
  `insert into audit_events (id, org_id, operation, actor_kind, resource_kind, resource_id, fields, request_id)
   values ($1, $2, $3, 'operator', $4, $5, $6, $7)`,
);

type OperatorFacts = Omit<AuditFacts, "address" | "actor"> & { readonly organization: string };

/** Writes the record of an operator's command, in its transaction. `organization` is empty where it concerns none. */
export async function writeOperatorAudit(db: Db, facts: OperatorFacts): Promise<void> {
  const { operation, resourceKind, resourceId, fields, requestId } = facts;
  const id = newId("evt", facts.atMs);
  await db.run(INSERT_OPERATOR, [id, facts.organization, operation, resourceKind, resourceId, fields, requestId]);
}
