import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { OpenQueue } from "../../server/jobs/queue.ts";
import type { Worker } from "../../server/jobs/worker.ts";
import type { Workers } from "../../server/jobs/workers.ts";
import { withTransaction } from "../../server/kit/postgres/pool.ts";
import { freshLab, type Lab, put as putOn } from "./lab.ts";
import { ADD, LAB, type LabQueue, labWorker } from "./work.ts";

let lab: Lab;
beforeAll(async () => {
  lab = await freshLab();
});
afterAll(() => lab.close());

const put = (...ids: string[]) => putOn(lab, ids);

const rows = (ids: readonly string[]) =>
  lab.sql<{ id: string; status: string; effects: number }>(
    `select r.id, r.status, count(e.id)::int as effects from lab_rows r left join lab_effects e using (id)
      where r.id = any($1) group by r.id order by r.id`,
    [ids],
  );
const done = (...ids: string[]) =>
  expect
    .poll(() => rows(ids), { timeout: 25_000 })
    .toEqual([...ids].sort().map((id) => ({ id, status: "done", effects: 1 })));
const jobOf = async (id: string) => {
  const text = `select name, state, retry_count, retry_limit, output from pgboss.job where data->>'id' = $1 order by name`;
  return lab.sql<{ name: string; state: string; retry_count: number; retry_limit: number }>(text, [id]);
};

/** Has a worker work for as long as `during` takes. */
async function working(during: () => Promise<void>, worker?: Worker<LabQueue>, queue?: OpenQueue<LabQueue>) {
  const workers = lab.work(worker, queue);
  try {
    await during();
  } finally {
    await workers.stop(0);
  }
}

/** A worker whose jobs wait until they are told how to end. */
function held() {
  const begun: string[] = [];
  const signals: AbortSignal[] = [];
  const ends = new Map<string, PromiseWithResolvers<void>>();
  const worker: Worker<LabQueue> = {
    ...labWorker(),
    async run({ id }, { signal }) {
      begun.push(id);
      signals.push(signal);
      const end = Promise.withResolvers<void>();
      ends.set(id, end);
      signal.addEventListener("abort", () => end.reject(signal.reason));
      await end.promise;
    },
  };
  return { worker, begun, signals, end: (id: string) => ends.get(id)?.resolve() };
}
const begun = (list: readonly string[], ...ids: string[]) =>
  expect.poll(() => [...list].sort(), { timeout: 10_000 }).toEqual([...ids].sort());

test("a job of a transaction that rolls back is never run; one that commits is", async () => {
  await working(async () => {
    const rolledBack = withTransaction(lab.pool, "", async (db) => {
      await db.run(ADD, [["never"]]);
      await lab.queue.enqueue(db, "lab", { org_id: "", id: "never" });
      throw new Error("no");
    });
    await expect(rolledBack).rejects.toThrow("no");
    await put("first");
    await done("first");
  });
  expect(await lab.sql("select id from lab_claims where id = 'never'")).toEqual([]);
});

test("jobs that are put all the time are looked for all the time: each new one does not put the next look off", async () => {
  let looks = 0;
  const counted: OpenQueue<LabQueue> = {
    ...lab.queue,
    take: (name, most) => {
      looks++;
      return lab.queue.take(name, most);
    },
  };
  // For later, so that nothing but news of them has the queue looked at.
  const later = () =>
    withTransaction(lab.pool, "", (db) =>
      lab.queue.enqueue(db, "lab", { org_id: "", id: "" }, { afterSeconds: 3_600 }),
    );
  await working(
    async () => {
      await sleep(4_000); // until an idle queue is looked at every two seconds
      const [before, started] = [looks, performance.now()];
      const putting = async () => {
        for (let n = 0; n < 40; n++) await later();
      };
      await Promise.all([putting(), putting(), putting(), putting()]);
      const idle = Math.ceil((performance.now() - started) / 2_000);
      expect(looks - before).toBeGreaterThan(2 * idle);
    },
    undefined,
    counted,
  );
  await lab.sql("delete from pgboss.job where data->>'id' = ''");
});

