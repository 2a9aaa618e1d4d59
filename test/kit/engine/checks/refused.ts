import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders } from "../../draft.ts";
import type { Run } from "../run.ts";
import type { Check, Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { snapshot } from "./snapshot.ts";
import { unknownLike } from "./tenants.ts";

/** Requests that are well-formed and that the state of things speaks against. */
async function hopeless(op: DocumentedOperation, run: Run, draft: Draft, ids: Ids): Promise<Draft[]> {
  const found: Draft[] = [];
  const { body } = draft;
  for (const { place, name } of run.world.references(op)) {
    const id = ids[`${place} ${name}`];
    if (place !== "body" || id === undefined || typeof body?.bytes !== "string") continue;
    // Other texts than the resource has: what is written in spite of the refusal must show.
    const fresh = run.world.fill(op, { ...ids, [`body ${name}`]: unknownLike(id) });
    found.push(fresh);
  }
  if (op.responses.has(412)) found.push(withHeaders(run.world.fill(op, ids), { "if-match": '"no-such-version"' }));
  // What must be unique, a second time.
  if (op.responses.has(409) && run.world.kindOf(op)?.creates.includes(op)) {
    const first = await run.send(op, draft, run.cast.owner(op));
    if (first.status < 300) found.push(draft);
  }
  return found;
}

export const refusedChangesNothing: Check = {
  name: "failed_request_changes_nothing",
  about:
    "A request that is refused for the state of things (a conflict, an unknown parent, a stale ETag) changes nothing",
  applies(op, run) {
    const kind = run.world.kindOf(op);
    return op.method !== "GET" && kind !== undefined && (kind.reads ?? kind.lists) !== undefined;
  },
  async run(op, run) {
    const { draft, ids } = await run.world.draft(op, {}, true);
    for (const one of await hopeless(op, run, draft, ids)) {
      const before = await snapshot(op, run, ids);
      const exchange: Exchange = await run.send(op, one, run.cast.owner(op));
      if (exchange.status < 400 || (await snapshot(op, run, ids)) === before) continue;
      const seen = `${exchange.status}, and another state`;
      run.report(this.name, op, { expected: "nothing changes by a refused request", seen }, [exchange]);
    }
  },
};
