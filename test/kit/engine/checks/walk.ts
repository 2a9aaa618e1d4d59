import { queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import type { Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";

/** Names by which lists call a page's size, its place and the way on. */
const SIZE = ["limit", "page_size", "per_page", "pageSize", "size", "count"];
const CURSOR = ["cursor", "page_token", "after", "starting_after", "next"];
const OFFSET = ["offset", "skip", "start"];
const PAGE = ["page", "page_number"];

export type Paging = {
  readonly size: string | undefined;
  readonly cursor: string | undefined;
  readonly offset: string | undefined;
  readonly page: string | undefined;
};

/** How a list pages, by the names of its parameters. */
export function pagingOf(op: DocumentedOperation): Paging {
  const names = queryParams(op).map(({ name }) => name);
  const first = (known: readonly string[]) => known.find((name) => names.includes(name));
  return { size: first(SIZE), cursor: first(CURSOR), offset: first(OFFSET), page: first(PAGE) };
}

/** The items of a list's answer: the body itself, or its one field that is an array. */
export function itemsOf({ json }: Exchange): readonly unknown[] | undefined {
  if (Array.isArray(json)) return json;
  if (typeof json !== "object" || json === null) return undefined;
  const record = json as Record<string, unknown>;
  const named = ["data", "items", "results", "records"].map((name) => record[name]).find(Array.isArray);
  return named ?? Object.values(record).find(Array.isArray);
}

/** The cursor of the next page, where an answer has one. */
export function nextOf({ json }: Exchange): string | undefined {
  const record = (json ?? {}) as Record<string, unknown>;
  const value = ["next_cursor", "nextCursor", "next_page_token", "next"]
    .map((name) => record[name])
    .find((one) => one != null);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The total that an answer states, where it does. */
export function countOf({ json }: Exchange): number | undefined {
  const record = (json ?? {}) as Record<string, unknown>;
  const value = ["count", "total", "total_count", "totalCount"]
    .map((name) => record[name])
    .find((one) => typeof one === "number");
  return typeof value === "number" ? value : undefined;
}

const MOST_PAGES = 500;

export type Walk = { readonly items: readonly unknown[]; readonly pages: readonly Exchange[] };

/** Walks a list to its end, by cursor where it has one, else by offset or page number. Undefined when a page is refused. */
export async function walk(
  run: Run,
  op: DocumentedOperation,
  size: number,
  by: "cursor" | "offset" | "page",
  ids: Ids = {},
): Promise<Walk | undefined> {
  const paging = pagingOf(op);
  const { draft } = await run.world.draft(op, ids);
  const items: unknown[] = [];
  const pages: Exchange[] = [];
  let place: string | undefined;
  for (let n = 0; n < MOST_PAGES; n++) {
    const exchange = await run.send(op, pageDraft(draft, paging, by, size, place), run.cast.owner(op));
    const found = itemsOf(exchange);
    if (exchange.status !== 200 || !found) return undefined;
    pages.push(exchange);
    items.push(...found);
    const next = nextOf(exchange);
    if (by === "cursor") {
      if (next === undefined) return { items, pages };
      place = next;
    } else {
      if (found.length < size) return { items, pages };
      place = by === "offset" ? String(items.length) : String(n + 2);
    }
  }
  return { items, pages };
}

function pageDraft(
  draft: Draft,
  paging: Paging,
  by: "cursor" | "offset" | "page",
  size: number,
  place: string | undefined,
): Draft {
  const own = new Set([paging.size, paging.cursor, paging.offset, paging.page]);
  const query = draft.query.filter(([name]) => !own.has(name));
  if (paging.size !== undefined) query.push([paging.size, String(size)]);
  const name = paging[by];
  if (name !== undefined && place !== undefined) query.push([name, place]);
  return { ...draft, query };
}

/** Everything of a list, in the largest pages that it allows. */
export async function readAll(
  run: Run,
  op: DocumentedOperation,
  ids: Ids = {},
): Promise<readonly unknown[] | undefined> {
  const paging = pagingOf(op);
  const size = queryParams(op).find(({ name }) => name === paging.size)?.schema;
  const most = Math.min(Number(size?.maximum ?? 100), 100);
  const by = paging.cursor ? "cursor" : paging.offset ? "offset" : paging.page ? "page" : "cursor";
  return (await walk(run, op, most, by, ids))?.items;
}
