import { queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import { itemsOf, nextOf, type Paging, pagingOf } from "../lists.ts";
import type { Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";

const MOST_PAGES = 500;

type Way = "cursor" | "offset" | "page";

export type Walk = {
  readonly items: readonly unknown[];
  readonly pages: readonly Exchange[];
  /** False where there are more pages than a walk reads. */
  readonly whole: boolean;
};

/** Walks a list to its end, by cursor where it has one, else by offset or page number. Undefined when a page is refused. */
export async function walk(
  run: Run,
  op: DocumentedOperation,
  size: number,
  by: Way,
  ids: Ids = {},
  { filter = [], most = MOST_PAGES }: { filter?: Draft["query"]; most?: number } = {},
): Promise<Walk | undefined> {
  const paging = pagingOf(op);
  const plain = (await run.world.draft(op, ids)).draft;
  const draft = { ...plain, query: [...plain.query, ...filter] };
  const items: unknown[] = [];
  const pages: Exchange[] = [];
  let place: string | undefined;
  for (let n = 0; n < most; n++) {
    const exchange = await run.send(op, pageDraft(draft, paging, by, size, place), run.cast.owner(op));
    const found = itemsOf(exchange);
    if (exchange.status !== 200 || !found) return undefined;
    pages.push(exchange);
    items.push(...found);
    const next = nextOf(exchange);
    if (by === "cursor") {
      if (next === undefined) return { items, pages, whole: true };
      place = next;
    } else {
      if (found.length < size) return { items, pages, whole: true };
      place = by === "offset" ? String(items.length) : String(n + 2);
    }
  }
  return { items, pages, whole: false };
}

function pageDraft(draft: Draft, paging: Paging, by: Way, size: number, place: string | undefined): Draft {
  const own = new Set([paging.size, paging.cursor, paging.offset, paging.page]);
  const query = draft.query.filter(([name]) => !own.has(name));
  if (paging.size !== undefined) query.push([paging.size, String(size)]);
  const name = paging[by];
  if (name !== undefined && place !== undefined) query.push([name, place]);
  return { ...draft, query };
}

/** The largest page that a list allows, and the way to walk it. */
export function largest(op: DocumentedOperation): { readonly size: number; readonly by: Way } {
  const paging = pagingOf(op);
  const size = queryParams(op).find(({ name }) => name === paging.size)?.schema;
  const by = paging.cursor ? "cursor" : paging.offset ? "offset" : paging.page ? "page" : "cursor";
  return { size: Math.min(Number(size?.maximum ?? 100), 100), by };
}

/** Everything of a list, in the largest pages that it allows. */
export async function readAll(
  run: Run,
  op: DocumentedOperation,
  ids: Ids = {},
): Promise<readonly unknown[] | undefined> {
  const { size, by } = largest(op);
  return (await walk(run, op, size, by, ids))?.items;
}

/** The pages of a list, the largest that it allows. */
export async function readPages(
  run: Run,
  op: DocumentedOperation,
  ids: Ids = {},
): Promise<readonly Exchange[] | undefined> {
  const { size, by } = largest(op);
  return (await walk(run, op, size, by, ids))?.pages;
}
