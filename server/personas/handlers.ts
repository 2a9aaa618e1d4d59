import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { pageOf, pageStart } from "../kit/paging.ts";
import { merged } from "../kit/patch.ts";
import { violates } from "../kit/postgres/db.ts";
import { BRAND, COUNT, DELETE, GET, INSERT, LIST, type PersonaRow, UPDATE } from "./sql.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such persona");

/** Turns the unique key's violation into the 409 that it means. */
function nameTaken(name: string) {
  return (error: unknown): never => {
    if (!violates(error, "personas_name_key")) throw error;
    throw new ApiError("CONFLICT", `A persona named "${name}" already exists in this brand: choose another name`);
  };
}

export const personaHandlers = handlers({
  async listPersonas({ query }, { db, reply }) {
    const start = pageStart(query, "personas", 1);
    const filter = [query.brand_id ?? null, query.status ? query.status === "archived" : null, query.name ?? null];
    const [rows, counted] = await Promise.all([
      db.rows<PersonaRow>(LIST, [...filter, start.after?.[0] ?? null, query.limit + 1, start.offset]),
      start.counts ? db.one<{ total: number }>(COUNT, filter) : undefined,
    ]);
    const page = { sortValues: (row: PersonaRow) => [row.id], item: (row: PersonaRow) => row, count: counted?.total };
    return reply(200, pageOf(rows, query, "personas", page));
  },

  async createPersona({ body }, ctx) {
    const brand = await ctx.db.one<{ archived: boolean }>(BRAND, [body.brand_id]);
    if (!brand) throw new ApiError("NOT_FOUND", "There is no such brand");
    if (brand.archived) throw new ApiError("CONFLICT", "The brand is archived: make it active again first");
    const { brand_id, name, bio = null, voice = null, avatar_url = null } = body;
    const values = [ctx.newId("per"), ctx.org, brand_id, name, bio, voice, avatar_url];
    const row = await ctx.db.one<PersonaRow>(INSERT, values).catch(nameTaken(name));
    if (!row) throw new Error("insert returned no row");
    return ctx.reply(201, row);
  },

  async getPersona({ params }, { db, reply }) {
    const row = await db.one<PersonaRow>(GET, [params.persona_id]);
    if (!row) throw missing();
    return reply(200, row);
  },

  async updatePersona({ params, body }, { db, reply }) {
    const present = await db.one<PersonaRow>(GET, [params.persona_id]);
    if (!present) throw missing();
    const next = merged(present, body);
    const values = [params.persona_id, next.name, next.bio, next.voice, next.avatar_url, next.status === "archived"];
    const row = await db.one<PersonaRow>(UPDATE, values).catch(nameTaken(next.name));
    if (!row) throw missing();
    return reply(200, row);
  },

  async deletePersona({ params }, { db, reply }) {
    if ((await db.run(DELETE, [params.persona_id])) === 0) throw missing();
    return reply(204);
  },
});
