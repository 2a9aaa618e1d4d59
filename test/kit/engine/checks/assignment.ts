import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { withJson } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import { idFrom } from "../world.ts";
import { isRecord } from "./compare.ts";
import { unknownLike } from "./tenants.ts";

/** Fields that no client sets: those of the answer that the body does not name, and those that are always tried. */
function protectedFields(op: DocumentedOperation, run: Run, shown: Record<string, unknown>): Record<string, unknown> {
  const { properties = {} } = run.api.schemas.of(run.api.body(op)?.schema ?? {});
  const fields: Record<string, unknown> = { is_admin: true, role: "admin", tenant_id: "other", org_id: "other" };
  for (const [name, value] of Object.entries(shown)) fields[name] = other(value);
  return Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => !(name in properties) && value !== undefined),
  );
}

/** Another value of the same form. */
function other(value: unknown): unknown {
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") return value + 17;
  if (typeof value !== "string") return undefined;
  return /^\d{4}-\d\d-\d\dT/.test(value) ? value.replace(/^\d{4}/, "2001") : unknownLike(value);
}

export const massAssignment: Check = {
  name: "mass_assignment",
  about: "A field that the body does not name is refused or left alone: no client sets an id, an owner or a time",
  applies(op, run) {
    const json = Object.keys(op.body?.content ?? {}).some((type) => type.includes("json"));
    const kind = run.world.kindOf(op);
    return (
      json && (kind?.creates.includes(op) || kind?.updates.includes(op)) === true && run.cast.owner(op) !== undefined
    );
  },
  async run(op, run) {
    const kind = run.world.kindOf(op);
    if (!kind) return;
    const who = run.cast.owner(op);
    const { draft, ids } = await run.world.draft(op, {}, true);
    const good = await run.send(op, draft, who);
    if (!isRecord(good.json) || good.status >= 300 || typeof draft.body?.bytes !== "string") return;
    const creates = kind.creates.includes(op);
    for (const [name, value] of Object.entries(protectedFields(op, run, good.json))) {
      const body = creates ? run.world.freshBody(op, ids) : JSON.parse(draft.body.bytes);
      if (!isRecord(body)) return;
      const exchange = await run.send(op, withJson(draft, { ...body, [name]: value }), who);
      if (exchange.status >= 300) continue;
      const id = idFrom(kind, exchange) ?? "";
      const param = pathParams(op).at(-1);
      const read = await run.world.read(kind, creates ? id : (ids[`path ${param?.name}`] ?? ""), ids);
      const stands = [exchange.json, read?.json].some(
        (one) => isRecord(one) && JSON.stringify(one[name]) === JSON.stringify(value),
      );
      if (stands)
        run.report(this.name, op, { expected: `${name} is the server's to set`, seen: JSON.stringify(value) }, [
          exchange,
        ]);
    }
  },
};
