import { ApiError } from "../../spec/kit/errors.ts";
import type { Ctx } from "../context.ts";
import { PaymentError } from "./payments.ts";

/** Turns a failed payment into a 502 with the sentence that is for the customer; its cause goes to the operator's log. */
export const upstream =
  ({ log, requestId, org }: Pick<Ctx, "log" | "requestId" | "org">) =>
  (error: unknown): never => {
    if (!(error instanceof PaymentError)) throw error;
    const { kind, message, cause } = error;
    const facts = { request_id: requestId, organization: org, kind, error: String(cause ?? message) };
    if (kind !== "declined") log.error(facts, "the payment service failed");
    throw new ApiError("UPSTREAM_ERROR", message);
  };
