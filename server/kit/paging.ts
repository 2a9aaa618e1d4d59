import { validationError } from "../../spec/kit/errors.ts";

/** The paging part of a list's query. */
export type PageQuery = {
  readonly limit: number;
  readonly offset?: number | undefined;
  readonly cursor?: string | undefined;
};

/** Where a page begins: after the row whose sort values these are, or after `offset` rows. */
export type PageStart = { readonly after: readonly string[] | null; readonly offset: number; readonly counts: boolean };

/** A cursor is opaque to clients: the sort values of the last row, and the list and filters they belong to. */
const encode = (list: string, values: readonly string[]) =>
  Buffer.from(JSON.stringify([list, ...values])).toString("base64url");

/** What a sort value is: any text, or a whole number of at most nine digits. */
export type SortKind = "text" | "whole";

// A client may have made the cursor: what the store would choke on is refused here.
const fits = (value: unknown, kind: SortKind | undefined): boolean =>
  typeof value === "string" &&
  (kind === "whole" ? /^\d{1,9}$/.test(value) : !value.includes("\0") && value.isWellFormed());

function decode(
  list: string,
  width: number,
  kinds: readonly SortKind[],
  cursor: string,
): readonly string[] | undefined {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
    if (!Array.isArray(parsed) || parsed.length !== width + 1 || parsed[0] !== list) return undefined;
    const values = parsed.slice(1);
    return values.every((value, at) => fits(value, kinds[at])) ? values : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads where a page begins. `list` names the list and its order, `width` is how many values sort it, `kinds` which of
 * them are not text. Throws 400 for a cursor of another list, or for one together with `offset`.
 */
export function pageStart(query: PageQuery, list: string, width: number, kinds: readonly SortKind[] = []): PageStart {
  if (query.cursor === undefined) return { after: null, offset: query.offset ?? 0, counts: true };
  if (query.offset !== undefined) {
    throw validationError([{ path: "query.offset", code: "conflict", message: "must not come together with cursor" }]);
  }
  const after = decode(list, width, kinds, query.cursor);
  if (!after) {
    throw validationError([
      { path: "query.cursor", code: "invalid_cursor", message: "must be a next_cursor of this list" },
    ]);
  }
  return { after, offset: 0, counts: false };
}

/** A page as every list answers it; `count` is absent when it was asked for by cursor. */
export type Page<T> = { data: T[]; count?: number; next_cursor: string | null };

/**
 * Makes a page of rows that were asked for with one more than `limit`: the extra row says whether there is a next page.
 * `sortValues` gives the values that order a row, as text.
 */
export function pageOf<R, T>(
  rows: readonly R[],
  query: PageQuery,
  list: string,
  make: { sortValues: (row: R) => readonly string[]; item: (row: R) => T; count: number | undefined },
): Page<T> {
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const next = rows.length > query.limit && last !== undefined ? encode(list, make.sortValues(last)) : null;
  const count = make.count === undefined ? {} : { count: make.count };
  return { data: shown.map(make.item), ...count, next_cursor: next };
}
