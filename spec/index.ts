import * as accounts from "./accounts.ts";
import * as apiKeys from "./api-keys.ts";
import * as audit from "./audit.ts";
import * as auth from "./auth.ts";
import * as billing from "./billing.ts";
import * as brands from "./brands.ts";
import * as grants from "./grants.ts";
import { collect } from "./kit/vocabulary.ts";
import * as organizations from "./organizations.ts";
import * as personas from "./personas.ts";
import * as profile from "./profile.ts";
import * as sources from "./sources.ts";
import * as sync from "./sync.ts";
import * as uploadParts from "./upload-parts.ts";
import * as uploads from "./uploads.ts";
import * as usage from "./usage.ts";
import * as webhookDeliveries from "./webhook-deliveries.ts";
import * as webhooks from "./webhooks.ts";

/** Every operation of Reelmark, keyed by its id. What server, client, document and tests are derived from. */
export const contract = collect(
  {
    ...auth,
    ...accounts,
    ...grants,
    ...profile,
    ...apiKeys,
    ...organizations,
    ...usage,
    ...billing,
    ...audit,
    ...webhooks,
    ...webhookDeliveries,
    ...brands,
    ...personas,
    ...sources,
    ...sync,
    ...uploads,
    ...uploadParts,
  },
  [
    auth,
    accounts,
    grants,
    profile,
    apiKeys,
    organizations,
    usage,
    billing,
    audit,
    webhooks,
    webhookDeliveries,
    brands,
    personas,
    sources,
    sync,
    uploads,
    uploadParts,
  ],
);

export type Contract = typeof contract;
