import type { JobData } from "../jobs/queue.ts";
import type { JobContext, Worker } from "../jobs/worker.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import {
  CLAIM,
  type Claim,
  DELIVERED,
  DISABLE,
  END_ATTEMPT,
  FAIL,
  FAIL_DISABLED,
  FAILING,
  HOLD_ENDPOINT,
  NOT_DELIVERED,
  WELL,
} from "./attempt-sql.ts";
import { type Ending, post } from "./post.ts";
import { retryDelay } from "./retries.ts";
import { failPending } from "./sql.ts";

type Services = Pick<WorkServices, "queue" | "events" | "outbound" | "sealing">;

const GONE = 410;
const isSuccess = ({ status }: Ending) => status !== null && status >= 200 && status < 300;

/** Endpoints whose last attempt here failed: bounded, because tenants make them. */
const MOST_REMEMBERED = 10_000;

/** Says that the server gives an endpoint up: nothing more is sent to it, and the others are told. */
async function disable(db: Db, claim: Claim, reason: "gone" | "failing", { job, data, events }: Doing): Promise<void> {
  const row = await db.one<{ id: string; url: string }>(DISABLE, [claim.webhook_id, reason]);
  if (!row) return;
  await failPending(db, claim.webhook_id);
  const told = { id: row.id, url: row.url, reason, last_event_id: claim.event_id };
  await events.emit(db, data.org_id, job.now(), "webhook.disabled", told);
}

type Doing = Services & { readonly job: JobContext; readonly data: JobData };

/** Writes down how an attempt ended and plans what follows, in one transaction. */
async function conclude(db: Db, claim: Claim, ending: Ending, doing: Doing): Promise<void> {
  const mine = [claim.id, claim.attempt_count, claim.round_count] as const;
  const endpoint = await db.one<{ disabled: boolean; long_failing: boolean | null }>(HOLD_ENDPOINT, [claim.webhook_id]);
  // Deleted meanwhile, and its deliveries with it.
  if (!endpoint) return;
  await db.run(END_ATTEMPT, [claim.id, claim.attempt_count, ending.durationMs, ending.status, ending.error]);
  if (isSuccess(ending)) {
    await Promise.all([db.run(DELIVERED, [...mine, ending.status]), db.run(WELL, [claim.webhook_id])]);
    return;
  }
  await db.run(FAILING, [claim.webhook_id]);
  const seconds = retryDelay(claim.round_count, ending.retryAfter, Math.random());
  const gone = ending.status === GONE;
  const changed = await db.run(NOT_DELIVERED, [...mine, ending.status, gone ? null : (seconds ?? null)]);
  if (gone) return disable(db, claim, "gone", doing);
  if (changed === 0) return;
  if (seconds !== undefined) {
    const when = { afterSeconds: seconds, group: claim.webhook_id };
    await doing.queue.enqueue(db, "webhook.deliver", doing.data, when);
  } else if (endpoint.long_failing) {
    await disable(db, claim, "failing", doing);
  }
}

/** Sends events to endpoints: one attempt a job. At least once, and each time with the same `webhook-id`. */
export function webhookWorker(services: Services): Worker {
  const failing = new Set<string>();
  const remember = (endpoint: string, well: boolean) => {
    if (well) return void failing.delete(endpoint);
    if (failing.size >= MOST_REMEMBERED) failing.clear();
    failing.add(endpoint);
  };
  return {
    queue: "webhook.deliver",
    async run(data, job) {
      const claim = await job.transaction(data.org_id, async (db) => {
        const claimed = await db.one<Claim>(CLAIM, [data.id]);
        if (!claimed) await db.run(FAIL_DISABLED, [data.id]);
        return claimed;
      });
      if (!claim) return;
      const ending = await post(claim, services, { nowMs: job.now(), signal: job.signal });
      remember(claim.webhook_id, isSuccess(ending));
      await job.transaction(data.org_id, (db) => conclude(db, claim, ending, { ...services, job, data }));
    },
    async abandon(data, _reason, job) {
      await job.transaction(data.org_id, (db) => db.run(FAIL, [data.id]));
    },
    // A dead receiver holds one place until it answers again, not all of its places.
    widthOf: (endpoint) => (failing.has(endpoint) ? 1 : undefined),
  };
}
