import type { DocumentedOperation } from "../../document.ts";
import { withJson } from "../../draft.ts";
import type { Kind } from "../kinds.ts";
import { idIn } from "../kinds.ts";
import { itemsOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import { apart } from "./answered.ts";
import { isRecord } from "./compare.ts";
import { mistakes } from "./paging.ts";
import { readPages } from "./walk.ts";

/** Names of operations that put things in order. */
const ORDER = /re-?order|re-?arrange|(^|[^a-z])sort$/i;
/** Enough for several pages, and odd, so that one keeps its place when the order is turned round. */
const ITEMS = 5;

/** The kind that an operation puts in order, and the field of its body that takes the ids. */
function orders(op: DocumentedOperation, run: Run): { readonly kind: Kind; readonly field: string } | undefined {
  const { schemas } = run.api;
  const body = run.api.body(op);
  if (op.method === "GET" || !body || run.world.kindOf(op) || !(ORDER.test(op.id) || ORDER.test(op.path)))
    return undefined;
  const fields = Object.entries(schemas.of(body.schema).properties ?? {});
  const [field, schema] = fields.length === 1 ? (fields[0] ?? []) : [];
  const items = schema && schemas.of(schema).items;
  const kind = items && run.world.kind(run.api.kindOfParameter(items));
  return field !== undefined && kind?.lists && kind.creates.length > 0 ? { kind, field } : undefined;
}

/** The ids of all items of pages, in their order. */
const idsOf = (kind: Kind, pages: readonly Exchange[]): string[] =>
  pages.flatMap((page) => itemsOf(page) ?? []).flatMap((item) => idIn(kind, item) ?? []);

export const reorderIsKept: Check = {
  name: "reorder_is_kept",
  about:
    "What is put in order is listed in that order, as the answer showed it, and can be walked in it from page to page",
  applies: (op, run) => orders(op, run) !== undefined && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const { kind, field } = orders(op, run) ?? {};
    if (!kind?.lists || field === undefined) return;
    // First, because it may make an item itself, to name it.
    const { draft } = await run.world.draft(op);
    let present = idsOf(kind, (await readPages(run, kind.lists)) ?? []);
    for (let n = present.length; n < ITEMS || n % 2 === 0; n++) await run.world.make(kind.name);
    present = idsOf(kind, (await readPages(run, kind.lists)) ?? []);
    const wanted = present.toReversed();
    const changed = await run.send(op, withJson(draft, { [field]: wanted }), run.cast.owner(op));
    // In the new order; and in the old one too, for a list that was refused may lack what a walk, by which the ids were
    // learned, has skipped.
    for (const { what, pages } of await mistakes(kind.lists, run, {}))
      run.report(this.name, op, what, [changed, ...pages]);
    // What it takes, a list of all or of some, the document does not say: what is refused is no promise.
    if (changed.status >= 300) {
      run.notRun.push({ check: this.name, operation: op.id, why: `the order was refused with ${changed.status}` });
      return;
    }
    const pages = await readPages(run, kind.lists);
    if (!pages) return;
    const now = idsOf(kind, pages);
    const says = (expected: string, seen: string) =>
      run.report(this.name, op, { expected, seen }, [changed, ...pages.slice(0, 1)]);
    const wrong = wanted.findIndex((id, at) => now[at] !== id);
    if (wrong >= 0) says(`${wanted[wrong]} in place ${wrong} of the list`, `${now[wrong]}`);
    const shown = new Map(pages.flatMap((page) => itemsOf(page) ?? []).map((item) => [idIn(kind, item), item]));
    const other = (itemsOf(changed) ?? []).filter(isRecord).flatMap((item) => {
      const id = idIn(kind, item);
      return id !== undefined && shown.has(id) ? apart(item, shown.get(id), id) : [];
    });
    if (other.length > 0) says("in the list what its answer showed", other.slice(0, 3).join("; "));
  },
};
