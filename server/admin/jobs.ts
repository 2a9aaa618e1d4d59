import { type DeadJob, findDead, redriveDead } from "../jobs/dead.ts";
import { type QueueStats, STATS } from "../jobs/queue.ts";
import { QUEUES, type QueueName } from "../jobs/queues.ts";
import { type Statement, statement } from "../kit/postgres/db.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";

const OVERVIEW = statement("admin.jobs", STATS);
const REOPEN_DELIVERY = statement(
  "admin.reopen-delivery",
  `update webhook_deliveries d set status = 'pending', round_count = 0, next_attempt_at = now()
    where d.org_id = $1 and d.id = $2 and d.status = 'failed'
      and exists (select from webhooks w where w.id = d.webhook_id and w.disabled_at is null)`,
);

/**
 * What became of a row when its job died: a statement that opens it again, by organization and id, or a sentence that says
 * why that cannot be, and what to do instead. What a tenant was told is over stays over.
 */
const AGAIN: Record<QueueName, Statement | string> = {
  "webhook.deliver": REOPEN_DELIVERY,
  "sync.run": "the sync has failed and its credits were given back: start another",
  "upload.process": "the upload has failed, and its owner was told: upload the file again",
  "billing.reload": "the top-up has failed: it begins anew when credits run low, or by POST /v1/billing/topup",
  "storage.delete": "nothing is left to do: the store is swept once an hour",
  "storage.sweep": "nothing is left to do: the store is swept once an hour",
  "mail.send": "the mail is gone with what it said: have it sent again where it was asked for",
};
const MOST = 1_000;

const isQueue = (name: string): name is QueueName => name in QUEUES;

/** How many jobs there are of each queue and state, and how old the oldest is. */
export async function jobOverview({ db }: Operator): Promise<Deed<readonly QueueStats[]>> {
  const rows = await db.rows<QueueStats>(OVERVIEW, [Object.keys(QUEUES)]);
  return { result: rows, organizations: [], fields: [] };
}

export type Which = { readonly queue?: string | undefined; readonly id?: string | undefined };

/** The latest dead jobs, at most a thousand. */
export async function listDeadJobs({ db }: Operator, which: Which): Promise<Deed<readonly DeadJob[]>> {
  return { result: await findDead(db, which, MOST), organizations: [], fields: [] };
}

type Retried = { readonly retried: readonly string[]; readonly left: readonly { id: string; why: string }[] };

/**
 * Opens the rows of dead jobs again where that can be, and puts their jobs back into their queues; the rest is left, with a
 * reason. Throws OperatorError when there is none, or none that can be tried again.
 */
export async function retryDeadJobs({ db }: Operator, which: Which): Promise<Deed<Retried>> {
  const dead = await findDead(db, which, MOST);
  if (dead.length === 0) {
    throw new OperatorError("NOT_FOUND", "There is no such dead job: npm run admin -- list-dead-jobs shows all");
  }
  const retried: DeadJob[] = [];
  const left: { id: string; why: string }[] = [];
  for (const job of dead) {
    const way = isQueue(job.queue) ? AGAIN[job.queue] : `this version has no queue ${job.queue}`;
    if (typeof way === "string") left.push({ id: job.id, why: way });
    else if ((await db.run(way, [job.data.org_id, job.data.id])) > 0) retried.push(job);
    else left.push({ id: job.id, why: "it is done, gone or under way by now, or its endpoint is disabled" });
  }
  if (retried.length === 0) {
    const why = [...new Set(left.map((one) => one.why))].join("; ");
    throw new OperatorError("CONFLICT", `None can be tried again: ${why}`);
  }
  const ids = retried.map(({ id }) => id);
  await redriveDead(db, ids);
  const organizations = [...new Set(retried.map(({ data }) => data.org_id))];
  const [only] = ids.length === 1 ? ids : [];
  const resource = only === undefined ? {} : { resource: { kind: "job", id: only } };
  return { result: { retried: ids, left }, organizations, ...resource, fields: [] };
}
