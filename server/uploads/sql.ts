import type { PlanId } from "../../spec/plans.ts";
import { statement } from "../kit/postgres/db.ts";

/** An upload's row, with what only the server knows of it. */
export type UploadRow = {
  id: string;
  org_id: string;
  filename: string;
  via: "multipart" | "url" | "parts";
  status: "pending" | "ready" | "failed";
  attempt: number;
  progress: number;
  type: string | null;
  size: number | null;
  sha256: string | null;
  width: number | null;
  height: number | null;
  duration_ms: number | null;
  source_url: string | null;
  object: string | null;
  part_size: number | null;
  part_count: number | null;
  store_handle: string | null;
  completed_at: string | null;
  error_code: string | null;
  error_message: string | null;
  created_at: string;
  ready_at: string | null;
  expires_at: string | null;
};

const NAMES = [
  ...["id", "org_id", "filename", "via", "status", "attempt", "progress", "type", "size", "sha256", "width", "height"],
  ...["duration_ms", "source_url", "object", "part_size", "part_count", "store_handle", "completed_at", "error_code"],
  ...["error_message", "created_at", "ready_at", "expires_at"],
];
const COLUMNS = NAMES.join(", ");
const OF_U = NAMES.map((name) => `u.${name}`).join(", ");

const FILTER = "($1::text is null or status = $1) and ($2::text is null or type = $2)";

// Newest first: ids sort by time.
export const LIST = statement(
  "uploads.list",
  `select ${COLUMNS} from uploads where ${FILTER} and ($3::text is null or id < $3)
    order by id desc limit $4 offset $5`,
);
export const COUNT = statement("uploads.count", `select count(*) as total from uploads where ${FILTER}`);
export const GET = statement("uploads.get", `select ${COLUMNS} from uploads where id = $1`);

/** What the plan allows, and what is kept. */
export type Allowance = { readonly plan: PlanId; readonly used: number };
export const ALLOWANCE = statement(
  "uploads.allowance",
  "select o.plan, coalesce((select bytes from storage_use), 0) as used from organizations o",
);

// Refused where the sum would pass the bound: one row and one condition, so that no two can both take the last bytes.
export const COUNT_BYTES = statement(
  "uploads.count-bytes",
  `insert into storage_use as s (org_id, bytes) select $1, $2::bigint where $3::bigint is null or $2::bigint <= $3
   on conflict (org_id) do update set bytes = s.bytes + excluded.bytes
    where $3::bigint is null or s.bytes + excluded.bytes <= $3`,
);

export const INSERT_READY = statement(
  "uploads.insert-ready",
  `insert into uploads (id, org_id, filename, via, status, progress, object, type, size, sha256, width, height,
                        duration_ms, counted_bytes, created_at, ready_at)
   values ($1, $2, $3, 'multipart', 'ready', 100, $1, $4, $5, $6, $7, $8, $9, $5, $10, $10) returning ${COLUMNS}`,
);
export const INSERT_URL = statement(
  "uploads.insert-url",
  `insert into uploads (id, org_id, filename, via, status, source_url, created_at)
   values ($1, $2, $3, 'url', 'pending', $4, $5) returning ${COLUMNS}`,
);
export const INSERT_PARTS = statement(
  "uploads.insert-parts",
  `insert into uploads (id, org_id, filename, via, status, object, size, counted_bytes, part_size, part_count,
                        store_handle, created_at, expires_at)
   values ($1, $2, $3, 'parts', 'pending', $1, $4, $4, $5, $6, $7, $8, $9) returning ${COLUMNS}`,
);

/** Open: parts may come. $2 is the moment of now. */
const OPEN = "id = $1 and via = 'parts' and status = 'pending' and completed_at is null and expires_at > $2";

export const LOCK_OPEN = statement("uploads.lock-open", `select id from uploads where ${OPEN} for update`);
export const PUT_PART = statement(
  "uploads.put-part",
  "insert into upload_parts (org_id, upload_id, number, size) values ($1, $2, $3, $4) on conflict do nothing",
);
// Below 100 until it is complete, as long as a byte is missing.
export const PART_PROGRESS = statement(
  "uploads.part-progress",
  `update uploads u set progress = least(99, floor((select sum(p.size) from upload_parts p where p.upload_id = u.id) * 100 / u.size))
    where id = $1`,
);
export const COMPLETE = statement(
  "uploads.complete",
  `update uploads set completed_at = $2, progress = 100 where ${OPEN} returning ${COLUMNS}`,
);

// What follows is one statement each, because the bytes counted for an upload are uncounted once: with its row, or its end.
const REMOVE = `uncounted as (
     update storage_use s set bytes = s.bytes - g.counted_bytes from gone g where s.org_id = g.org_id),
   parts as (delete from upload_parts p using gone g where p.upload_id = g.id),
   removal as (
     insert into storage_removals (id, org_id, object, store_handle)
     select id, org_id, object, store_handle from gone where object is not null or store_handle is not null
     on conflict do nothing)`;

export const DELETE = statement(
  "uploads.delete",
  `with gone as (delete from uploads where id = $1 returning id, org_id, object, store_handle, counted_bytes),
   ${REMOVE} select object is not null or store_handle is not null as stored from gone`,
);
/** $2 is the attempt that must stand, null for any; $5 the moment at which it must have expired, uncompleted. */
export const FAIL = statement(
  "uploads.fail",
  `with gone as (
     select id, org_id, object, store_handle, counted_bytes from uploads
      where id = $1 and status = 'pending' and ($2::int is null or attempt = $2)
        and ($5::timestamptz is null or (completed_at is null and expires_at <= $5)) for update),
   ${REMOVE}
   update uploads u set status = 'failed', attempt = u.attempt + 1, error_code = $3, error_message = $4, object = null,
          store_handle = null, counted_bytes = 0, expires_at = null
     from gone g where u.id = g.id returning ${OF_U}`,
);

export const CLAIM = statement(
  "uploads.claim",
  `update uploads set attempt = attempt + 1
    where id = $1 and status = 'pending' and (via = 'url' or completed_at is not null) returning ${COLUMNS}`,
);
export const PROGRESS = statement(
  "uploads.progress",
  "update uploads set progress = $3 where id = $1 and attempt = $2 and status = 'pending'",
);
export const FINISH = statement(
  "uploads.finish",
  `with was as (
     select id, counted_bytes from uploads where id = $1 and attempt = $2 and status = 'pending' for update),
   parts as (delete from upload_parts p using was w where p.upload_id = w.id)
   update uploads u set status = 'ready', progress = 100, object = $3, type = $4, size = $5, sha256 = $6, width = $7,
          height = $8, duration_ms = $9, counted_bytes = $5, ready_at = $10, store_handle = null, expires_at = null
     from was w where u.id = w.id returning ${OF_U}, w.counted_bytes as counted`,
);

/** What is to be taken from the store. */
export type Removal = { readonly object: string | null; readonly store_handle: string | null };
export const REMOVAL = statement("uploads.removal", "select object, store_handle from storage_removals where id = $1");
export const REMOVED = statement("uploads.removed", "delete from storage_removals where id = $1");

export const ORPHANS = statement("uploads.orphans", "select place from orphans($1, $2, $3)");
export const EXPIRED = statement("uploads.expired", "select org_id, id from expired_uploads($1, $2)");
export const FORGET_REMOVALS = statement("uploads.forget-removals", "select forget_removals()");
