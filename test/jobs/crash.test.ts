import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test, vi } from "vitest";
import { cleanUp, later } from "../server/launch.ts";
import { freshLab, type Lab, put, start } from "./lab.ts";
import { LAB, labWorker } from "./work.ts";

// What is waited for is a heartbeat that ends: they wait together.
afterAll(cleanUp);

async function lab(): Promise<Lab> {
  const made = await freshLab();
  later(() => made.close());
  return made;
}

/** A row with its job. Its attempts wait until `allow` names them. */
async function heldRow(on: Lab, id: string): Promise<void> {
  await put(on, [id]);
  await on.sql("update lab_rows set open = '{}' where id = $1", [id]);
}
const allow = (on: Lab, id: string, attempts: number[] | null) =>
  on.sql("update lab_rows set open = $2 where id = $1", [id, attempts]);

type Claim = { attempt: number; pid: number; at: Date };
/** What is promised: within half a minute of a crash its job is begun again. */
const PATIENCE = { timeout: 30_000, interval: 20 };

/** The start of an attempt, past or future. */
async function claimed(on: Lab, id: string, attempt: number): Promise<Claim> {
  const found = () =>
    on.sql<Claim>("select attempt, pid, at from lab_claims where id = $1 and attempt = $2", [id, attempt]);
  return vi.waitFor(async () => {
    const [claim] = await found();
    if (!claim) throw new Error(`attempt ${attempt} has not begun`);
    return claim;
  }, PATIENCE);
}
const state = async (on: Lab) =>
  (
    await on.sql<{ state: string; retry_count: number }>("select state, retry_count from pgboss.job where name = 'lab'")
  )[0];
const effects = (on: Lab, id: string) => on.sql("select attempt from lab_effects where id = $1 order by at", [id]);
const tell = (what: string, from: number, to: Date) =>
  process.stdout.write(`${what}: begun again ${((to.getTime() - from) / 1000).toFixed(1)} s after\n`);

test.concurrent("kill -9 of a worker: another one that runs begins its job again within half a minute", {
  timeout: 60_000,
}, async () => {
  const on = await lab();
  await heldRow(on, "a");
  const first = start(on);
  const { pid } = await claimed(on, "a", 1);
  const second = start(on);
  await second.line(({ msg }) => msg === "working");
  const killed = Date.now();
  await first.end("SIGKILL");
  const again = await claimed(on, "a", 2);
  tell("kill -9, another worker running", killed, again.at);
  expect(again.pid).not.toBe(pid);
  await allow(on, "a", null);
  await second.line(({ msg, outcome }) => msg === "done" && outcome === "completed");
  expect(await effects(on, "a")).toEqual([{ attempt: 2 }]);
});

test.concurrent("kill -9 of the only worker: started again, it does the same", { timeout: 60_000 }, async () => {
  const on = await lab();
  await heldRow(on, "a");
  const first = start(on);
  await claimed(on, "a", 1);
  const killed = Date.now();
  await first.end("SIGKILL");
  const second = start(on);
  const again = await claimed(on, "a", 2);
  tell("kill -9, the only worker, restarted", killed, again.at);
  await allow(on, "a", null);
  await second.line(({ msg, outcome }) => msg === "done" && outcome === "completed");
  expect(await effects(on, "a")).toEqual([{ attempt: 2 }]);
});

test.concurrent("SIGTERM: a job that cannot end in time is handed back, and begun again at once with no try lost", {
  timeout: 60_000,
}, async () => {
  const on = await lab();
  await heldRow(on, "a");
  const first = start(on, "--grace", "100");
  await claimed(on, "a", 1);
  const second = start(on);
  await second.line(({ msg }) => msg === "working");
  const stopped = Date.now();
  const ended = first.end("SIGTERM");
  const again = await claimed(on, "a", 2);
  tell("SIGTERM with a job that takes too long", stopped, again.at);
  const [job] = await on.sql<{ left: number }>("select retry_limit - retry_count as left from pgboss.job");
  expect(job?.left).toBe(LAB.tries - 1);
  await allow(on, "a", [2]);
  await second.line(({ msg, outcome }) => msg === "done" && outcome === "completed");
  expect(await effects(on, "a")).toEqual([{ attempt: 2 }]);
  first.child.kill("SIGKILL"); // its work is deaf, and would go on
  await ended;
});

