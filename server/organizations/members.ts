import { ApiError } from "../../spec/kit/errors.ts";
import { ROLES, type Role } from "../../spec/roles.ts";
import type { Ctx } from "../context.ts";
import { OTHER_OWNERS, REMOVE_MEMBER, REVOKE_KEYS_OF } from "./sql.ts";

/** 0 for an owner, growing as rights shrink. */
const rank = (role: Role): number => ROLES.indexOf(role);

/** Nobody changes someone above themselves, nor lifts anyone above themselves: 403. */
export function requireRank(ctx: Ctx, ...roles: readonly Role[]): void {
  const own = ctx.principal.role;
  const above = roles.find((role) => own === null || rank(role) < rank(own));
  if (above === undefined) return;
  throw new ApiError("FORBIDDEN", `Your role is ${own ?? "none"}: only someone at least ${above} can do this`, {
    details: { role: own, needed_role: above },
  });
}

/** Ends a membership and its keys. In this order: a key that is being made holds the membership, and is seen after it. */
export async function endMembership(ctx: Ctx, userId: string): Promise<void> {
  await ctx.db.run(REMOVE_MEMBER, [userId]);
  await ctx.db.run(REVOKE_KEYS_OF, [userId]);
}

/** The last owner stays: 409. Call it under the lock of the organization. */
export async function requireStays(ctx: Ctx, userId: string): Promise<void> {
  const row = await ctx.db.one<{ total: number }>(OTHER_OWNERS, [userId]);
  if ((row?.total ?? 0) > 0) return;
  throw new ApiError(
    "CONFLICT",
    "This is the last owner: make someone else an owner first, or delete the organization",
  );
}
