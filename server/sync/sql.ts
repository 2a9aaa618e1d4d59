import { statement } from "../kit/postgres/db.ts";

export type Problem = { code: string; message: string };

/** How it went with one source. */
export type SourceResult = {
  source_id: string;
  status: "pending" | "completed" | "failed" | "skipped";
  new_count: number;
  error: Problem | null;
};

/** A row of sync_jobs as the contract shows it, and who works on it with whose credits. */
export type JobRow = {
  id: string;
  persona_id: string;
  source_id: string | null;
  trigger: "request" | "schedule";
  status: "pending" | "running" | "completed" | "failed" | "skipped" | "canceled";
  progress: number;
  estimated_cost: number;
  cost: number | null;
  new_count: number;
  results: SourceResult[];
  error: Problem | null;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  attempt: number;
  hold_id: string | null;
};

const COLUMNS = `id, persona_id, source_id, trigger, status, progress, estimated_cost, cost, new_count, results, error,
  created_at, started_at, finished_at, attempt, hold_id`;
const MATCHES = `($1::text is null or persona_id = $1) and ($2::text is null or source_id = $2)
      and ($3::text is null or status = $3)`;
const ACTIVE = "status in ('pending', 'running')";

export const LIST = statement(
  "sync.list",
  `select ${COLUMNS} from sync_jobs
    where ${MATCHES} and ($4::text is null or id < $4) order by id desc limit $5 offset $6`,
);
export const COUNT = statement("sync.count", `select count(*) as total from sync_jobs where ${MATCHES}`);
export const GET = statement("sync.get", `select ${COLUMNS} from sync_jobs where id = $1`);

// Of one source, or (with null) of all of a persona's: the run that goes on.
export const ACTIVE_RUN = statement(
  "sync.active-run",
  `select id from sync_jobs where ${ACTIVE} and persona_id = $1 and source_id is not distinct from $2`,
);
// A unique index lets one run go on: no row means that another was quicker.
export const INSERT = statement(
  "sync.insert",
  `insert into sync_jobs
     (id, org_id, persona_id, source_id, trigger, status, progress, estimated_cost, cost, results, hold_id, finished_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, case when $6 = 'skipped' then now() end)
   on conflict do nothing returning ${COLUMNS}`,
);
export const SET_HOLD = statement("sync.set-hold", "update sync_jobs set hold_id = $2 where id = $1");

// Work on a row: claimed by counting its attempts up, written only while that number stands (the fence).
export const CLAIM = statement(
  "sync.claim",
  `update sync_jobs set attempt = attempt + 1, status = 'running', started_at = coalesce(started_at, now())
    where id = $1 and ${ACTIVE} returning ${COLUMNS}`,
);
export const LOCK_CLAIMED = statement(
  "sync.lock-claimed",
  `select ${COLUMNS} from sync_jobs where id = $1 and attempt = $2 and status = 'running' for update`,
);
export const PROGRESS = statement(
  "sync.progress",
  "update sync_jobs set results = $2, new_count = new_count + $3, progress = $4 where id = $1",
);
export const LOCK_ACTIVE = statement(
  "sync.lock-active",
  `select ${COLUMNS} from sync_jobs where id = $1 and ${ACTIVE} for update`,
);
export const LOCK_OF_SOURCE = statement(
  "sync.lock-of-source",
  `select ${COLUMNS} from sync_jobs where source_id = $1 and ${ACTIVE} order by id for update`,
);
export const LOCK_OF_PERSONA = statement(
  "sync.lock-of-persona",
  `select ${COLUMNS} from sync_jobs where persona_id = $1 and ${ACTIVE} order by id for update`,
);
export const END = statement(
  "sync.end",
  `update sync_jobs set status = $2, cost = $3, results = $4, error = $5, progress = 100, finished_at = now()
    where id = $1 returning ${COLUMNS}`,
);
