import { PaymentError, type Payments } from "./payments.ts";
import type { PaymentsConfig } from "./settings.ts";

const unconnected = () =>
  new PaymentError(
    "refused",
    "This server is not connected to Stripe any more: ask its operator to end the subscription",
  );

/** The operator takes the money, and grants the credits by `npm run admin -- grant-credits`. */
function manualPayments(config: Pick<PaymentsConfig, "creditPrice" | "currency">): Payments {
  return {
    provider: "manual",
    currency: config.currency,
    price: (credits) => credits * config.creditPrice,
    checkout: async () => undefined,
    charge: async () => {
      throw unconnected();
    },
    sells: () => false,
    checkoutPlan: async () => {
      throw unconnected();
    },
    isOpen: async () => false,
    closeCheckout: async () => {},
    changeSubscription: async () => {
      throw unconnected();
    },
    verifies: () => false,
    look: async () => undefined,
  };
}

/**
 * The payments that the configuration names. A manual server that still has Stripe's key takes no new payments there, and
 * hears of those that were made. `returnUrl` is where Stripe's pages lead back to unless the operator says otherwise.
 */
export async function openPayments(config: PaymentsConfig, returnUrl: string): Promise<Payments> {
  const manual = manualPayments(config);
  if (config.stripe === undefined) return manual;
  // Loaded where it is used: the SDK takes longer to load than the rest of the resource together.
  const { stripePayments } = await import("./stripe.ts");
  const stripe = await stripePayments(config, config.stripe, config.returnUrl ?? returnUrl);
  if (config.provider === "stripe") return stripe;
  const { changeSubscription, closeCheckout, isOpen, verifies, look } = stripe;
  return { ...manual, changeSubscription, closeCheckout, isOpen, verifies, look };
}
