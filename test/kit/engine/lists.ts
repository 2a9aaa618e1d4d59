import { queryParams } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import type { Exchange } from "./types.ts";

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
export function countOf({ json }: Pick<Exchange, "json">): number | undefined {
  const record = (json ?? {}) as Record<string, unknown>;
  const value = ["count", "total", "total_count", "totalCount"]
    .map((name) => record[name])
    .find((one) => typeof one === "number");
  return typeof value === "number" ? value : undefined;
}
