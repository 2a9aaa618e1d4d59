import { nameOf, nullable, query, schema, whole, z } from "./schema.ts";

type Fields = Record<string, z.core.$ZodType>;

/** Default and largest page size of every list. */
const PAGE = { default: 20, max: 100, maxOffset: 100_000 } as const;

const limit = whole({ min: 1, max: PAGE.max, default: PAGE.default, about: "How many items at most" });
const offset = whole({
  min: 0,
  max: PAGE.maxOffset,
  about: "How many items to skip. For deep or complete reads use `cursor`, which nothing shifts",
});
const cursor = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[A-Za-z0-9_-]+$/, "must be a `next_cursor` of this list")
  .describe("`next_cursor` of the page before. Not together with `offset`")
  .meta({ "x-own-list": true });

const pageFields = { limit, offset: offset.optional(), cursor: cursor.optional() };

/** Lists: `limit`, and `offset` or `cursor` (keyset) to go on. */
export const page = {
  /** The query of a list: paging beside the filters given. */
  query<F extends Fields>(filters: F) {
    return query({ ...pageFields, ...filters });
  },

  /** The answer of a list. `count` is the total under the filters; it is absent when `cursor` was given. */
  of<S extends z.ZodObject>(item: S) {
    const name = nameOf(item);
    if (!name) throw new Error("page.of() takes a named schema");
    return schema(`${name}List`, `A page of ${name} items`, {
      data: z.array(item).describe("The items of this page, in the list's order"),
      count: z
        .int()
        .min(0)
        .optional()
        .describe("How many items there are under these filters; absent when paging by `cursor`")
        .meta({ example: 1 }),
      next_cursor: nullable(
        z
          .string()
          .describe("Send as `cursor` for the next page; null on the last")
          .meta({ example: "eyJpIjoicGVyXzAxIn0" }),
      ),
    });
  },
};
