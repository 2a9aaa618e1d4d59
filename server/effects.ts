import type { Payments } from "./billing/payments.ts";
import type { Mail } from "./mail/service.ts";
import type { Outbound } from "./outbound/service.ts";

/** What leaves this machine, done otherwise: how a sandbox shows it instead of sending it. */
export type Effects = {
  /** Wraps the way out for URLs that tenants write. `direct` is the real one. */
  readonly outbound?: (direct: Outbound) => Outbound;
  readonly payments?: Payments;
  /** Takes a mail that is due. It is tried again when this rejects, with the same id. */
  readonly mail?: (id: string, mail: Mail) => Promise<void>;
};
