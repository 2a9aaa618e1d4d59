/** What is reported of requests that are made up by the thousand, and of the state that they must leave as it is. */
export const MADE_UP: ReadonlySet<string> = new Set([
  "accepts_invalid",
  "missing_required",
  "rejects_valid",
  "input_crash",
  "failed_request_changes_nothing",
]);
