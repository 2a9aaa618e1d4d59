import { PASSWORD } from "../organizations/people.ts";
import type { Plain } from "./surface.ts";

type Known = { readonly query?: Readonly<Record<string, Plain>>; readonly body?: unknown };

/** Input that no document can tell: what tenants of these tests are called, and know. */
export const KNOWN: Readonly<Record<string, Known>> = {
  changePassword: { body: { current_password: "correct horse battery staple", new_password: PASSWORD } },
  deleteAccount: { query: { confirm: "Test Owner" } },
  deleteOrganization: { query: { confirm: "Test Studio" } },
  // A smaller plan than a new organization's: taken at once, and API keys go on.
  changeBillingPlan: { body: { plan: "pro" } },
};
