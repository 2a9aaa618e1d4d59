import { apiKeyHandlers } from "./api-keys/handlers.ts";
import { auditHandlers } from "./audit/handlers.ts";
import { accountHandlers } from "./auth/account-handlers.ts";
import { type AuthOptions, authHandlers } from "./auth/handlers.ts";
import { billingHandlers } from "./billing/handlers.ts";
import { brandHandlers } from "./brands/handlers.ts";
import { grantHandlers } from "./oauth/handlers.ts";
import { organizationHandlers } from "./organizations/handlers.ts";
import { personaHandlers } from "./personas/handlers.ts";
import { profileHandlers } from "./profile/handlers.ts";
import type { WorkServices } from "./services.ts";
import { sourceHandlers } from "./sources/handlers.ts";
import { sourcePostHandlers } from "./sources/post-handlers.ts";
import { syncHandlers } from "./sync/handlers.ts";
import { endRunsOfPersona, endRunsOfSource } from "./sync/service.ts";
import { uploadHandlers } from "./uploads/handlers.ts";
import { usageHandlers } from "./usage/handlers.ts";
import { webhookHandlers } from "./webhooks/handlers.ts";

/** Every handler of Reelmark. One that is missing does not compile where `implement` takes them. */
export const allHandlers = (options: AuthOptions & { readonly keyPrefix: string }, services: WorkServices) => ({
  ...authHandlers(options),
  ...accountHandlers(options),
  ...grantHandlers,
  ...profileHandlers,
  ...apiKeyHandlers(options.keyPrefix, services),
  ...organizationHandlers(options),
  ...usageHandlers,
  ...auditHandlers,
  ...brandHandlers,
  ...personaHandlers(endRunsOfPersona),
  ...sourceHandlers({ ...services, endRuns: endRunsOfSource }),
  ...sourcePostHandlers(services),
  ...syncHandlers(services),
  ...uploadHandlers(services),
  ...billingHandlers(services),
  ...webhookHandlers(services),
});
