import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { merged } from "../kit/patch.ts";
import { type Db, violates } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import { BRAND, COUNT, DELETE, GET, INSERT, LIST, type PersonaRow, UPDATE } from "./sql.ts";

const missing = () => new ApiError("NOT_FOUND", "There is no such persona");

/** Turns the unique key's violation into the 409 that it means. */
function nameTaken(name: string) {
  return (error: unknown): never => {
    if (!violates(error, "personas_name_key")) throw error;
    throw new ApiError("CONFLICT", `A persona named "${name}" already exists in this brand: choose another name`);
  };
}

/** `endSyncs` ends the runs over a persona that is about to be deleted. Told from outside: syncs know personas, not the reverse. */
export const personaHandlers = (endSyncs: (db: Db, persona: string, nowMs: number) => Promise<void>) =>
  handlers({
    async listPersonas({ query }, { db, reply }) {
      const filters = [query.brand_id ?? null, query.status ? query.status === "archived" : null, query.name ?? null];
      return reply(
        200,
        await readPage<PersonaRow>(db, query, { name: "personas", rows: LIST, count: COUNT, filters: filters }),
      );
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

    async deletePersona({ params }, ctx) {
      await endSyncs(ctx.db, params.persona_id, ctx.now());
      const deleted = await ctx.db.run(DELETE, [params.persona_id]).catch((error: unknown) => {
        if (!violates(error, "sources_persona")) throw error;
        throw new ApiError("CONFLICT", "The persona still has sources: delete them first, or archive the persona");
      });
      if (deleted === 0) throw missing();
      return ctx.reply(204);
    },
  });
