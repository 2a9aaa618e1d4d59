import { PLAN_IDS, type PlanId, planTerms } from "../../spec/plans.ts";
import { handlers } from "../context.ts";
import { statement } from "../kit/postgres/db.ts";

const USAGE = statement(
  "usage.get",
  `select o.plan, now()::timestamptz(3) as as_of,
          (select count(*) from memberships) +
          (select count(*) from invitations where accepted_at is null and expires_at > now()) as seats,
          (select count(*) from api_keys where revoked_at is null and (expires_at is null or expires_at > now())) as api_keys,
          (select count(*) from brands) as brands,
          (select count(*) from personas) as personas,
          (select count(*) from sources) as sources,
          coalesce((select bytes from storage_use), 0) as stored
     from organizations o`,
);

type Row = {
  plan: PlanId;
  as_of: string;
  seats: number;
  api_keys: number;
  brands: number;
  personas: number;
  sources: number;
  stored: number;
};

const toPlan = (id: PlanId) => ({ id, ...planTerms(id) });

export const usageHandlers = handlers({
  async listPlans(_input, { reply }) {
    return reply(200, { data: PLAN_IDS.map(toPlan) });
  },

  async getUsage(_input, { db, reply }) {
    const row = await db.one<Row>(USAGE);
    if (!row) throw new Error("the bound organization has no row");
    const { plan, seats, stored, ...counts } = row;
    const terms = planTerms(plan);
    return reply(200, {
      ...counts,
      plan: toPlan(plan),
      seats: { used: seats, limit: terms.seats },
      storage_bytes: { used: stored, limit: terms.storage_bytes },
    });
  },
});
