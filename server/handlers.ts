import { apiKeyHandlers } from "./api-keys/handlers.ts";
import { auditHandlers } from "./audit/handlers.ts";
import { accountHandlers } from "./auth/account-handlers.ts";
import { type AuthOptions, authHandlers } from "./auth/handlers.ts";
import { brandHandlers } from "./brands/handlers.ts";
import { organizationHandlers } from "./organizations/handlers.ts";
import { personaHandlers } from "./personas/handlers.ts";
import { profileHandlers } from "./profile/handlers.ts";
import { usageHandlers } from "./usage/handlers.ts";

/** Every handler of Reelmark. One that is missing does not compile where `implement` takes them. */
export const allHandlers = (options: AuthOptions & { readonly keyPrefix: string }) => ({
  ...authHandlers(options),
  ...accountHandlers(options),
  ...profileHandlers,
  ...apiKeyHandlers(options.keyPrefix),
  ...organizationHandlers(options),
  ...usageHandlers,
  ...auditHandlers,
  ...brandHandlers,
  ...personaHandlers,
});
