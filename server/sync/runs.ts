import { ApiError } from "../../spec/kit/errors.ts";
import type { SyncJob } from "../../spec/sync.ts";
import { FRESH_MINUTES, SYNC_CREDITS } from "../../spec/sync.ts";
import { reserveCredits, settleCredits } from "../billing/service.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import type { Syncable } from "../sources/service.ts";
import { ACTIVE_RUN, END, INSERT, type JobRow, type Problem, SET_HOLD, type SourceResult } from "./sql.ts";

const FRESH_MS = FRESH_MINUTES * 60_000;

/** A job as the contract shows it. */
export function toJob({ attempt: _attempt, hold_id: _hold, ...shown }: JobRow): (typeof SyncJob)["_zod"]["output"] {
  return shown;
}

/** What a job costs by now: what could really be fetched. */
export const costOf = (results: readonly SourceResult[]): number =>
  results.filter(({ status }) => status === "completed").length * SYNC_CREDITS;

type Run = {
  readonly organization: string;
  readonly persona: string;
  /** The one source; null for all of the persona's. */
  readonly source: string | null;
  readonly trigger: JobRow["trigger"];
  /** Those to sync, and to skip when they are fresh, unless `force`. */
  readonly sources: readonly Syncable[];
  readonly force: boolean;
};

/** Goes by the source's own clock: when it was last read with success. */
const isFresh = ({ last_synced_at }: Syncable, nowMs: number) =>
  last_synced_at !== null && Date.parse(last_synced_at) > nowMs - FRESH_MS;

/**
 * Writes a run down, in the transaction of the caller: skipped when there is nothing to fetch, else pending.
 * @returns The row, or the id of the run over the same that goes on.
 */
async function insertRun(db: Db, run: Run, hold: string | null, nowMs: number): Promise<JobRow | { active: string }> {
  const results = run.sources.map((source): SourceResult => {
    const status = !run.force && isFresh(source, nowMs) ? "skipped" : "pending";
    return { source_id: source.id, status, new_count: 0, error: null };
  });
  const estimated = results.filter(({ status }) => status === "pending").length * SYNC_CREDITS;
  const [status, progress, cost] = estimated === 0 ? ["skipped", 100, 0] : ["pending", 0, null];
  const about = [run.organization, run.persona, run.source, run.trigger, status, progress, estimated, cost];
  // The run that was in the way may be over by the time it is looked for.
  for (let tries = 0; tries < 3; tries++) {
    const active = await db.one<{ id: string }>(ACTIVE_RUN, [run.persona, run.source]);
    if (active) return { active: active.id };
    const values = [newId("syn", nowMs), ...about, JSON.stringify(results), estimated === 0 ? null : hold];
    const row = await db.one<JobRow>(INSERT, values);
    if (row) return row;
  }
  throw new ApiError("CONFLICT", "Runs come and go over this too fast: try again");
}

/**
 * Starts a run that was asked for, with the credits that are held for the request: what it does not need of them is given
 * back when it ends. Throws 409 with `details.sync_job_id` while a run over the same goes on.
 */
export async function startRequested(
  db: Db,
  queue: WorkServices["queue"],
  run: Omit<Run, "trigger">,
  hold: string | undefined,
  nowMs: number,
): Promise<JobRow> {
  if (hold === undefined) throw new Error("a sync was asked for, and no credits are held for it");
  const row = await insertRun(db, { ...run, trigger: "request" }, hold, nowMs);
  if ("active" in row) {
    throw new ApiError("CONFLICT", `The sync ${row.active} goes on: wait for it, or cancel it`, {
      details: { sync_job_id: row.active },
    });
  }
  if (row.status === "skipped") await settleCredits(db, hold, 0, nowMs);
  else await queue.enqueue(db, "sync.run", { org_id: run.organization, id: row.id });
  return row;
}

/**
 * Starts the run of one source whose time has come; none while another goes on. When the credits do not last, the run is
 * there, and has failed.
 */
export async function startScheduled(
  db: Db,
  services: Pick<WorkServices, "queue" | "events">,
  organization: string,
  source: Syncable,
  nowMs: number,
): Promise<void> {
  const run: Run = {
    organization,
    persona: source.persona_id,
    source: source.id,
    trigger: "schedule",
    sources: [source],
    force: false,
  };
  const row = await insertRun(db, run, null, nowMs);
  if ("active" in row || row.status === "skipped") return;
  const reason = { operation: "syncSource", requestId: row.id, leaseMs: null };
  const reserved = await reserveCredits(db, row.estimated_cost, reason, nowMs);
  if ("hold" in reserved) {
    await db.run(SET_HOLD, [row.id, reserved.hold]);
    await services.queue.enqueue(db, "sync.run", { org_id: organization, id: row.id });
    return;
  }
  const message = `This costs ${row.estimated_cost} credits and ${reserved.available} are available: top up first`;
  await endRun(db, services.events, organization, row, { status: "failed", error: problem(message) }, nowMs);
}

const problem = (message: string): Problem => ({ code: "insufficient_balance", message });

export type Ending = { readonly status: "completed" | "failed" | "canceled"; readonly error: Problem | null };

/**
 * Ends a run, in the transaction in which its row was locked: what was fetched is paid, the rest of the hold given back, and
 * the event emitted.
 */
export async function endRun(
  db: Db,
  events: WorkServices["events"],
  organization: string,
  row: JobRow,
  { status, error }: Ending,
  nowMs: number,
): Promise<JobRow> {
  const rest = status === "canceled" ? "skipped" : "failed";
  const results = row.results.map((one) => (one.status === "pending" ? { ...one, status: rest, error } : one));
  const cost = costOf(row.results);
  if (row.hold_id !== null && !(await settleCredits(db, row.hold_id, cost, nowMs))) {
    throw new Error(`the hold of sync ${row.id} has ended before it`);
  }
  const values = [row.id, status, cost, JSON.stringify(results), error === null ? null : JSON.stringify(error)];
  const ended = await db.one<JobRow>(END, values);
  if (!ended) throw new Error(`the row of sync ${row.id} was locked, and is not there`);
  if (status !== "canceled") await events.emit(db, organization, nowMs, `sync.${status}`, toJob(ended));
  return ended;
}
