import type { QueryResultRow } from "pg";
import { type Page, type PageQuery, pageOf, pageStart, type SortKind } from "../paging.ts";
import type { Db, Statement, Value } from "./db.ts";

/** How a list is read. Both statements take the filters; `rows` then the sort values to go on after, a limit and an offset. */
type List<R, T> = {
  /** Names the list and its order in its cursors. */
  readonly name: string;
  readonly rows: Statement;
  readonly count: Statement;
  readonly filters: readonly Value[];
  /** Where the count takes fewer of them. */
  readonly countFilters?: readonly Value[];
  /** The values that order a row, as text, and which of them are not text; its `id` unless told. */
  readonly sort?: { readonly kinds: readonly SortKind[]; readonly values: (row: R) => readonly string[] };
  /** A row as the contract shows it; as it is unless told. */
  readonly item?: (row: R) => T;
};

/**
 * One page of a list: its rows and, unless it goes on by cursor, their count, sent together. Throws 400 for a cursor of
 * another list.
 */
export async function readPage<R extends QueryResultRow, T = R>(
  db: Db,
  query: PageQuery,
  list: List<R, T>,
): Promise<Page<T>> {
  const { kinds, values } = list.sort ?? { kinds: ["text"], values: (row: R) => [String(row.id)] };
  const start = pageStart(query, list.name, kinds.length, kinds);
  const after = start.after ?? kinds.map(() => null);
  const [rows, counted] = await Promise.all([
    db.rows<R>(list.rows, [...list.filters, ...after, query.limit + 1, start.offset]),
    start.counts ? db.one<{ total: number }>(list.count, list.countFilters ?? list.filters) : undefined,
  ]);
  // Without `item`, T is R: nothing else can be inferred for it.
  const item = list.item ?? ((row: R) => row as unknown as T);
  return pageOf(rows, query, list.name, { sortValues: values, item, count: counted?.total });
}
