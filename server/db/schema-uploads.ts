import { sql } from "drizzle-orm";
import { bigint, check, foreignKey, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";
import { createdAt, organizations, orgId, tenant } from "./schema.ts";

/** A file. Its bytes stand in the store under `<org_id>/<object>`. `attempt` fences its worker. */
export const uploads = pgTable(
  "uploads",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    filename: text().notNull(),
    via: text({ enum: ["multipart", "url", "parts"] }).notNull(),
    status: text({ enum: ["pending", "ready", "failed"] }).notNull(),
    attempt: integer().notNull().default(0),
    progress: integer().notNull().default(0),
    type: text(),
    size: bigint({ mode: "number" }),
    sha256: text(),
    width: integer(),
    height: integer(),
    duration_ms: bigint({ mode: "number" }),
    source_url: text(),
    /** Null until there is one. Each attempt to fetch a file writes its own, so that a late worker's bytes are nobody's. */
    object: text(),
    part_size: bigint({ mode: "number" }),
    part_count: integer(),
    /** The store's name for an open upload in parts. */
    store_handle: text(),
    /** When an upload in parts was completed: from then on no part may come. */
    completed_at: time("completed_at"),
    /** Bytes counted against the plan for it. */
    counted_bytes: bigint({ mode: "number" }).notNull().default(0),
    error_code: text(),
    error_message: text(),
    created_at: createdAt,
    ready_at: time("ready_at"),
    expires_at: time("expires_at"),
  },
  (t) => [
    unique("uploads_org_id").on(t.org_id, t.id),
    index("uploads_expires").on(t.expires_at),
    unique("uploads_object").on(t.org_id, t.object),
    index("uploads_order").on(t.org_id, t.id),
    tenant("uploads"),
  ],
);

/** Parts that came through this server: what progress is counted by. Which there are, the store says. */
export const uploadParts = pgTable(
  "upload_parts",
  {
    org_id: text().notNull(),
    upload_id: text().notNull(),
    number: integer().notNull(),
    size: bigint({ mode: "number" }).notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.upload_id, t.number] }),
    foreignKey({
      name: "upload_parts_upload",
      columns: [t.org_id, t.upload_id],
      foreignColumns: [uploads.org_id, uploads.id],
    }).onDelete("cascade"),
    tenant("upload_parts"),
  ],
);

/** What is to be taken from the store, since no upload has it any more: the job `storage.delete` does, and forgets it. */
export const storageRemovals = pgTable(
  "storage_removals",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    object: text(),
    /** An upload in parts that is to be aborted. */
    store_handle: text(),
    created_at: createdAt,
  },
  (t) => [index("storage_removals_created").on(t.created_at), tenant("storage_removals")],
);

/** Organizations that were deleted: the sweeper takes their files, and none of an organization that it has never known. */
export const removedOrganizations = pgTable("removed_organizations", {
  id: text().primaryKey(),
  created_at: createdAt,
});

/** Bytes that an organization keeps, with those it has announced: one row, so that a plan's bound is one condition. */
export const storageUse = pgTable(
  "storage_use",
  {
    org_id: text()
      .primaryKey()
      .references(() => organizations.id, { onDelete: "cascade" }),
    bytes: bigint({ mode: "number" }).notNull().default(0),
  },
  (t) => [check("storage_use_bytes", sql`${t.bytes} >= 0`), tenant("storage_use")],
);
