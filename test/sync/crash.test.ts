import { afterAll, beforeAll, expect, test } from "vitest";
import { openQueue } from "../../server/jobs/queue.ts";
import { QUEUES } from "../../server/jobs/queues.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { query, until } from "../setup/support.ts";
import { type FeedServer, feedServer, held, rss } from "../sources/feed-server.ts";
import { ended, freshPersona } from "./support.ts";

let app: TestApp;
let feeds: FeedServer;
beforeAll(async () => {
  app = await openTestApp({ role: "all" });
  feeds = await feedServer();
});
afterAll(async () => {
  await app.close();
  await feeds.close();
});

/** Gives a run to another worker while the first still thinks it has it, as when its heartbeats stop. */
async function handOver(organization: string, id: string): Promise<void> {
  const onError = (error: unknown) => {
    throw error;
  };
  const pool = openPool({ url: app.databaseUrl, name: "test", role: "reelmark_app", max: 1, onError });
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const queue = await openQueue({ url: app.databaseUrl, role: "reelmark_app", log, queues: QUEUES, supervise: false });
  await withTransaction(pool, organization, (db) => queue.enqueue(db, "sync.run", { org_id: organization, id }));
  await queue.close();
  await pool.end();
}

const activeJobs = async (id: string) => {
  const sql =
    "select count(*)::int as n from pgboss.job where data->>'id' = $1 and state in ('created', 'retry', 'active')";
  const [row] = await query<{ n: number }>(app.databaseUrl, sql, [id]);
  return row?.n ?? 0;
};

test("a worker that wakes late writes nothing; who took over fetches only what had no result", async () => {
  const { api, persona_id, organization } = await freshPersona(app);
  await api.createSource({ body: { persona_id, url: feeds.serve("/done", { body: rss([["1", "One"]]) }) } });
  const late = held(rss([["late", "Too late"]]));
  await api.createSource({ body: { persona_id, url: feeds.serve("/stuck", late.answer) } });
  const job = await api.syncPersona({ params: { persona_id }, body: {} });
  const params = { sync_job_id: job.id };
  await late.arrived;
  await until(async () => (await api.getSyncJob({ params })).progress === 50);

  const second = held(
    rss([
      ["2", "In time"],
      ["3", "In time too"],
    ]),
  );
  feeds.serve("/stuck", second.answer);
  await handOver(organization.organizationId, job.id);
  await second.arrived;
  const state = async () => ({
    job: await api.getSyncJob({ params }),
    sources: (await api.listSources({ query: { persona_id } })).data,
    posts: (await api.listSourcePosts({ query: { persona_id } })).data,
    events: (await api.listEvents()).data,
    credits: (await api.listTransactions()).data,
  });
  const before = await state();
  late.release();
  await until(async () => (await activeJobs(job.id)) === 1);
  expect(await state()).toEqual(before);

  second.release();
  await expect(ended(api, job)).resolves.toMatchObject({ status: "completed", cost: 2, new_count: 3 });
  const after = await state();
  expect(after.posts.map(({ title }) => title).sort()).toEqual(["In time", "In time too", "One"]);
  expect(after.events.filter(({ type }) => type === "sync.completed")).toHaveLength(1);
  expect([feeds.asked("/done"), feeds.asked("/stuck")]).toEqual([1, 2]);
  await expect(api.getBalance()).resolves.toMatchObject({ held: 0 });
});

test("what fails inside is tried again, and happens once", async () => {
  const { api, persona_id } = await freshPersona(app);
  const url = feeds.serve("/again", { body: rss([["1", "One"]]) });
  const { id } = await api.createSource({ body: { persona_id, url } });
  await query(
    app.databaseUrl,
    `create function planted_fault() returns trigger language plpgsql as $$ begin raise 'planted'; end $$`,
  );
  await query(
    app.databaseUrl,
    `create trigger planted_fault before update on sources for each row when (new.id = '${id}') execute function planted_fault()`,
  );
  const job = await api.syncSource({ params: { source_id: id }, body: {} });
  // The posts were written before the fault, in the same transaction: they went with it.
  await until(
    async () => feeds.asked("/again") >= 1 && app.log.some(({ fields }) => JSON.stringify(fields).includes(job.id)),
  );
  await expect(api.listSourcePosts({ query: { source_id: id } })).resolves.toMatchObject({ count: 0 });
  await query(app.databaseUrl, "drop trigger planted_fault on sources");
  await expect(ended(api, job)).resolves.toMatchObject({ status: "completed", new_count: 1, cost: 1 });
  await expect(api.getSource({ params: { source_id: id } })).resolves.toMatchObject({ post_count: 1 });
  expect(feeds.asked("/again")).toBe(2);
  await expect(api.getBalance()).resolves.toMatchObject({ held: 0 });
});

test("a run that was lost with the queue is run; one whose job died for good ends with what it has", async () => {
  const fresh = await freshPersona(app);
  const { api, persona_id } = fresh;
  const slow = held(rss([["1", "One"]]));
  const lostSource = await api.createSource({ body: { persona_id, url: feeds.serve("/lost", slow.answer) } });
  const lost = await api.syncSource({ params: { source_id: lostSource.id }, body: {} });
  await slow.arrived;
  const other = await freshPersona(app);
  const stuck = held(rss([["1", "One"]]));
  for (const [path, answer] of [
    ["/dead/read", { body: rss([["1", "One"]]) }] as const,
    ["/dead", stuck.answer] as const,
  ]) {
    await other.api.createSource({ body: { persona_id: other.persona_id, url: feeds.serve(path, answer) } });
  }
  const dead = await other.api.syncPersona({ params: { persona_id: other.persona_id }, body: {} });
  await until(async () => (await other.api.getSyncJob({ params: { sync_job_id: dead.id } })).progress === 50);

  // As after an import: the rows are there, and no job of theirs. One of them failed for good before.
  await query(app.databaseUrl, "delete from pgboss.job where data->>'id' = any($1)", [[lost.id, dead.id]]);
  const ago = "update sync_jobs set created_at = now() - interval '2 minutes' where id = any($1)";
  await query(app.databaseUrl, ago, [[lost.id, dead.id]]);
  const bury = "insert into pgboss.job (name, data, source_name) values ('dead', $1, 'sync.run')";
  await query(app.databaseUrl, bury, [JSON.stringify({ id: dead.id })]);
  feeds.serve("/lost", { body: rss([["2", "Two"]]) });

  await expect(ended(api, lost)).resolves.toMatchObject({ status: "completed", new_count: 1 });
  const given = await ended(other.api, dead);
  expect(given).toMatchObject({ status: "completed", cost: 1, new_count: 1, error: { code: "internal" } });
  expect(given.results.map(({ status }) => status).sort()).toEqual(["completed", "failed"]);
  for (const late of [slow, stuck]) late.release();
  const { data } = await api.listSourcePosts();
  expect(data.map(({ title }) => title)).toEqual(["Two"]);
  for (const one of [fresh, other]) await expect(one.api.getBalance()).resolves.toMatchObject({ held: 0 });
}, 90_000);