test.concurrent("SIGTERM: jobs in work that end in time are done here, and those that wait are left to others", {
  timeout: 60_000,
}, async () => {
  const on = await lab();
  const first = start(on, "--grace", "20000");
  for (let n = 0; n < LAB.concurrency; n++) await heldRow(on, `a${n}`);
  for (let n = 0; n < LAB.concurrency; n++) await claimed(on, `a${n}`, 1);
  await heldRow(on, "b");
  const ended = first.end("SIGTERM");
  await on.sql("update lab_rows set open = null");
  expect(await ended).toMatchObject({ code: 0, signal: null });
  expect(await on.sql("select id from lab_effects where attempt = 1")).toHaveLength(LAB.concurrency);
  expect(await on.sql("select id from lab_claims where id = 'b'")).toEqual([]);
  expect(await on.sql("select state from pgboss.job where state <> 'completed'")).toEqual([{ state: "created" }]);
});

for (const fault of [undefined, "no fence"] as const) {
  const what = fault
    ? 'planted fault, "no fence": the same stall doubles the effect'
    : "a worker that stalls and wakes late can neither write its rows nor end the job that another took over";
  test.concurrent(what, { timeout: 60_000 }, async () => {
    const on = await lab();
    await heldRow(on, "a");
    const faulty = fault ? ["--fault", fault] : [];
    const stalled = start(on, ...faulty);
    await claimed(on, "a", 1);
    const other = start(on, ...faulty);
    stalled.child.kill("SIGSTOP");
    await claimed(on, "a", 2);
    const taken = await state(on);
    expect(taken).toMatchObject({ state: "active" });
    // The first wakes and finds its work done, but for the last write; the second has not ended yet.
    await allow(on, "a", [1]);
    stalled.child.kill("SIGCONT");
    const end = await stalled.line(({ msg }) => msg === "done");
    expect(end.outcome).toBe("lost");
    expect(await state(on)).toEqual(taken);
    await allow(on, "a", null);
    await other.line(({ msg }) => msg === "done");
    expect(await effects(on, "a")).toEqual(fault ? [{ attempt: 1 }, { attempt: 2 }] : [{ attempt: 2 }]);
  });
}

const OUTCOMES = `select status, effects, count(*)::int from (
  select status, (select count(*)::int from lab_effects e where e.id = r.id) as effects from lab_rows r) as t group by 1, 2`;
/** Waits until every row is done, with one effect. */
const allDone = (on: Lab, count: number) =>
  vi.waitFor(async () => expect(await on.sql(OUTCOMES)).toEqual([{ status: "done", effects: 1, count }]), PATIENCE);

test.concurrent("every connection cut in the middle of jobs: all are done, no effect is doubled", {
  timeout: 60_000,
}, async () => {
  const on = await lab();
  await put(
    on,
    Array.from({ length: 100 }, (_, n) => `cut${n}`),
  );
  on.work(labWorker({ workMs: () => Math.random() * 100 }));
  for (let n = 0; n < 3; n++) {
    await sleep(150);
    await on.sql(`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and application_name in ('reelmark', 'reelmark-jobs')`);
  }
  await allDone(on, 100);
});

test.concurrent("work that is done but whose end cannot be written is run again, and finds nothing left to do", {
  timeout: 60_000,
}, async () => {
  const on = await lab();
  let refusals = 1;
  await put(on, ["a"]);
  on.work(labWorker(), {
    ...on.queue,
    complete: (name, jobs) => (refusals-- > 0 ? Promise.reject(new Error("cut")) : on.queue.complete(name, jobs)),
  });
  await allDone(on, 1);
  await vi.waitFor(async () => expect(await on.queue.stats()).toEqual([]), PATIENCE);
  expect(refusals).toBeLessThan(0);
  expect(await on.sql("select attempt from lab_claims")).toEqual([{ attempt: 1 }]);
  await allDone(on, 1);
});
