type Page = { readonly data: readonly unknown[]; readonly next_cursor?: string | null };
type Listing = { readonly query?: Readonly<Record<string, unknown>> };

/** Every item of every page, by cursor: nothing is skipped or repeated when the list changes meanwhile. */
export async function* all(list: (call: Listing) => Promise<unknown>, call: Listing = {}): AsyncGenerator<unknown> {
  let cursor: string | null | undefined;
  do {
    const query = { limit: 100, ...call.query, ...(cursor && { cursor }) };
    // Only lists have `all`, by the types that the client's methods are given.
    const page = (await list({ ...call, query })) as Page;
    yield* page.data;
    cursor = page.next_cursor;
  } while (cursor);
}
