import { EVENTS } from "../events.ts";
import type { Output } from "../kit/schema.ts";
import { type Story, told } from "../kit/story.ts";
import { HAPPENED, HAPPENED_ANSWERS } from "./happened.ts";
import { MONEY, MONEY_ANSWERS } from "./money.ts";
import { PEOPLE } from "./people.ts";
import { STUDIO } from "./studio.ts";
import { failedSync, refused, WORK, WORK_ANSWERS } from "./work.ts";

/** Bodies of events about something other than what their schema shows first. */
function event(type: string, timestamp: string, data: Output<(typeof EVENTS)[number]["payload"]>["data"]) {
  const found = EVENTS.find(({ name }) => name === type);
  if (!found) throw new Error(`There is no event ${type}`);
  // `told` parses the whole against this very event's schema.
  return told(found.payload as { _zod: { input: unknown; output: unknown } }, { type, timestamp, data });
}

/**
 * One believable organization on one day, from which all examples of answers are taken: what mock, reference and samples show.
 * Ids lead to what is there, sums are right, and nothing ends before it begins.
 */
export const STORY: Story = {
  told: [
    ...PEOPLE,
    ...STUDIO,
    ...WORK,
    ...MONEY,
    ...HAPPENED,
    event("sync.failed", failedSync.finished_at, failedSync),
    event("upload.failed", refused.created_at, refused),
  ],
  answered: [...WORK_ANSWERS, ...MONEY_ANSWERS, ...HAPPENED_ANSWERS],
};
