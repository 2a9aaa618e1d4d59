import { hash } from "node:crypto";
import { ApiError } from "../../spec/kit/errors.ts";
import { type PlanId, planTerms } from "../../spec/plans.ts";
import type { Role } from "../../spec/roles.ts";
import type { Ctx } from "../context.ts";
import type { Db } from "../kit/postgres/db.ts";
import {
  ACCEPT,
  BIND_ORG,
  BY_TOKEN,
  INSERT,
  INSERT_MEMBER,
  LOCK,
  ORGANIZATIONS_OF,
  type OrganizationRow,
  SEATS,
} from "./sql.ts";

/** What is stored of an invitation's token. */
export const invitationHash = (token: string): Buffer => hash("sha256", token, "buffer");

/** The organizations of a user, oldest membership first. */
export const organizationsOf = (ctx: Pick<Ctx, "db">, userId: string): Promise<OrganizationRow[]> =>
  ctx.db.rows<OrganizationRow>(ORGANIZATIONS_OF, [userId]);

/** Makes an organization with its owner, and binds the transaction to it. */
export async function foundOrganization(
  ctx: Pick<Ctx, "db" | "newId">,
  userId: string,
  name: string,
  plan: PlanId,
): Promise<OrganizationRow> {
  const id = ctx.newId("org");
  await ctx.db.run(BIND_ORG, [id]);
  const row = await ctx.db.one<OrganizationRow>(INSERT, [id, name, plan]);
  await ctx.db.run(INSERT_MEMBER, [id, userId, "owner"]);
  if (!row) throw new Error("insert returned no row");
  return row;
}

/** Throws 403 PLAN_LIMIT when the plan has no seat left. `holding` is 1 when an open invitation keeps one already. */
export async function requireSeat(ctx: Ctx, holding: 0 | 1): Promise<void> {
  await ctx.db.run(LOCK);
  const row = await ctx.db.one<{ plan: PlanId; members: number; invited: number }>(SEATS);
  if (!row) throw new Error("the bound organization has no row");
  const { seats } = planTerms(row.plan);
  if (seats === null || row.members + row.invited - holding < seats) return;
  throw new ApiError(
    "PLAN_LIMIT",
    `The plan gives ${seats} seats, and all are taken: remove someone, or change the plan`,
    {
      details: { plan: row.plan, seats },
    },
  );
}

type Open = { id: string; org_id: string; email: string; role: Role };

/** The open invitation of a token. Throws 404 for one that is unknown, used or over, or that was sent to another address. */
export async function openInvitation(db: Db, email: string | null, token: string): Promise<Open> {
  const open = await db.one<Open>(BY_TOKEN, [invitationHash(token)]);
  if (!open || open.email !== email) throw notOpen();
  return open;
}

const notOpen = () =>
  new ApiError("NOT_FOUND", "There is no open invitation with this token for your address: ask for a new one");

/**
 * Takes an invitation up for a user: makes them a member, once, and binds the transaction to the organization. Throws 404
 * for a token that is unknown, used or over, or that was sent to another address.
 */
export async function acceptInvitation(
  ctx: Ctx,
  user: { id: string; email: string | null },
  token: string,
): Promise<OrganizationRow> {
  const open = await openInvitation(ctx.db, user.email, token);
  await ctx.db.run(BIND_ORG, [open.org_id]);
  // The invitation held its seat; taking it up and joining are one, under the lock of the organization.
  await requireSeat(ctx, 1);
  if ((await ctx.db.run(ACCEPT, [open.id])) === 0) throw notOpen();
  const joined = await ctx.db.run(INSERT_MEMBER, [open.org_id, user.id, open.role]);
  if (joined === 0) throw new ApiError("CONFLICT", "You are a member already");
  const organization = (await organizationsOf(ctx, user.id)).find(({ id }) => id === open.org_id);
  if (!organization) throw new Error("the new membership is not there");
  return organization;
}

/** Throws 400 where an organization is needed and the session has not named one. */
export function requireOrganization(ctx: Ctx): void {
  if (ctx.principal.tenantRefusal) throw ctx.principal.tenantRefusal.error;
  if (ctx.org === "") throw new ApiError("FORBIDDEN", "You are not a member of any organization");
}
