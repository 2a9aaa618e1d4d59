import type { Chore } from "../jobs/workers.ts";
import { FORGET } from "./sql.ts";

const EVERY_MS = 600_000;

/** Removes codes, tokens, grants and clients that time has made useless. */
export const forgetOauth: Chore = {
  name: "forget-oauth",
  everyMs: EVERY_MS,
  async run(db) {
    await db.run(FORGET);
  },
};
