import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { DEFAULT_INTERVAL, MAX_SOURCES } from "../../spec/sources.ts";
import { handlers } from "../context.ts";
import { merged } from "../kit/patch.ts";
import { type Db, violates } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import { checkOutboundUrl } from "../outbound/service.ts";
import { lockWorkplace } from "../personas/service.ts";
import type { WorkServices } from "../services.ts";
import { lastSync, planOf, toSource } from "./rows.ts";
import type { Schedule } from "./schedule.ts";
import { COUNT, COUNT_OF_PERSONA, DELETE, GET, INSERT, LIST, LOCK, type SourceRow, UPDATE } from "./sql.ts";

type Services = Pick<WorkServices, "events" | "allow"> & {
  /** Ends the runs over a source that is about to be deleted. Told from outside: syncs know sources, not the reverse. */
  readonly endRuns: (db: Db, source: string, nowMs: number) => Promise<void>;
};

const missing = () => new ApiError("NOT_FOUND", "There is no such source");
const archived = () => new ApiError("CONFLICT", "The persona, or its brand, is archived: make it active again first");

/** Turns the unique key's violation into the 409 that it means. */
const urlTaken = (error: unknown): never => {
  if (!violates(error, "sources_url_key")) throw error;
  throw new ApiError("CONFLICT", "The persona has a source with this URL already");
};

function requireOneSchedule({ sync_interval_minutes, sync_times }: Schedule): void {
  if (sync_interval_minutes === null || sync_times === null) return;
  const message = "must not come together with sync_interval_minutes: set one of them to null";
  throw validationError([{ path: "body.sync_times", code: "conflict", message }]);
}

export const sourceHandlers = ({ events, allow, endRuns }: Services) => {
  /** The URL as it will be requested. */
  const permitted = (url: string): string => {
    const checked = checkOutboundUrl(url, allow);
    if ("url" in checked) return checked.url;
    throw validationError([{ path: "body.url", code: "not_allowed", message: checked.reason }]);
  };

  return handlers({
    async listSources({ query }, { db, reply }) {
      const filters = [query.persona_id ?? null, query.status ? query.status === "paused" : null];
      return reply(
        200,
        await readPage<SourceRow, ReturnType<typeof toSource>>(db, query, {
          name: "sources",
          rows: LIST,
          count: COUNT,
          filters: filters,
          item: toSource,
        }),
      );
    },

    async createSource({ body }, ctx) {
      const { persona_id, name = null, automation_mode, sync_times = null } = body;
      // Without any schedule there is the default one; with both as null there is none.
      const unsaid = body.sync_interval_minutes === undefined && sync_times === null && body.sync_times !== null;
      const sync_interval_minutes = unsaid ? DEFAULT_INTERVAL : (body.sync_interval_minutes ?? null);
      requireOneSchedule({ sync_interval_minutes, sync_times });
      const url = permitted(body.url);
      // One at a time: or two at once would both be the last that there is room for.
      await ctx.lock("persona-sources", [persona_id]);
      const place = await lockWorkplace(ctx.db, persona_id);
      if (!place) throw new ApiError("NOT_FOUND", "There is no such persona");
      if (place.archived) throw archived();
      const present = await ctx.db.one<{ total: number }>(COUNT_OF_PERSONA, [persona_id]);
      if ((present?.total ?? 0) >= MAX_SOURCES) {
        throw new ApiError("CONFLICT", `A persona has at most ${MAX_SOURCES} sources: delete one first`);
      }
      const id = ctx.newId("src");
      const now = ctx.now();
      const plan = planOf({ id, paused: false, sync_interval_minutes, sync_times }, place, now, now);
      const values = [id, ctx.org, persona_id, url, name, automation_mode, sync_interval_minutes, sync_times, ...plan];
      const row = await ctx.db.one<SourceRow>(INSERT, values).catch(urlTaken);
      if (!row) throw new Error("insert returned no row");
      await events.emit(ctx.db, ctx.org, now, "source.created", toSource(row));
      return ctx.reply(201, toSource(row));
    },

    async getSource({ params }, { db, reply }) {
      const row = await db.one<SourceRow>(GET, [params.source_id]);
      if (!row) throw missing();
      return reply(200, toSource(row));
    },

    async updateSource({ params, body }, ctx) {
      const present = await ctx.db.one<SourceRow>(LOCK, [params.source_id]);
      if (!present) throw missing();
      const { status, url = present.url, ...patch } = body;
      const next = merged(present, patch);
      const paused = status === undefined ? present.paused : status === "paused";
      requireOneSchedule(next);
      const address = url === present.url ? url : permitted(url);
      const place = await lockWorkplace(ctx.db, present.persona_id);
      if (!place) throw missing();
      const now = ctx.now();
      const plan = planOf({ ...next, paused }, place, lastSync(present, now), now);
      const { name, automation_mode, sync_interval_minutes, sync_times } = next;
      const values = [present.id, address, name, automation_mode, paused, sync_interval_minutes, sync_times, ...plan];
      const row = await ctx.db.one<SourceRow>(UPDATE, values).catch(urlTaken);
      if (!row) throw missing();
      await events.emit(ctx.db, ctx.org, now, "source.updated", toSource(row));
      return ctx.reply(200, toSource(row));
    },

    async deleteSource({ params }, ctx) {
      await endRuns(ctx.db, params.source_id, ctx.now());
      const gone = await ctx.db.one<{ id: string; persona_id: string }>(DELETE, [params.source_id]);
      if (!gone) throw missing();
      await events.emit(ctx.db, ctx.org, ctx.now(), "source.deleted", gone);
      return ctx.reply(204);
    },
  });
};
