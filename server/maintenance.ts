import type pg from "pg";
import { statement } from "./kit/postgres/db.ts";
import { withRead } from "./kit/postgres/pool.ts";

const HOUR_MS = 3_600_000;
/** How long the sweep may take, in milliseconds: a statement of the handlers' pool has seconds. */
export const SWEEP_MS = 300_000;
const SWEEP = statement("app.sweep", "select sweep()");

export type MaintenanceOptions = {
  readonly signing: { refresh(): Promise<void> };
  /** A pool of its own, with SWEEP_MS for a statement. */
  readonly connect: () => pg.Pool;
  readonly onError: (error: unknown) => void;
};

/** Once an hour, and with each `run`: signing keys are read and made anew, and what time has made useless is removed. */
export function startMaintenance({ signing, connect, onError }: MaintenanceOptions) {
  const maintain = async () => {
    await signing.refresh();
    const slow = connect();
    await withRead(slow, "", (db) => db.run(SWEEP)).finally(() => slow.end());
  };
  const timer = setInterval(() => void maintain().catch(onError), HOUR_MS);
  timer.unref();
  return { run: maintain, stop: () => clearInterval(timer) };
}
