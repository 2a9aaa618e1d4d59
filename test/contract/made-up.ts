import type { Run } from "../kit/engine/run.ts";

/** What is reported of requests that are made up by the thousand, and of the state that they must leave as it is. */
export const MADE_UP: ReadonlySet<string> = new Set([
  "accepts_invalid",
  "missing_required",
  "rejects_valid",
  "input_crash",
  "failed_request_changes_nothing",
]);

/** What ends the session or the organization that it is called with, or leaves it few requests, when it goes well. */
const ENDING = /^(logout|deleteOrganization|changeBillingPlan): it ends what it is called with/;

/** What a run has left out, but for operations that end what they are called with. */
export const leftOut = ({ notRun }: Run): string[] =>
  notRun.map(({ operation, why }) => `${operation}: ${why}`).filter((left) => !ENDING.test(left));
