import type { Chore } from "../jobs/workers.ts";
import { statement } from "../kit/postgres/db.ts";

const FORGET = statement("webhooks.forget", "select forget_events($1) as forgotten");
const EVERY_MS = 60_000;
/** How many events one round removes, with their deliveries: few enough for a short transaction. */
const AT_ONCE = 2_000;

/** Removes events of more than 30 days ago with their deliveries, and former secrets that sign no more. */
export const forgetEvents: Chore = {
  name: "forget-events",
  everyMs: EVERY_MS,
  async run(db) {
    await db.run(FORGET, [AT_ONCE]);
  },
};
