import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Kind } from "../kinds.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { type Made, Unmade } from "../world.ts";
import { readOne } from "./answered.ts";
import { isRecord, shown } from "./compare.ts";

/** How long, in milliseconds, a server may take to delete what goes with a resource. */
const LATER_MS = 3000;

type Child = { readonly kind: Kind; readonly key: string };

/** The kinds that are made under a resource of this kind, and where their making names it. */
function childrenOf(kind: Kind, run: Run): readonly Child[] {
  return run.kinds.flatMap((one) => {
    if (one === kind || !one.reads) return [];
    const named = one.creates.flatMap((op) => run.world.references(op)).find((reference) => reference.kind === kind);
    return named ? [{ kind: one, key: `${named.place} ${named.name}` }] : [];
  });
}

const parent = (op: DocumentedOperation, run: Run): Kind | undefined => {
  const kind = run.world.kindOf(op);
  return kind?.deletes === op && kind.creates.length > 0 && pathParams(op).length > 0 ? kind : undefined;
};

export const noOrphans: Check = {
  name: "no_orphans",
  about: "Deleting what others were made under is refused and leaves both, or leaves none that still names it",
  applies(op, run) {
    const kind = parent(op, run);
    return kind !== undefined && childrenOf(kind, run).length > 0 && run.cast.owner(op) !== undefined;
  },
  async run(op, run) {
    const kind = parent(op, run);
    for (const child of kind ? childrenOf(kind, run) : []) {
      try {
        if (kind) await deleteAbove(op, run, kind, child);
      } catch (error) {
        // What cannot be made under it stands in no way; why it cannot be made is said elsewhere.
        if (!(error instanceof Unmade)) throw error;
      }
    }
  },
};

async function deleteAbove(op: DocumentedOperation, run: Run, kind: Kind, child: Child): Promise<void> {
  const above = await run.world.make(kind.name);
  const below = await run.world.make(child.kind.name, { [child.key]: above.id });
  if (below.ids[child.key] !== above.id) return;
  const last = pathParams(op).at(-1)?.name;
  const { draft } = await run.world.draft(op, { ...above.ids, [`path ${last}`]: above.id });
  const gone = await run.send(op, draft, run.cast.owner(op));
  const look = (made: Made, of: Kind) => readOne(run, of, made.id, made.ids);
  const [parentNow, childNow] = [await look(above, kind), await look(below, child.kind)];
  const says = (expected: string, seen: string) => {
    const requests = [above.exchange, below.exchange, gone, childNow].flatMap((one) => one ?? []);
    run.report("no_orphans", op, { expected, seen }, requests);
  };
  const names = (one?: Exchange) => one?.status === 200 && mustName(run, child.kind, one, above.id);
  const what = `a ${kind.name} that has a ${child.kind.name}`;
  if (gone.status >= 500) says(`${what} is deleted, or that is refused`, shown(gone));
  else if (gone.status >= 400) {
    const lost = [parentNow, childNow].find((one) => one !== undefined && [404, 410].includes(one.status));
    if (lost) says(`${what} stays with it when its deletion is refused`, shown(lost));
  } else if (gone.status !== 202 && parentNow?.status === 404 && names(childNow)) {
    // What is deleted with it may go a little later.
    await run.clock.sleep(LATER_MS);
    const later = await look(below, child.kind);
    if (later && names(later)) says(`no ${child.kind.name} of a ${kind.name} that was deleted`, shown(later));
  }
}

/** Whether an answer names a resource in a field that is always there and never null: then it cannot do without it. */
function mustName(run: Run, kind: Kind, { json }: Exchange, id: string): boolean {
  const schema = run.api.schemas.of((kind.reads && run.api.success(kind.reads).schema) ?? {});
  return (schema.required ?? []).some((name) => {
    const field = schema.properties?.[name];
    return isRecord(json) && json[name] === id && field !== undefined && !run.api.schemas.fits(field, null);
  });
}
