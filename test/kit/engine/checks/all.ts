import type { Check } from "../run.ts";
import { invalidAuth, missingAuth, ownerMay, scope } from "./access.ts";
import { massAssignment } from "./assignment.ts";
import { creditsCharged } from "./credits.ts";
import { idempotencyMismatch, idempotencyReplay, idempotencyTenantScope } from "./idempotency.ts";
import { inputs } from "./inputs.ts";
import { rateLimitEnforced } from "./limits.ts";
import { brokenBody, queryInput, wrongMediaType } from "./media.ts";
import { paginationComplete, paginationLimit } from "./paging.ts";
import { refusedChangesNothing } from "./refused.ts";
import { createdIsListed, createdIsReadable, useAfterDelete } from "./state.ts";
import { conditional, corsPreflight, headLikeGet, hiddenEndpoint, unsupportedMethod } from "./surface.ts";
import { tenantIsolation } from "./tenants.ts";
import { updateIsVisible } from "./update.ts";

/** Every check, the cheap and telling ones first: a run that is short of time has seen them. */
export const CHECKS: readonly Check[] = [
  ownerMay,
  missingAuth,
  invalidAuth,
  scope,
  tenantIsolation,
  createdIsReadable,
  createdIsListed,
  updateIsVisible,
  useAfterDelete,
  refusedChangesNothing,
  idempotencyReplay,
  idempotencyMismatch,
  idempotencyTenantScope,
  paginationLimit,
  paginationComplete,
  creditsCharged,
  wrongMediaType,
  brokenBody,
  queryInput,
  unsupportedMethod,
  headLikeGet,
  conditional,
  corsPreflight,
  massAssignment,
  inputs,
  hiddenEndpoint,
  rateLimitEnforced,
];
