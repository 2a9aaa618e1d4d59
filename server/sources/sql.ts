import { statement } from "../kit/postgres/db.ts";

/** A row of sources as it is stored. */
export type SourceRow = {
  id: string;
  persona_id: string;
  url: string;
  name: string | null;
  title: string | null;
  format: "rss" | "atom" | "json_feed" | null;
  automation_mode: "sync_only";
  paused: boolean;
  sync_interval_minutes: number | null;
  sync_times: string[] | null;
  post_count: number;
  last_synced_at: string | null;
  next_sync_at: string | null;
  error_code: string | null;
  error_message: string | null;
  consecutive_failures: number;
  created_at: string;
  updated_at: string;
  etag: string | null;
  last_modified: string | null;
};

const COLUMNS = `id, persona_id, url, name, title, format, automation_mode, paused, sync_interval_minutes, sync_times,
  post_count, last_synced_at, next_sync_at, error_code, error_message, consecutive_failures, created_at, updated_at,
  etag, last_modified`;
const MATCHES = "($1::text is null or persona_id = $1) and ($2::boolean is null or paused = $2)";

export const LIST = statement(
  "sources.list",
  `select ${COLUMNS} from sources
    where ${MATCHES} and ($3::text is null or id < $3) order by id desc limit $4 offset $5`,
);
export const COUNT = statement("sources.count", `select count(*) as total from sources where ${MATCHES}`);
export const COUNT_OF_PERSONA = statement(
  "sources.count-of-persona",
  "select count(*) as total from sources where persona_id = $1",
);
export const GET = statement("sources.get", `select ${COLUMNS} from sources where id = $1`);
export const LOCK = statement("sources.lock", `select ${COLUMNS} from sources where id = $1 for no key update`);
export const INSERT = statement(
  "sources.insert",
  `insert into sources (id, org_id, persona_id, url, name, automation_mode, sync_interval_minutes, sync_times,
     next_sync_at, planned_timezone)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) returning ${COLUMNS}`,
);
// Another address is another feed: what is known of the old one's answers says nothing of it.
export const UPDATE = statement(
  "sources.update",
  `update sources
      set url = $2, name = $3, automation_mode = $4, paused = $5, sync_interval_minutes = $6, sync_times = $7,
          next_sync_at = $8, planned_timezone = $9, updated_at = now(),
          etag = case when url = $2 then etag end, last_modified = case when url = $2 then last_modified end,
          last_synced_at = case when url = $2 then last_synced_at end, title = case when url = $2 then title end,
          format = case when url = $2 then format end, error_code = case when url = $2 then error_code end,
          error_message = case when url = $2 then error_message end,
          consecutive_failures = case when url = $2 then consecutive_failures else 0 end
    where id = $1 returning ${COLUMNS}`,
);
export const DELETE = statement("sources.delete", "delete from sources where id = $1 returning id, persona_id");

/** A source that can be synced: what a run must know of it before it starts. */
export type Syncable = { id: string; persona_id: string; paused: boolean; last_synced_at: string | null };
const SYNCABLE = "id, persona_id, paused, last_synced_at";
export const ACTIVE_OF_PERSONA = statement(
  "sources.active-of-persona",
  `select ${SYNCABLE} from sources where persona_id = $1 and not paused order by id`,
);
export const SYNCABLE_ONE = statement(
  "sources.syncable",
  `select ${SYNCABLE} from sources where id = $1 for key share`,
);

// A fetch that went well, and one that did not.
export const FETCHED = statement(
  "sources.fetched",
  `update sources
      set title = coalesce($2, title), format = coalesce($3, format), etag = $4, last_modified = $5,
          last_synced_at = $6, next_sync_at = $7, planned_timezone = $8, post_count = post_count + $9,
          error_code = null, error_message = null, consecutive_failures = 0
    where id = $1`,
);
export const FAILED = statement(
  "sources.failed",
  `update sources
      set error_code = $2, error_message = $3, consecutive_failures = consecutive_failures + 1, paused = paused or $4,
          next_sync_at = $5, planned_timezone = $6
    where id = $1 returning ${COLUMNS}`,
);

// Across organizations (migration "schedules"), then one by one within each.
export type Located = { org_id: string; id: string };
export const DUE = statement("sources.due", "select org_id, id from due_sources($1, $2)");
export const UNPLANNED = statement("sources.unplanned", "select org_id, id from unplanned_sources($1)");
export const TAKE_DUE = statement(
  "sources.take-due",
  `select ${COLUMNS} from sources where id = any($1) and next_sync_at <= $2 and not paused order by id for no key update skip locked`,
);
export const TAKE = statement(
  "sources.take",
  `select ${COLUMNS} from sources where id = any($1) order by id for no key update skip locked`,
);
export const PLAN = statement(
  "sources.plan",
  "update sources set next_sync_at = $2, planned_timezone = $3 where id = $1",
);
