import type { PlanId } from "../../spec/plans.ts";
import { statement } from "../kit/postgres/db.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";

const LIST = statement(
  "admin.list-organizations",
  `select o.id, o.name, o.plan, o.created_at, count(m.user_id) as members
     from organizations o left join memberships m on m.org_id = o.id group by o.id order by o.created_at, o.id`,
);
const SET_PLAN = statement(
  "admin.change-plan",
  `update organizations o set plan = $2 from organizations old where o.id = $1 and old.id = o.id
    returning o.id, o.name, old.plan as before, o.plan`,
);

export type OrganizationLine = { id: string; name: string; plan: PlanId; created_at: string; members: number };

/** Every organization, oldest first. */
export async function listOrganizations({ db }: Operator): Promise<Deed<readonly OrganizationLine[]>> {
  return { result: await db.rows<OrganizationLine>(LIST), organizations: [], fields: [] };
}

type Changed = { id: string; name: string; before: PlanId; plan: PlanId };

/** Puts an organization on a plan. It holds from the next request on, for keys and sessions alike. */
export async function changePlan({ db }: Operator, id: string, plan: PlanId): Promise<Deed<Changed>> {
  const row = await db.one<Changed>(SET_PLAN, [id, plan]);
  if (!row) {
    throw new OperatorError(
      "NOT_FOUND",
      `There is no organization ${id}: npm run admin -- list-organizations shows all`,
    );
  }
  return { result: row, organizations: [id], resource: { kind: "organization", id }, fields: ["plan"] };
}
