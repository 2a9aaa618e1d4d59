import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { merged } from "../kit/patch.ts";
import { violates } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import { ALL, type BrandRow, COUNT, DELETE, GET, IDS, INSERT, LIST, REORDER, UPDATE } from "./sql.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such brand");
const archived = (status: "active" | "archived" | undefined) => (status === undefined ? null : status === "archived");

export const brandHandlers = handlers({
  async listBrands({ query }, { db, reply }) {
    const sort = { kinds: ["whole", "text"], values: (row: BrandRow) => [String(row.position), row.id] } as const;
    const filters = [archived(query.status)];
    return reply(200, await readPage<BrandRow>(db, query, { name: "brands", rows: LIST, count: COUNT, filters, sort }));
  },

  async createBrand({ body }, ctx) {
    // One at a time in an organization: the new brand's place is the one after the last.
    await ctx.lock("brand-order", ["all"]);
    const { name, slug, description = null, timezone } = body;
    const values = [ctx.newId("brd"), ctx.org, name, slug, description, timezone];
    const row = await ctx.db.one<BrandRow>(INSERT, values).catch((error: unknown) => {
      if (!violates(error, "brands_slug_key")) throw error;
      throw new ApiError("CONFLICT", `A brand with the slug "${slug}" already exists: choose another`);
    });
    if (!row) throw new Error("insert returned no row");
    return ctx.reply(201, row);
  },

  async getBrand({ params }, { db, reply }) {
    const row = await db.one<BrandRow>(GET, [params.brand_id]);
    if (!row) throw missing();
    return reply(200, row);
  },

  async updateBrand({ params, body }, { db, reply }) {
    const present = await db.one<BrandRow>(GET, [params.brand_id]);
    if (!present) throw missing();
    const next = merged(present, body);
    const values = [params.brand_id, next.name, next.description, next.timezone, next.status === "archived"];
    const row = await db.one<BrandRow>(UPDATE, values);
    if (!row) throw missing();
    return reply(200, row);
  },

  async deleteBrand({ params }, { db, reply }) {
    const deleted = await db.run(DELETE, [params.brand_id]).catch((error: unknown) => {
      if (!violates(error, "personas_brand")) throw error;
      throw new ApiError("CONFLICT", "The brand still has personas: delete them first, or archive the brand");
    });
    if (deleted === 0) throw missing();
    return reply(204);
  },

  async reorderBrands({ body }, ctx) {
    // The locks before the rows, as every writer of a brand does: the other way round two of them wait for each other.
    await ctx.lock("brand-order", ["all"]);
    await ctx.lock("brand", body.brand_ids);
    const rows = await ctx.db.rows<{ id: string }>(IDS);
    const present = new Set(rows.map((row) => row.id));
    const wanted = new Set(body.brand_ids);
    const absent = [...present].filter((id) => !wanted.has(id));
    const unknown = body.brand_ids.filter((id) => !present.has(id));
    if (absent.length > 0 || unknown.length > 0) {
      throw new ApiError("CONFLICT", "The list must name every brand once: list the brands again, then reorder", {
        details: { missing: absent, unknown },
      });
    }
    await ctx.db.run(REORDER, [body.brand_ids]);
    return ctx.reply(200, { data: await ctx.db.rows<BrandRow>(ALL) });
  },
});
