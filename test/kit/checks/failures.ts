import { expect } from "vitest";
import type { DocumentedOperation } from "../document.ts";
import { refused } from "../expecting.ts";
import type { Life } from "../life.ts";
import { STORE_SECRET, type Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

/** A store that fails: 500 that says nothing, 503 that says when to come back, and no half of a change. */
export function failureChecks<T extends Tenant>(suite: Suite<T>): void {
  const { api } = suite;

  /** Everything that the operation could have changed, as its tenant sees it. */
  async function state(life: Life<T>, op: DocumentedOperation, id: string | undefined): Promise<unknown> {
    const changed = api.kindOf(op, "updates") ?? api.kindOf(op, "deletes");
    const created = api.kindOf(op, "creates");
    const resource = changed === undefined ? undefined : await life.read(changed, id ?? "");
    const list = created === undefined ? undefined : await life.list(created);
    return { resource: resource?.text, status: resource?.status, list };
  }

  for (const op of api.operations) {
    const change = api.references(op).find(({ place }) => place === "path");

    async function under(how: "after-work" | "unreachable") {
      const target = await suite.breakable();
      const life = await suite.fresh(target);
      const made = change && (await life.make(change.kind, op));
      const draft = await life.draft(op, change && made ? { [`path ${change.name}`]: made.id } : {});
      const principal = await life.principal(op);
      const before = await state(life, op, made?.id);
      target.failing(how);
      try {
        const response = await life.send(draft, principal);
        target.failing(undefined);
        return { response, before, after: await state(life, op, made?.id) };
      } finally {
        target.failing(undefined);
      }
    }

    suite.test(`${op.id}: 500 that says nothing and leaves nothing when the store fails after the work`, async () => {
      const { response, before, after } = await under("after-work");
      const shown = JSON.stringify([...response.headers]) + (await response.clone().text());
      expect(shown).not.toContain(STORE_SECRET);
      const error = await refused(response, 500, "INTERNAL_ERROR");
      expect(error.details).toEqual({});
      expect(after).toEqual(before);
    });

    suite.test(`${op.id}: 503 with Retry-After when the store cannot be reached`, async () => {
      const { response, before, after } = await under("unreachable");
      expect(Number(response.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
      expect(await response.clone().text()).not.toContain(STORE_SECRET);
      await refused(response, 503, "SERVICE_UNAVAILABLE");
      expect(after).toEqual(before);
    });
  }
}
