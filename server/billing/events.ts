import type { receiveStripeEvent } from "../../spec/billing.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import { type Ctx, handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import { type Finding, PaymentError, type Payments } from "./payments.ts";
import { applySubscription } from "./plans.ts";
import { NOTE_EVENT, SEEN_EVENT } from "./sql.ts";
import { applyPayment } from "./topups.ts";

/**
 * Handler of the provider's events. An event only says where to look: it may come late, twice, or before its elder, so what
 * it is about is read again from the provider, and applied as it stands.
 */
export const eventHandlers = (payments: Payments) =>
  handlers({
    receiveStripeEvent: twoSteps<typeof receiveStripeEvent, Ctx, Finding | undefined>({
      async prepare({ body }, { read, log }) {
        if (await read((db) => db.one(SEEN_EVENT, [body.id]))) return undefined;
        return payments.look(body).catch((error: unknown) => {
          if (!(error instanceof PaymentError)) throw error;
          log.error(
            { event: body.id, type: body.type, error: String(error.cause ?? error) },
            "Stripe could not be asked",
          );
          // Stripe sends the event again, for three days.
          throw new ApiError("SERVICE_UNAVAILABLE", "Stripe could not be asked what this is about: send it again", {
            headers: { "Retry-After": "60" },
          });
        });
      },
      async commit({ body }, { db, log, now, reply }, finding) {
        await db.run(NOTE_EVENT, [body.id, body.type]);
        if (finding?.about === "topup") await applyPayment(db, finding.order, finding.state, { log, nowMs: now() });
        if (finding?.about === "subscription") await applySubscription(db, finding.state, log);
        return reply(200, { received: true });
      },
    }),
  });
