import { SCOPES, type Scope } from "./vocabulary.ts";

export const ROLES = ["owner", "admin", "member", "viewer"] as const;
export type Role = (typeof ROLES)[number];

const all = Object.keys(SCOPES) as Scope[];
const reads = all.filter((scope) => scope.endsWith(":read") && scope !== "audit:read" && scope !== "billing:read");
const keptFromMembers: readonly Scope[] = [
  "organization:write",
  "billing:read",
  "billing:write",
  "audit:read",
  "webhooks:write",
];

/** What each role may do at most. A credential's scopes are cut to its user's role at every request (design §4). */
export const ROLE_SCOPES: Readonly<Record<Role, readonly Scope[]>> = {
  owner: all,
  admin: all.filter((scope) => scope !== "billing:write"),
  member: all.filter((scope) => !keptFromMembers.includes(scope)),
  viewer: [...reads, "profile:write"],
};
