import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import { lockWorkplace } from "../personas/service.ts";
import type { WorkServices } from "../services.ts";
import { activeSources, syncableSource } from "../sources/service.ts";
import { endRun, startRequested, toJob } from "./runs.ts";
import { COUNT, GET, type JobRow, LIST, LOCK_ACTIVE } from "./sql.ts";

const missing = (what: string) => new ApiError("NOT_FOUND", `There is no such ${what}`);
const archived = () => new ApiError("CONFLICT", "The persona, or its brand, is archived: make it active again first");

export const syncHandlers = ({ queue, events }: Pick<WorkServices, "queue" | "events">) =>
  handlers({
    async syncPersona({ params, body }, ctx) {
      const place = await lockWorkplace(ctx.db, params.persona_id);
      if (!place) throw missing("persona");
      if (place.archived) throw archived();
      const sources = await activeSources(ctx.db, params.persona_id);
      const run = { organization: ctx.org, persona: params.persona_id, source: null, sources, force: body.force };
      return ctx.reply(202, toJob(await startRequested(ctx.db, queue, run, ctx.hold, ctx.now())));
    },

    async syncSource({ params, body }, ctx) {
      const source = await syncableSource(ctx.db, params.source_id);
      if (!source) throw missing("source");
      if (source.paused) throw new ApiError("CONFLICT", "The source is paused: make it active first");
      const place = await lockWorkplace(ctx.db, source.persona_id);
      if (place?.archived) throw archived();
      const { id, persona_id } = source;
      const run = { organization: ctx.org, persona: persona_id, source: id, sources: [source], force: body.force };
      return ctx.reply(202, toJob(await startRequested(ctx.db, queue, run, ctx.hold, ctx.now())));
    },

    async listSyncJobs({ query }, { db, reply }) {
      const filters = [query.persona_id ?? null, query.source_id ?? null, query.status ?? null];
      return reply(
        200,
        await readPage<JobRow, ReturnType<typeof toJob>>(db, query, {
          name: "sync-jobs",
          rows: LIST,
          count: COUNT,
          filters: filters,
          item: toJob,
        }),
      );
    },

    async getSyncJob({ params }, { db, reply }) {
      const row = await db.one<JobRow>(GET, [params.sync_job_id]);
      if (!row) throw missing("sync job");
      return reply(200, toJob(row));
    },

    async cancelSyncJob({ params }, ctx) {
      const row = await ctx.db.one<JobRow>(LOCK_ACTIVE, [params.sync_job_id]);
      if (!row) {
        const ended = await ctx.db.one<JobRow>(GET, [params.sync_job_id]);
        if (!ended) throw missing("sync job");
        throw new ApiError("CONFLICT", `The sync has ended already: it is ${ended.status}`);
      }
      const canceled = await endRun(ctx.db, events, ctx.org, row, { status: "canceled", error: null }, ctx.now());
      return ctx.reply(200, toJob(canceled));
    },
  });
