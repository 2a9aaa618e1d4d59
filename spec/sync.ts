import { page } from "./kit/page.ts";
import { id, input, nullable, schema, timestamp, z } from "./kit/schema.ts";
import { MAX_SOURCES } from "./sources.ts";
import { operation } from "./vocabulary.ts";

/** What fetching one source costs, in credits. */
export const SYNC_CREDITS = 1;
/** A source that was synced less than this many minutes ago is skipped, unless forced. */
export const FRESH_MINUTES = 15;

const status = z
  .enum(["pending", "running", "completed", "failed", "skipped", "canceled"])
  .describe(
    "`completed` when at least one source could be read, `skipped` when there was none to read: every one was fresh, or none active",
  );

const problem = z
  .object({
    code: z.string().describe("What went wrong, for programs").meta({ example: "timeout" }),
    message: z.string().describe("What went wrong, for people").meta({ example: "The feed did not answer in time" }),
  })
  .describe("What went wrong");

const result = z
  .object({
    source_id: id("src"),
    status: z.enum(["pending", "completed", "failed", "skipped"]).describe("How it went with this source"),
    new_count: z.int().min(0).describe("Posts that were new").meta({ example: 3 }),
    error: nullable(problem),
  })
  .describe("How it went with one source");

export const SyncJob = schema("SyncJob", "A run over one source, or over all active ones of a persona", {
  id: id("syn"),
  persona_id: id("per", "The persona whose sources are synced"),
  source_id: nullable(id("src", "The one source; null when it is all of the persona's")),
  trigger: z.enum(["request", "schedule"]).describe("Who started it"),
  status,
  progress: z.int().min(0).max(100).describe("How much is done, in percent").meta({ example: 100 }),
  estimated_cost: z
    .int()
    .min(0)
    .describe("What it costs at most, in credits: one for each source to fetch")
    .meta({ example: 1 }),
  cost: nullable(z.int().min(0).describe("Credits it cost in the end; null while it goes on").meta({ example: 1 })),
  new_count: z.int().min(0).describe("Posts that were new").meta({ example: 3 }),
  results: z.array(result).describe("How it went, source by source"),
  error: nullable(problem),
  created_at: timestamp("When it was asked for"),
  started_at: nullable(timestamp("When work on it began")),
  finished_at: nullable(timestamp("When it ended")),
});

export const SyncInput = input("SyncInput", "How to sync", {
  force: z
    .boolean()
    .default(false)
    .describe(`Sync what was synced less than ${FRESH_MINUTES} minutes ago too`)
    .meta({ example: true }),
});

const terminal = ["completed", "failed", "skipped", "canceled"] as const;

export const syncPersona = operation({
  id: "syncPersona",
  method: "post",
  path: "/v1/personas/{persona_id}/sync",
  tag: "Sync",
  summary: "Sync a persona's sources",
  description: `Fetches every active source of the persona; those synced less than ${FRESH_MINUTES} minutes ago are skipped
unless forced. While one such run goes on, another is a 409 that names it in \`details.sync_job_id\`, and so is a persona
that is archived, or whose brand is. Without an active source there is nothing to do, and it is skipped.`,
  scopes: ["sync:write"],
  idempotent: "key",
  effect: { creates: "sync_job" },
  credits: {
    max: MAX_SOURCES * SYNC_CREDITS,
    estimate: "one for each source that is fetched, none for one that is skipped or fails.",
  },
  async: { poll: "getSyncJob", terminal },
  body: SyncInput,
  responses: { 202: SyncJob },
  errors: ["CONFLICT"],
});

export const syncSource = operation({
  id: "syncSource",
  method: "post",
  path: "/v1/sources/{source_id}/sync",
  tag: "Sync",
  summary: "Sync a source",
  description: `Skipped when it was synced less than ${FRESH_MINUTES} minutes ago, unless forced. While a run over it goes on,
another is a 409 that names it in \`details.sync_job_id\`, and so is a paused source, or one whose persona or brand is
archived.`,
  scopes: ["sync:write"],
  idempotent: "key",
  effect: { creates: "sync_job" },
  credits: { max: SYNC_CREDITS, estimate: "one when it is fetched, none when it is skipped or fails." },
  async: { poll: "getSyncJob", terminal },
  body: SyncInput,
  responses: { 202: SyncJob },
  errors: ["CONFLICT"],
});

export const listSyncJobs = operation({
  id: "listSyncJobs",
  method: "get",
  path: "/v1/sync-jobs",
  tag: "Sync",
  summary: "List sync jobs",
  description: "Newest first.",
  scopes: ["sources:read"],
  effect: { lists: "sync_job" },
  query: page.query({
    persona_id: id("per", "Only those of this persona").optional(),
    source_id: id("src", "Only those of this one source").optional(),
    status: status.optional(),
  }),
  responses: { 200: page.of(SyncJob) },
});

export const getSyncJob = operation({
  id: "getSyncJob",
  method: "get",
  path: "/v1/sync-jobs/{sync_job_id}",
  tag: "Sync",
  summary: "Get a sync job",
  scopes: ["sources:read"],
  effect: { reads: "sync_job" },
  responses: { 200: SyncJob },
});

export const cancelSyncJob = operation({
  id: "cancelSyncJob",
  method: "post",
  path: "/v1/sync-jobs/{sync_job_id}/cancel",
  tag: "Sync",
  summary: "Cancel a sync job",
  description:
    "Posts that came before stay, and so does the cost of the sources that were fetched: the other ones count as skipped, and " +
    "the credits held for them are given back. An ended one is a 409.",
  scopes: ["sync:write"],
  idempotent: "natural",
  effect: { updates: "sync_job" },
  responses: { 200: SyncJob },
  errors: ["CONFLICT"],
});
