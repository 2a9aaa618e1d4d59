import Stripe from "stripe";
import { PaymentError } from "./payments.ts";
import type { StripeConfig } from "./settings.ts";

/** How long Stripe may be silent, and how long a call may take with its repetitions, in milliseconds. */
const SILENCE_MS = 8_000;
const CALL_MS = 20_000;

/** The SDK, with bounds on every wait. Throws nothing: Stripe is asked when it is needed. */
export function stripeClient({ secretKey, apiHost }: StripeConfig): Stripe {
  const options = { timeout: SILENCE_MS, maxNetworkRetries: 2, telemetry: false };
  if (apiHost === undefined) return new Stripe(secretKey, options);
  const { hostname, port, protocol } = new URL(apiHost);
  const secure = protocol === "https:";
  return new Stripe(secretKey, {
    ...options,
    host: hostname,
    port: port || (secure ? 443 : 80),
    protocol: secure ? "https" : "http",
  });
}

/** Stripe's error as ours. Its messages to the customer may be shown; what the operator did wrong may not. */
function explained(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeCardError) {
    return new PaymentError("declined", error.message || "The card was declined", { cause: error });
  }
  if (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeAPIError ||
    error instanceof Stripe.errors.StripeRateLimitError
  ) {
    return new PaymentError("unreachable", "The payment service does not answer: try again in a minute", {
      cause: error,
    });
  }
  if (error instanceof Stripe.errors.StripeError) {
    return new PaymentError("refused", "The payment service refused the request: tell the operator of this server", {
      cause: error,
    });
  }
  return error;
}

/**
 * Runs a call within its time: the SDK bounds silence alone, and an answer that drips would hold the caller for ever.
 * Throws PaymentError.
 */
export async function asked<T>(call: () => Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      reject(new PaymentError("unreachable", "The payment service takes too long: try again in a minute"));
    }, CALL_MS);
  });
  try {
    return await Promise.race([call(), timeout]);
  } catch (error) {
    throw explained(error);
  } finally {
    clearTimeout(late);
  }
}

/** Whether Stripe says that it does not have the thing; with `param`, the thing that this parameter names. */
export const isMissing = (error: unknown, param?: string): boolean =>
  error instanceof Stripe.errors.StripeInvalidRequestError &&
  error.code === "resource_missing" &&
  (param === undefined || error.param === param);

/** What a call answers, or undefined when Stripe does not have the thing. */
export const orMissing = <T>(call: Promise<T>): Promise<T | undefined> =>
  call.catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
