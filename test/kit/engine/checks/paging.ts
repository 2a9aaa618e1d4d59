import { queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { countOf, itemsOf, pagingOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Complaint, Exchange } from "../types.ts";
import { type Ids, Unmade } from "../world.ts";
import { settled } from "./snapshot.ts";
import { readAll, walk } from "./walk.ts";

const lists = (op: DocumentedOperation, run: Run) => {
  const kind = run.world.kindOf(op);
  return kind?.lists === op && pagingOf(op).size !== undefined ? kind : undefined;
};

/** How many items a walk wants at least: enough for several pages of several sizes. */
const ITEMS = 5;

/** Makes items until the list has enough, where something makes them. */
export async function filled(run: Run, op: DocumentedOperation) {
  const kind = lists(op, run);
  const { ids } = await run.world.draft(op);
  const items = await readAll(run, op, ids);
  if (!kind) return undefined;
  if (!items) throw new Unmade(`${op.id} gave no list that could be walked`);
  for (let n = items.length; n < ITEMS && kind.creates.length > 0; n++) await run.world.make(kind.name, ids);
  return { ids };
}

export const paginationLimit: Check = {
  name: "pagination_limit",
  about: "A page has no more items than it was asked for",
  applies: (op, run) => lists(op, run) !== undefined,
  async run(op, run) {
    const { size } = pagingOf(op);
    const ready = await filled(run, op);
    if (!ready || size === undefined) return;
    const { draft } = await run.world.draft(op, ready.ids);
    for (const limit of [1, 2, 3]) {
      const query = [...draft.query.filter(([name]) => name !== size), [size, String(limit)] as const];
      const exchange = await run.send(op, { ...draft, query }, run.cast.owner(op));
      const found = itemsOf(exchange);
      if (exchange.status !== 200 || !found || found.length <= limit) continue;
      run.report(this.name, op, { expected: `at most ${limit} items`, seen: String(found.length) }, [exchange]);
    }
  },
};

const key = (item: unknown): string => {
  const { id } = (item ?? {}) as { id?: unknown };
  return typeof id === "string" || typeof id === "number" ? String(id) : JSON.stringify(item);
};

export const paginationComplete: Check = {
  name: "pagination_complete",
  about:
    "A walk over all pages gives everything once, in one order, whatever the size of a page, and no empty page; the count is right",
  applies: (op, run) => lists(op, run) !== undefined,
  async run(op, run) {
    const ready = await filled(run, op);
    if (!ready) return;
    // A list that the server adds to by itself is another one on each walk: what counts is found in it at rest, too.
    if ((await mistakes(op, run, ready.ids)).length === 0) return;
    await settled(op, run, ready.ids);
    for (const { what, pages } of await mistakes(op, run, ready.ids)) run.report(this.name, op, what, pages);
  },
};

/** Pages of a few items that a walk reads: what is wrong between two of them is wrong early. */
const SMALL_PAGES = 30;

type Mistake = { readonly what: Complaint; readonly pages: readonly Exchange[] };

/** The largest size of a page of which a list of so many items has only full ones. */
function filling(items: number, most: number): number {
  for (let size = Math.min(items, most); size > 1; size--) if (items % size === 0) return size;
  return 1;
}

/** What is wrong in walks over a list, by every way and at several sizes of a page. */
export async function mistakes(op: DocumentedOperation, run: Run, ids: Ids): Promise<Mistake[]> {
  const paging = pagingOf(op);
  const ways = (["cursor", "offset", "page"] as const).filter((way) => paging[way] !== undefined);
  const maximum = Number(queryParams(op).find(({ name }) => name === paging.size)?.schema.maximum ?? 100);
  const found: Mistake[] = [];
  let whole: readonly string[] | undefined;
  const most = Math.min(100, maximum);
  const sizes = new Set([most, 1, 2, 3]);
  for (const way of ways) {
    for (const size of sizes) {
      const walked = await walk(run, op, size, way, ids, size <= 3 ? { most: SMALL_PAGES } : {});
      if (!walked) continue;
      const keys = walked.items.map(key);
      const says = (expected: string, seen: string) => {
        const what = { expected: `${expected}, ${size} a page by ${way}`, seen };
        found.push({ what, pages: walked.pages.slice(0, 3) });
      };
      if (way === "cursor" && walked.pages.slice(1).some((page) => itemsOf(page)?.length === 0))
        says("something behind each cursor that was given", "an empty page");
      const doubled = keys.find((one, at) => keys.indexOf(one) !== at);
      if (doubled !== undefined) says("everything once", `${doubled} twice`);
      const count = walked.pages.map(countOf).find((one) => one !== undefined);
      if (walked.whole && count !== undefined && count !== keys.length) says(`count ${keys.length}`, `count ${count}`);
      whole ??= keys;
      // One whose last page is full, known once the list is.
      if (walked.whole) sizes.add(filling(whole.length, most));
      const wanted = walked.whole ? whole : whole.slice(0, keys.length);
      const missing = wanted.find((one) => !keys.includes(one));
      if (missing !== undefined) says("everything", `without ${missing}`);
      else if (walked.whole && keys.length !== whole.length) says(`${whole.length} items`, `${keys.length}`);
      else if (keys.some((one, at) => one !== whole?.[at])) says("one order", "another order");
    }
  }
  return found;
}
