import type { Hono } from "hono";
import type pg from "pg";
import { statement } from "./kit/postgres/db.ts";
import { withRead } from "./kit/postgres/pool.ts";

/** How long the database may take to say that it is there, in milliseconds. */
export const READY_MS = 800;
const PING = statement("app.ping", "select 1");

/** Whether the database answers within READY_MS. */
export async function answers(health: pg.Pool): Promise<boolean> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<false>((resolve) => {
    late = setTimeout(() => resolve(false), READY_MS);
  });
  const ping = withRead(health, "", (db) => db.run(PING)).then(
    () => true,
    () => false,
  );
  const result = await Promise.race([ping, timeout]);
  clearTimeout(late);
  return result;
}

/** Mounts `/livez` (this process answers) and `/readyz` (requests may be sent to it): 503 with what `notReady` says is in the way. */
export function mountHealth(app: Hono, notReady: () => Promise<string | undefined>): void {
  app.get("/livez", (c) => c.text("ok\n"));
  app.get("/readyz", async (c) => {
    const why = await notReady();
    return why === undefined ? c.text("ok\n") : c.text(`${why}\n`, 503);
  });
}
