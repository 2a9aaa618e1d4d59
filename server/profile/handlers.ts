import { ApiError } from "../../spec/kit/errors.ts";
import type { PlanId } from "../../spec/plans.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { type Ctx, handlers } from "../context.ts";
import { statement } from "../kit/postgres/db.ts";

type Row = {
  id: string;
  email: string | null;
  email_verified: boolean;
  name: string;
  created_at: string;
  org_id: string;
  org_name: string;
  org_plan: PlanId;
  org_created_at: string;
};

const GET = statement(
  "profile.get",
  `select u.id, u.email, u.email_verified_at is not null as email_verified, u.name, u.created_at,
          o.id as org_id, o.name as org_name, o.plan as org_plan, o.created_at as org_created_at
     from users u, organizations o where u.id = $1 and o.id = $2`,
);
const UPDATE = statement("profile.update", "update users set name = coalesce($2, name) where id = $1");

async function profile(ctx: Ctx) {
  const { principal } = ctx;
  const row = await ctx.db.one<Row>(GET, [principal.userId, ctx.org]);
  if (
    !row ||
    principal.role === null ||
    principal.kind === "anonymous" ||
    principal.kind === "signed" ||
    principal.kind === "provider"
  )
    throw new ApiError("NOT_FOUND", "There is no such user");
  const { org_id, org_name, org_plan, org_created_at, ...user } = row;
  return {
    user,
    organization: { id: org_id, name: org_name, plan: org_plan, role: principal.role, created_at: org_created_at },
    // ROLE_SCOPES and the keys' own scopes are both of the vocabulary.
    credential: { kind: principal.kind, id: principal.id, scopes: [...principal.scopes].sort() as Scope[] },
  };
}

export const profileHandlers = handlers({
  async getProfile(_input, ctx) {
    return ctx.reply(200, await profile(ctx));
  },

  async updateProfile({ body }, ctx) {
    await ctx.db.run(UPDATE, [ctx.principal.userId, body.name ?? null]);
    return ctx.reply(200, await profile(ctx));
  },
});
