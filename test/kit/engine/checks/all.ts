import type { Check } from "../run.ts";
import { invalidAuth, missingAuth, ownerMay, scope } from "./access.ts";
import { signedAddress } from "./addresses.ts";
import { timeAhead } from "./ahead.ts";
import { massAssignment } from "./assignment.ts";
import { bodyLimit } from "./body-limit.ts";
import { conditional } from "./conditional.ts";
import { corsOrigin } from "./cors.ts";
import { creditsCharged } from "./credits.ts";
import { foreignCursor } from "./cursors.ts";
import { listFilters } from "./filters.ts";
import {
  idempotencyCredentialScope,
  idempotencyMismatch,
  idempotencyReplay,
  idempotencyTenantScope,
} from "./idempotency.ts";
import { inputs } from "./inputs.ts";
import { rateLimitEnforced } from "./limits.ts";
import { brokenBody, wrongMediaType } from "./media.ts";
import { noOrphans } from "./orphans.ts";
import { paginationComplete, paginationLimit } from "./paging.ts";
import { queryInput } from "./query.ts";
import { byteRanges } from "./ranges.ts";
import { refusedChangesNothing } from "./refused.ts";
import { reorderIsKept } from "./reorder.ts";
import { createdIsListed, createdIsReadable, useAfterDelete } from "./state.ts";
import { corsPreflight, headLikeGet, hiddenEndpoint, unsupportedMethod } from "./surface.ts";
import { tenantIsolation } from "./tenants.ts";
import { distinctValues, lostUpdate } from "./together.ts";
import { updateIsVisible } from "./update.ts";
import { echoedHeader, jsonMediaType, schemeCase } from "./words.ts";
import { workflows } from "./workflows.ts";

/** Every check, the cheap and telling ones first: a run that is short of time has seen them. */
export const CHECKS: readonly Check[] = [
  ownerMay,
  missingAuth,
  invalidAuth,
  schemeCase,
  scope,
  tenantIsolation,
  signedAddress,
  workflows,
  createdIsReadable,
  createdIsListed,
  updateIsVisible,
  useAfterDelete,
  noOrphans,
  refusedChangesNothing,
  idempotencyReplay,
  idempotencyMismatch,
  idempotencyTenantScope,
  idempotencyCredentialScope,
  paginationLimit,
  paginationComplete,
  foreignCursor,
  listFilters,
  reorderIsKept,
  distinctValues,
  lostUpdate,
  creditsCharged,
  wrongMediaType,
  jsonMediaType,
  brokenBody,
  bodyLimit,
  timeAhead,
  queryInput,
  unsupportedMethod,
  headLikeGet,
  echoedHeader,
  conditional,
  byteRanges,
  corsPreflight,
  corsOrigin,
  massAssignment,
  inputs,
  hiddenEndpoint,
  rateLimitEnforced,
];
