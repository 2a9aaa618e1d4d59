import { expect } from "vitest";
import type { Client } from "../../client/index.ts";
import type { TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import type { Receiver } from "./receiver.ts";

/** Waits for what workers do; long enough for a busy machine, where a second is nothing. */
export const eventually = <T>(value: () => T, options: { timeout?: number; interval?: number } = {}) =>
  expect.poll(value, { timeout: 20_000, ...options });

/**
 * Has every planned attempt be due now: what tests do instead of waiting for three days. In one transaction, and jobs before
 * rows: what is planned meanwhile keeps its job, at worst in the future, until the next call.
 */
export async function hurry({ databaseUrl }: Pick<TestApp, "databaseUrl">): Promise<void> {
  await query(
    databaseUrl,
    `begin;
     update pgboss.job set start_after = now() 
      where name = 'webhook.deliver' and state in ('created', 'retry') and start_after > now();
     update webhook_deliveries set next_attempt_at = now() where status = 'pending' and next_attempt_at > now();
     commit`,
  ).catch((error: unknown) => {
    // It locks what workers lock, in another order: the next call moves the rest.
    if ((error as { code?: string }).code !== "40P01") throw error;
  });
}

/** Registers a receiver as an endpoint: its id and secret. */
export const register = (api: Client, { url }: Pick<Receiver, "url">, events: ["api_key.created"] | null = null) =>
  api.createWebhook({ body: { url, events } });

/** Something that is told to endpoints. */
export const happen = (api: Client, label = "told") => api.createApiKey({ body: { label, scopes: ["brands:read"] } });

/** The states of an endpoint's deliveries, and how often each came. */
export async function states(test: TestApp, webhookId: string): Promise<Record<string, number>> {
  const rows = await query<{ status: string; count: number }>(
    test.databaseUrl,
    "select status, count(*)::int as count from webhook_deliveries where webhook_id = $1 group by 1",
    [webhookId],
  );
  return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
}

/** The only delivery of an endpoint, with its attempts. */
export async function onlyDelivery(api: Client, webhook_id: string) {
  const { data } = await api.listWebhookDeliveries({ query: { webhook_id } });
  const [first, ...others] = data;
  if (!first || others.length > 0) throw new Error(`The endpoint has ${data.length} deliveries, and not one`);
  return api.getWebhookDelivery({ params: { delivery_id: first.id } });
}
