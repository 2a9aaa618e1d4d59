import type { JobData } from "../jobs/queue.ts";
import type { JobContext, Worker } from "../jobs/worker.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import { type FetchFailure, feedToFetch, keepFailure, keepFetched } from "../sources/service.ts";
import { fetchFeed } from "./fetch.ts";
import { endRun } from "./runs.ts";
import { CLAIM, type JobRow, LOCK_ACTIVE, LOCK_CLAIMED, PROGRESS, type Problem, type SourceResult } from "./sql.ts";

/** Sources of one run that are fetched at once. */
const AT_ONCE = 4;

type Services = Pick<WorkServices, "outbound" | "feeds" | "events">;
type Claimed = { readonly data: JobData; readonly attempt: number; readonly results: readonly SourceResult[] };

/** The run is another's by now, or was canceled or deleted: there is nothing more to do. */
class Fenced extends Error {}

const DELETED: Problem = { code: "deleted", message: "The source was deleted while it was synced." };
const CHANGED: Problem = { code: "changed", message: "The source's address was changed: sync it again." };
const UNREAD: Problem = { code: "unread", message: "No source could be read. Each says why." };
const GIVEN_UP: Problem = { code: "internal", message: "The server failed several times over this, and gave up." };

/** Locks the run as it stands, in a transaction that is then the only one to write it. */
async function fence(db: Db, { data, attempt }: Claimed) {
  const row = await db.one<JobRow>(LOCK_CLAIMED, [data.id, attempt]);
  if (!row) throw new Fenced();
  return row;
}

/** Fetches one source and keeps what it brought; that, its result and the progress are one transaction. */
async function syncOne(services: Services, job: JobContext, claimed: Claimed, source: string): Promise<void> {
  const { org_id } = claimed.data;
  const asked = await job.read(org_id, (db) => feedToFetch(db, source));
  const answer: Awaited<ReturnType<typeof fetchFeed>> = asked
    ? await fetchFeed(services, asked, job.signal, job.now())
    : DELETED;
  await job.transaction(org_id, async (db) => {
    const row = await fence(db, claimed);
    const nowMs = job.now();
    const failed = (error: Problem) => ({ source_id: source, status: "failed" as const, new_count: 0, error });
    const result = async (): Promise<SourceResult> => {
      if (!asked) return failed(DELETED);
      if ("code" in answer) {
        const kept = await keepFailure(db, asked, answer, nowMs);
        if (kept?.failing) await services.events.emit(db, org_id, nowMs, "source.failing", kept.failing);
        return failed(kept ? problemOf(answer) : CHANGED);
      }
      const fresh = await keepFetched(db, org_id, asked, answer, nowMs);
      if (fresh === undefined) return failed(CHANGED);
      return { source_id: source, status: "completed", new_count: fresh, error: null };
    };
    const one = await result();
    const results = row.results.map((old) => (old.source_id === source ? one : old));
    const done = results.filter(({ status }) => status !== "pending").length;
    const progress = Math.floor((100 * done) / results.length);
    await db.run(PROGRESS, [row.id, JSON.stringify(results), one.new_count, progress]);
  });
}

const problemOf = ({ code, message }: FetchFailure): Problem => ({ code, message });

/** Runs `work` for every item, some at once; stops at the first failure and rejects with it once all have stopped. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const failures: unknown[] = [];
  const runner = async () => {
    for (let item = rest.shift(); item !== undefined && failures.length === 0; item = rest.shift()) {
      await work(item).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runner));
  if (failures.length > 0) throw failures.find((error) => !(error instanceof Fenced)) ?? failures[0];
}

const ending = (results: readonly SourceResult[]) =>
  results.some(({ status }) => status === "completed")
    ? ({ status: "completed", error: null } as const)
    : ({ status: "failed", error: UNREAD } as const);

/**
 * Works on sync runs. What a source brought is written with its result, so a run that is resumed after a crash fetches only
 * what has none; and every write is held to the attempt, so a worker that wakes late writes nothing.
 */
export function syncWorker(services: Services): Worker {
  return {
    queue: "sync.run",
    async run(data, job) {
      const row = await job.transaction(data.org_id, (db) => db.one<JobRow>(CLAIM, [data.id]));
      if (!row) return;
      const claimed: Claimed = { data, attempt: row.attempt, results: row.results };
      const pending = row.results.filter(({ status }) => status === "pending");
      try {
        await each(pending, ({ source_id }) => syncOne(services, job, claimed, source_id));
        await job.transaction(data.org_id, async (db) => {
          const done = await fence(db, claimed);
          await endRun(db, services.events, data.org_id, done, ending(done.results), job.now());
        });
      } catch (error) {
        if (!(error instanceof Fenced)) throw error;
      }
    },

    async abandon(data, _reason, job) {
      await job.transaction(data.org_id, async (db) => {
        const row = await db.one<JobRow>(LOCK_ACTIVE, [data.id]);
        if (!row) return;
        const { status } = ending(row.results);
        await endRun(db, services.events, data.org_id, row, { status, error: GIVEN_UP }, job.now());
      });
    },
  };
}
