import type { WorkServices } from "../services.ts";
import { deliveryHandlers } from "./deliveries.ts";
import { endpointHandlers } from "./endpoints.ts";

/** Handlers of webhook endpoints, events and deliveries. */
export const webhookHandlers = (services: Pick<WorkServices, "allow" | "sealing" | "queue">) => ({
  ...endpointHandlers(services),
  ...deliveryHandlers(services),
});
