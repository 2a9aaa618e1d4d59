type Page = { readonly data: readonly unknown[]; readonly next_cursor?: string | null };
type Query = Record<string, unknown>;
type Listing = { readonly query?: Readonly<Query> };

/** Every item of every page, by cursor: nothing is skipped or repeated when the list changes meanwhile. */
export async function* all(list: (call: Listing) => Promise<unknown>, call: Listing = {}): AsyncGenerator<unknown> {
  const query: Query = { limit: 100, ...call.query };
  do {
    // Only lists have `all`, by the types that the client's methods are given.
    const page = (await list({ ...call, query })) as Page;
    yield* page.data;
    query.cursor = page.next_cursor;
  } while (query.cursor);
}
