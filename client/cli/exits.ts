/** What a process ends with, by class of error. Scripts rely on them: a number is never given another meaning. */
export const EXITS = [
  [0, "it worked"],
  [1, "a fault of the command line itself"],
  [2, "the command is not as it should be: nothing was sent"],
  [3, "not logged in, or the credential is no longer good (401)"],
  [4, "not allowed: scope, role, plan or credits (402, 403)"],
  [5, "not found (404)"],
  [6, "in conflict with what is there (409, 412)"],
  [7, "the server refused the input (400, 413, 415)"],
  [8, "too many requests (429)"],
  [9, "the server failed (5xx)"],
  [10, "no answer: network or time"],
  [11, "the work that was waited for failed"],
  [130, "interrupted"],
] as const;
