import type pg from "pg";
import type { ReelmarkPrincipal } from "./context.ts";
import { statement } from "./kit/postgres/db.ts";
import { withRead } from "./kit/postgres/pool.ts";

const TOUCH = statement("api-keys.touch", "select touch_api_keys($1::text[], $2::timestamptz[])");
/** `last_used_at` is at most this old, and a little more: the contract promises 5 s. */
const EVERY_MS = 2_000;

/** Keeps `last_used_at`: collected in memory, written in one statement, never backwards, and flushed on shutdown. */
export function lastUsed(pool: pg.Pool, onError: (error: unknown) => void) {
  let pending = new Map<string, number>();
  let writing: Promise<void> = Promise.resolve();

  const flush = (): Promise<void> => {
    writing = writing.then(async () => {
      if (pending.size === 0) return;
      const batch = pending;
      pending = new Map();
      const times = [...batch.values()].map((ms) => new Date(ms).toISOString());
      try {
        await withRead(pool, "", (db) => db.run(TOUCH, [[...batch.keys()], times]));
      } catch (error) {
        // Put back what was not written; newer uses that came meanwhile win.
        pending = new Map([...batch, ...pending]);
        onError(error);
      }
    });
    return writing;
  };

  const timer = setInterval(() => void flush(), EVERY_MS);
  timer.unref();
  return {
    note(principal: ReelmarkPrincipal, atMs: number): void {
      if (principal.kind === "api_key") pending.set(principal.id, atMs);
    },
    async close(): Promise<void> {
      clearInterval(timer);
      await flush();
    },
  };
}
