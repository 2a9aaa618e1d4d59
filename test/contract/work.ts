import { APP_ROLE } from "../../server/db/migrate.ts";
import { openQueue } from "../../server/jobs/queue.ts";
import { QUEUES } from "../../server/jobs/queues.ts";
import type { JobContext } from "../../server/jobs/worker.ts";
import { newId } from "../../server/kit/ids.ts";
import { openPool, withRead, withTransaction } from "../../server/kit/postgres/pool.ts";
import { parseCidr } from "../../server/outbound/addresses.ts";
import { openOutbound } from "../../server/outbound/service.ts";
import { openStorage } from "../../server/storage/open.ts";
import { openFeedReader } from "../../server/sync/feed/reader.ts";
import { syncWorker } from "../../server/sync/worker.ts";
import { uploadWorker } from "../../server/uploads/worker.ts";
import { eventsOn } from "../../server/webhooks/service.ts";
import { query } from "../setup/support.ts";
import { openFeeds } from "./feeds.ts";

const log = { info() {}, warn() {}, error() {} };

type Where = { readonly databaseUrl: string; readonly storageDir: string };

/** The organization of a job that is queued, if it has anything of the feeds: `$1` is the row, `$2` begins their addresses. */
const OURS = (table: string) =>
  `select org_id from ${table} j where id = $1 and exists (select from pgboss.job q where q.data->>'id' = j.id) and (
     exists (select from sources s where s.org_id = j.org_id and starts_with(s.url, $2)) or
     exists (select from uploads u where u.org_id = j.org_id and starts_with(u.source_url, $2)))`;

export type Work = {
  /** Where the feeds are. */
  readonly feeds: string;
  /** Does the job that an answer promises, if it is of an organization that has something of the feeds. */
  do(answer: Response): Promise<void>;
  close(): Promise<void>;
};

/**
 * The workers of Reelmark for those organizations alone that use its feeds: what others have begun stays as it is, so that
 * the checks of a run can say of every change whence it came.
 */
export async function openWork({ databaseUrl, storageDir }: Where): Promise<Work> {
  const pool = openPool({ url: databaseUrl, name: "test", role: APP_ROLE, max: 4, onError() {} });
  const queue = await openQueue({ url: databaseUrl, role: APP_ROLE, log, queues: QUEUES, supervise: false });
  const loopback = parseCidr("127.0.0.0/8");
  const outbound = openOutbound({ allow: loopback ? [loopback] : [], userAgent: "Reelmark/test" });
  const reader = openFeedReader();
  const storage = await openStorage({ kind: "local", folder: storageDir });
  const feeds = await openFeeds();
  const services = { events: eventsOn(queue), outbound, feeds: reader, storage, queue };
  const workers = { sync_jobs: syncWorker(services), uploads: uploadWorker(services) };
  const context: JobContext = {
    attempt: 1,
    last: true,
    signal: new AbortController().signal,
    log,
    now: Date.now,
    newId: (prefix) => newId(prefix, Date.now()),
    transaction: (organization, work) => withTransaction(pool, organization, work),
    read: (organization, work) => withRead(pool, organization, work),
  };
  const running = new Set<Promise<void>>();

  async function work(id: string): Promise<void> {
    const table = id.startsWith("syn_") ? "sync_jobs" : "uploads";
    const [row] = await query<{ org_id: string }>(databaseUrl, OURS(table), [id, feeds.url]);
    if (row) await workers[table].run({ org_id: row.org_id, id }, context);
  }

  return {
    feeds: feeds.url,
    async do(answer) {
      if (answer.status !== 202) return;
      const { id } = (await answer.clone().json()) as { id?: unknown };
      if (typeof id !== "string" || !/^(syn|upl)_/.test(id)) return;
      // What a worker fails at stays undone: whoever waits for it says so.
      const done = work(id)
        .catch(() => {})
        .finally(() => running.delete(done));
      running.add(done);
    },
    async close() {
      await Promise.allSettled(running);
      await Promise.all([queue.close(), outbound.close(), reader.close(), storage.close(), feeds.close(), pool.end()]);
    },
  };
}
