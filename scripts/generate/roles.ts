import type { Operation } from "../../spec/kit/operation.ts";
import { scopeNames } from "../../spec/kit/policy.ts";
import { ROLE_SCOPES, ROLES, type Role } from "../../spec/roles.ts";
import { IMPLIED_SCOPES, SCOPES, type Scope } from "../../spec/vocabulary.ts";
import { table } from "./markdown.ts";

/** Whether a role holds a scope, itself or by another that brings it. */
const holds = (role: Role, scope: string): boolean =>
  ROLE_SCOPES[role].some((own) => own === scope || IMPLIED_SCOPES[own]?.some((implied) => implied === scope));

/** Whether a session of a role gets past the scopes of an operation. */
function mayCall(role: Role, op: Operation): boolean {
  const scopes = scopeNames(op);
  if (scopes.length === 0) return true;
  const held = scopes.filter((scope) => holds(role, scope));
  return "anyOf" in op.scopes ? held.length > 0 : held.length === scopes.length;
}

const cell = (yes: boolean) => (yes ? "yes" : "–");

/** Every scope, what it allows, and which roles have it, as a Markdown table. */
export function roleScopesTable(): string {
  const rows = (Object.keys(SCOPES) as Scope[]).map((scope) => [
    `\`${scope}\``,
    SCOPES[scope],
    ...ROLES.map((role) => cell(holds(role, scope))),
  ]);
  return table(["scope", "allows", ...ROLES], rows);
}

const CALLERS: Partial<Record<Operation["auth"], string>> = {
  credential: "session or key",
  session: "session",
  public: "anyone",
  signed: "who has a signed address",
  provider: "the payment provider",
};
/** Those for whom a role counts, or who are let in whatever theirs. */
const BY_ROLE: readonly Operation["auth"][] = ["credential", "session", "public"];

/** Every operation, who may call it, and which roles may, as a Markdown table. */
export function roleOperationsTable(contract: Record<string, Operation>): string {
  const rows = Object.values(contract).map((op) => [
    `\`${op.id}\``,
    `${op.method.toUpperCase()} ${op.path}`,
    CALLERS[op.auth] ?? op.auth,
    scopeNames(op)
      .map((scope) => `\`${scope}\``)
      .join("anyOf" in op.scopes ? " or " : " ") || "–",
    ...ROLES.map((role) => (BY_ROLE.includes(op.auth) ? cell(mayCall(role, op)) : "")),
  ]);
  return table(["operation", "request", "by", "scopes", ...ROLES], rows);
}
