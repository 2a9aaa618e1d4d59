import { changePlan, listOrganizations } from "../../server/admin/organizations.ts";
import { PLAN_IDS } from "../../spec/plans.ts";
import { columns, command, need, oneOf } from "./command.ts";

const list = command({
  name: "list-organizations",
  about: "Lists every organization, oldest first",
  usage: "",
  notes: "Id, plan, number of members, when it was made, name.",
  options: {},
  async run(_flags, { operate }) {
    const rows = await operate(listOrganizations);
    const lines = rows.map((row) => [row.id, row.plan, String(row.members), row.created_at, row.name]);
    return { json: { organizations: rows }, text: columns(lines, "There is no organization yet.") };
  },
});

const change = command({
  name: "change-plan",
  about: "Puts an organization on a plan, from its next request on",
  usage: `--organization <id> --plan <${PLAN_IDS.join("|")}>`,
  notes: `  --organization <id>  list-organizations shows the ids
  --plan <plan>        what it gives: GET /v1/plans. On free, API keys are refused, not revoked`,
  options: { organization: { type: "string" }, plan: { type: "string" } },
  async run(flags, { operate }) {
    const id = need(flags.organization, "--organization <id>");
    const plan = oneOf(PLAN_IDS, need(flags.plan, `--plan <${PLAN_IDS.join("|")}>`), "--plan");
    const row = await operate((operator) => changePlan(operator, id, plan));
    return { json: row, text: `${id} (${row.name}): ${row.before} → ${row.plan}.` };
  },
});

export const organizations = [list, change];