test("a slow job keeps one place and delays no other", async () => {
  const { worker, begun: started, end } = held();
  const ids = Array.from({ length: 3 * LAB.concurrency }, (_, n) => `quick${n}`);
  await working(async () => {
    await put("slow");
    await begun(started, "slow");
    await put(...ids);
    // As they end, the next begin; never more than there are places.
    for (let n = 0; n < ids.length; n++) {
      await expect.poll(() => started.length, { timeout: 10_000 }).toBeGreaterThan(n + 1);
      expect(started.length - n).toBeLessThanOrEqual(LAB.concurrency);
      end(started[n + 1] ?? "");
    }
    await expect.poll(() => lab.queue.stats()).toMatchObject([{ queue: "lab", state: "active", count: 1 }]);
    end("slow");
    await expect.poll(() => lab.queue.stats()).toEqual([]);
  }, worker);
});

test("an error is tried again after its wait, and after the last try the row is given up and the job is dead", async () => {
  const told: string[] = [];
  const failing: Worker<LabQueue> = {
    queue: "lab",
    run: (_data, { attempt, last }) => Promise.reject(new Error(`attempt ${attempt}${last ? ", the last" : ""}`)),
    abandon: async ({ id }, reason) => void told.push(`${id}: ${reason}`),
  };
  await put("failing");
  await lab.sql("update pgboss.job set retry_limit = 2 where data->>'id' = 'failing'");
  await working(() => expect.poll(() => told, { timeout: 15_000 }).toEqual(["failing: attempt 3, the last"]), failing);
  expect(await jobOf("failing")).toMatchObject([
    { name: "dead", state: "created" },
    { name: "lab", state: "failed", retry_count: 2, output: { message: "attempt 3, the last" } },
  ]);
  expect(await lab.queue.stats()).toEqual([{ queue: "lab", state: "dead", count: 1, oldest: expect.any(Number) }]);
  const lines = lab.log.filter(({ fields }) => "row" in fields && fields.row === "failing");
  expect(lines.map(({ message }) => message)).toEqual([
    "a job failed; it is tried again",
    "a job failed; it is tried again",
    "a job failed for good",
  ]);
  await lab.sql("delete from pgboss.job where name = 'dead'");
});

test("a job that does not end within the time of a stop is told so, handed back, and begun by the next, no try lost", async () => {
  const one = held();
  const two = held();
  const workers = lab.work(one.worker);
  await put("handed");
  await begun(one.begun, "handed");
  await workers.stop(0);
  expect(one.signals[0]?.aborted).toBe(true);
  expect(await jobOf("handed")).toMatchObject([{ state: "retry", retry_count: 0, retry_limit: LAB.tries }]);
  expect(lab.outcomes.at(-1)).toBe("returned");
  await working(async () => {
    await begun(two.begun, "handed");
    two.end("handed");
    await expect.poll(() => lab.queue.stats()).toEqual([]);
  }, two.worker);
});

test("jobs that were being fetched when the stop came are not begun, and are there for the next", async () => {
  const { worker, begun: started } = held();
  const fetched = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  const slow: OpenQueue<LabQueue> = {
    ...lab.queue,
    async take(name, most) {
      const jobs = await lab.queue.take(name, most);
      if (jobs.length > 0) fetched.resolve();
      if (jobs.length > 0) await answer.promise;
      return jobs;
    },
  };
  const workers: Workers = lab.work(worker, slow);
  await put("fetched");
  await fetched.promise;
  const stopped = workers.stop(10_000);
  answer.resolve();
  await stopped;
  expect(started).toEqual([]);
  expect(await jobOf("fetched")).toMatchObject([{ state: "retry", retry_count: 0, retry_limit: LAB.tries }]);
  await working(() => done("fetched"));
});

test("a job that another worker took over is aborted here, and neither of the two ends it for the other", async () => {
  const { worker, begun: started, signals } = held();
  await working(async () => {
    await put("taken");
    await begun(started, "taken");
    await lab.sql("update pgboss.job set retry_count = retry_count + 1 where data->>'id' = 'taken'");
    await expect.poll(() => signals[0]?.aborted, { timeout: 10_000 }).toBe(true);
    await expect.poll(() => lab.outcomes.at(-1)).toBe("lost");
  }, worker);
  expect(await jobOf("taken")).toMatchObject([{ state: "active", retry_count: 1 }]);
  await lab.sql("delete from pgboss.job where data->>'id' = 'taken'");
});
