/**
 * Runs the engine once on Reelmark in this process, for `scripts/edits.ts`, which starts this in a copy of the tree with
 * a fault planted. It is told what to do in its first argument, and tells of findings as they come.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { runContract } from "../kit/engine/contract.ts";
import { databaseOn } from "../setup/database.ts";
import { reelmarkInProcess } from "./in-process.ts";

/** As `Job` of scripts/faults/engine.ts. */
type Job = {
  readonly server: string;
  readonly template?: string;
  readonly only: readonly string[];
  readonly seed: number;
  readonly maxSeconds: number;
};

const job = JSON.parse(process.argv[2] ?? "") as Job;
const stop = new AbortController();
// Also when whoever started this has gone: then nobody wants the answer.
process.once("disconnect", () => stop.abort());
process.once("message", () => stop.abort());
process.once("SIGINT", () => stop.abort());
process.once("SIGTERM", () => stop.abort());

const tell = (what: object) => void (process.connected && process.send?.(what));

const database = await databaseOn(job.server, job.template);
try {
  // Does nothing on a copy of the template; the fault may stand in a migration, and then there is none.
  await migrateDatabase(database.url);
  const reelmark = await reelmarkInProcess({ ...database, drop: async () => {} });
  try {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    const { requests, stopped } = await runContract({
      ...reelmark,
      seed: job.seed,
      maxSeconds: job.maxSeconds,
      signal: stop.signal,
      // A wait for a window of the rate limit ends when the run does.
      clock: { now: Date.now, sleep: (ms) => sleep(ms, undefined, { signal: stop.signal }).catch(() => {}) },
      only: ({ id, tags }) => job.only.length === 0 || [id, ...tags].some((name) => job.only.includes(name)),
      onFinding: (finding) => tell({ finding: { ...finding, seconds: seconds() } }),
    });
    tell({ end: { requests, seconds: seconds(), ...(stopped === undefined ? {} : { stopped }) } });
  } finally {
    await reelmark.close();
  }
} finally {
  await database.drop();
  process.disconnect?.();
}
