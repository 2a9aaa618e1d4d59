import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { cleanUp, later } from "../server/launch.ts";
import { freshLab, type Lab, start } from "./lab.ts";
import type { Fault } from "./work.ts";

afterAll(cleanUp);

/** `KILL_JOBS=10000 KILL_WORKERS=20 KILL_SEED=…` runs the large one, or one again; by default it is small. */
const JOBS = Number(process.env.KILL_JOBS ?? 1_000);
const KILLS = Number(process.env.KILL_WORKERS ?? 4);
const SEED = Number(process.env.KILL_SEED ?? Date.now() % 1_000_000);
const PRODUCER_KILLS = 3;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function count(lab: Lab, where: string): Promise<number> {
  const [row] = await lab.sql<{ count: string }>(`select count(*) from lab_rows where ${where}`);
  return Number(row?.count);
}

type Ended = { jobs: number; kills: number; lost: number; doubled: number; again: number; seconds: number };

/** Two workers and a producer on one database; each is killed at a moment of the seed, and started again. */
async function underKills(jobs: number, kills: number, seed: number, fault?: Fault): Promise<Ended> {
  const lab = await freshLab();
  later(() => lab.close());
  const random = numbers(seed);
  const faulty = fault ? ["--fault", fault] : [];
  const started = performance.now();
  const producing = async () => {
    for (let n = 0; n <= PRODUCER_KILLS; n++) {
      const producer = start(lab, "--produce", `${jobs}`, ...faulty);
      const made = () => count(lab, "true");
      const until = n < PRODUCER_KILLS ? (await made()) + (jobs / (PRODUCER_KILLS + 1)) * random() : Infinity;
      while (producer.child.exitCode === null && (await made()) < until) await sleep(random() * 10);
      if (producer.child.exitCode !== null) return;
      await producer.end("SIGKILL");
    }
  };
  const worker = () => start(lab, "--work", "40", ...faulty);
  const workers = [worker(), worker()];
  const produced = producing();
  for (let n = 1; n <= kills; n++) {
    while ((await count(lab, "status = 'done'")) < (jobs * n) / (kills + 1)) await sleep(20);
    await sleep(random() * 100);
    await workers[n % 2]?.end("SIGKILL");
    workers[n % 2] = worker();
  }
  await produced;
  // Whoever was killed is missed after ten seconds; what nobody has in hand then is lost.
  const open = "select count(*) from pgboss.job where name = 'lab' and state in ('created', 'retry', 'active')";
  const left = async () => Number((await lab.sql<{ count: string }>(open))[0]?.count);
  while ((await left()) > 0) await sleep(100);
  const seconds = (performance.now() - started) / 1000;
  await sleep(500); // a worker that calls itself done too soon may still end what it has begun
  const doubles = await lab.sql("select id from lab_effects group by id having count(*) > 1");
  const again = await count(lab, "attempt > 1");
  const lost = await lab.sql(
    "select id from lab_rows where not exists (select from lab_effects e where e.id = lab_rows.id)",
  );
  return { jobs: await count(lab, "true"), kills, lost: lost.length, doubled: doubles.length, again, seconds };
}

const told = ({ jobs, kills, lost, doubled, again, seconds }: Ended) =>
  `${jobs} jobs, ${kills} kill -9 of workers, ${PRODUCER_KILLS} of the producer, seed ${SEED}: ${lost} lost, ` +
  `${doubled} effects doubled, ${again} rows begun again, ${seconds.toFixed(1)} s\n`;

test.concurrent("kill -9 of workers and of the producer, over and over: no job is lost, no effect is doubled", {
  timeout: 900_000,
}, async () => {
  const ended = await underKills(JOBS, KILLS, SEED);
  process.stdout.write(told(ended));
  expect(ended).toMatchObject({ jobs: JOBS, lost: 0, doubled: 0 });
  // It was among the work that they were killed.
  expect(ended.again).toBeGreaterThan(0);
});

test.concurrent("planted faults, a worker that is done too soon and a producer that puts too late: the same run sees lost jobs", {
  timeout: 120_000,
}, async () => {
  const faults = ["done before the effect", "put after the commit"] as const;
  for (const { lost } of await Promise.all(faults.map((fault) => underKills(400, 2, SEED, fault)))) {
    expect(lost).toBeGreaterThan(0);
  }
});
