import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders } from "../../draft.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { settled, snapshot } from "./snapshot.ts";
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
    // A second time, with what is at rest, before it counts: the server may have changed it by itself.
    if (!(await changing(op, run, snapshot))) return;
    const exchange = await changing(op, run, settled);
    if (!exchange) return;
    const seen = `${exchange.status}, and another state`;
    run.report(this.name, op, { expected: "nothing changes by a refused request", seen }, [exchange]);
  },
};

/** The first refused request after which a resource of its own is not as it was before; undefined where there is none. */
async function changing(op: DocumentedOperation, run: Run, look: typeof snapshot): Promise<Exchange | undefined> {
  const { draft, ids } = await run.world.draft(op, {}, true);
  for (const one of await hopeless(op, run, draft, ids)) {
    const before = await look(op, run, ids);
    const exchange = await run.send(op, one, run.cast.owner(op));
    if (exchange.status >= 400 && (await snapshot(op, run, ids)) !== before) return exchange;
  }
  return undefined;
}
