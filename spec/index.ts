import * as accounts from "./accounts.ts";
import * as apiKeys from "./api-keys.ts";
import * as audit from "./audit.ts";
import * as auth from "./auth.ts";
import * as brands from "./brands.ts";
import { collect } from "./kit/vocabulary.ts";
import * as organizations from "./organizations.ts";
import * as personas from "./personas.ts";
import * as profile from "./profile.ts";
import * as usage from "./usage.ts";

/** Every operation of Reelmark, keyed by its id. What server, client, document and tests are derived from. */
export const contract = collect({
  ...auth,
  ...accounts,
  ...profile,
  ...apiKeys,
  ...organizations,
  ...usage,
  ...audit,
  ...brands,
  ...personas,
});

export type Contract = typeof contract;
