import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { createdAt, orgId, personas, tenant } from "./schema.ts";

export const sources = pgTable(
  "sources",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    persona_id: text().notNull(),
    url: text().notNull(),
    name: text(),
    title: text(),
    format: text({ enum: ["rss", "atom", "json_feed"] }),
    automation_mode: text({ enum: ["sync_only"] }).notNull(),
    paused: boolean().notNull().default(false),
    sync_interval_minutes: integer(),
    sync_times: text().array(),
    next_sync_at: time("next_sync_at"),
    /** The brand's timezone that `next_sync_at` was computed in: when the brand's is another now, it is computed again. */
    planned_timezone: text(),
    /** Validators of the feed's last good answer (RFC 9110 §8.8), for a conditional GET. */
    etag: text(),
    last_modified: text(),
    post_count: integer().notNull().default(0),
    last_synced_at: time("last_synced_at"),
    error_code: text(),
    error_message: text(),
    consecutive_failures: integer().notNull().default(0),
    created_at: createdAt,
    updated_at: time("updated_at").notNull().default(sql`now()`),
  },
  (t) => [
    unique("sources_org_id").on(t.org_id, t.id),
    unique("sources_url_key").on(t.org_id, t.persona_id, t.url),
    index("sources_next").on(t.next_sync_at),
    foreignKey({
      name: "sources_persona",
      columns: [t.org_id, t.persona_id],
      foreignColumns: [personas.org_id, personas.id],
    }),
    check("sources_schedule", sql`${t.sync_interval_minutes} is null or ${t.sync_times} is null`),
    tenant("sources"),
  ],
);

/** `attempt` is the fence: who works on a row knows its number, and writes nothing once another has taken it over. */
export const syncJobs = pgTable(
  "sync_jobs",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    persona_id: text().notNull(),
    source_id: text(),
    trigger: text({ enum: ["request", "schedule"] }).notNull(),
    status: text({ enum: ["pending", "running", "completed", "failed", "skipped", "canceled"] }).notNull(),
    attempt: integer().notNull().default(0),
    progress: integer().notNull().default(0),
    estimated_cost: integer().notNull(),
    cost: integer(),
    new_count: integer().notNull().default(0),
    results: jsonb().notNull(),
    error: jsonb(),
    hold_id: text(),
    created_at: createdAt,
    started_at: time("started_at"),
    finished_at: time("finished_at"),
  },
  (t) => [
    unique("sync_jobs_org_id").on(t.org_id, t.id),
    index("sync_jobs_persona").on(t.org_id, t.persona_id, t.id),
    // One run at a time over one source, and one over all of a persona's.
    uniqueIndex("sync_jobs_active_source")
      .on(t.org_id, t.source_id)
      .where(sql`status in ('pending', 'running') and source_id is not null`),
    uniqueIndex("sync_jobs_active_persona")
      .on(t.org_id, t.persona_id)
      .where(sql`status in ('pending', 'running') and source_id is null`),
    foreignKey({
      name: "sync_jobs_persona",
      columns: [t.org_id, t.persona_id],
      foreignColumns: [personas.org_id, personas.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "sync_jobs_source",
      columns: [t.org_id, t.source_id],
      foreignColumns: [sources.org_id, sources.id],
    }).onDelete("cascade"),
    tenant("sync_jobs"),
  ],
);

export const sourcePosts = pgTable(
  "source_posts",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    source_id: text().notNull(),
    persona_id: text().notNull(),
    external_id: text().notNull(),
    url: text(),
    title: text(),
    summary: text(),
    author: text(),
    media: jsonb().notNull(),
    /** SHA-256 of what the feed said: a post whose digest is the same has not changed. */
    digest: bytes("digest").notNull(),
    published_at: time("published_at"),
    created_at: createdAt,
    updated_at: time("updated_at").notNull().default(sql`now()`),
  },
  (t) => [
    unique("source_posts_org_id").on(t.org_id, t.id),
    unique("source_posts_external_key").on(t.org_id, t.source_id, t.external_id),
    index("source_posts_source").on(t.org_id, t.source_id, t.id),
    index("source_posts_persona").on(t.org_id, t.persona_id, t.id),
    foreignKey({
      name: "source_posts_source",
      columns: [t.org_id, t.source_id],
      foreignColumns: [sources.org_id, sources.id],
    }).onDelete("cascade"),
    tenant("source_posts"),
  ],
);
