import { events } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { id, moment, nullable, query, schema, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";
import { EventName } from "./webhooks.ts";

export const WebhookEvent = schema("WebhookEvent", "Something that happened", {
  id: id("msg", "Its id: the `webhook-id` of every delivery of it"),
  type: EventName,
  payload: z
    .record(z.string(), z.unknown())
    .describe("The body as it is sent")
    .meta({
      example: {
        type: "webhook.test",
        timestamp: "2026-01-15T09:30:00.000Z",
        data: { message: "A test of this endpoint" },
      },
    }),
  created_at: timestamp("When it happened"),
});

const attempt = z
  .object({
    number: z.int().min(1).describe("Which attempt it was, from 1").meta({ example: 1 }),
    started_at: timestamp("When it began"),
    duration_ms: z.int().min(0).describe("How long it took, in milliseconds").meta({ example: 120 }),
    response_status: nullable(
      z.int().describe("What the endpoint answered; null when it did not").meta({ example: 500 }),
    ),
    error: nullable(
      z.string().describe("Why there was no answer; null when there was one").meta({ example: "No answer yet" }),
    ),
  })
  .describe("One attempt");

const deliveryFields = {
  id: id("dlv"),
  webhook_id: id("whk", "The endpoint"),
  event_id: id("msg", "The event"),
  event_type: EventName,
  status: z
    .enum(["pending", "delivered", "failed"])
    .describe("`failed` when every attempt did, or the endpoint was disabled; it can be sent again"),
  attempt_count: z.int().min(0).describe("How often it was tried").meta({ example: 1 }),
  next_attempt_at: nullable(timestamp("When it is tried next; null when it is not")),
  response_status: nullable(z.int().describe("What the endpoint last answered").meta({ example: 204 })),
  created_at: timestamp("When it was first due"),
  delivered_at: nullable(timestamp("When it got through")),
};

export const WebhookDelivery = schema("WebhookDelivery", "An event on its way to an endpoint", deliveryFields);

export const WebhookDeliveryDetail = schema("WebhookDeliveryDetail", "A delivery with its attempts", {
  ...deliveryFields,
  attempts: z.array(attempt).describe("Its attempts, the first one first: the last 100 when there were more"),
});

export const testWebhook = operation({
  id: "testWebhook",
  method: "post",
  path: "/v1/webhooks/{webhook_id}/test",
  tag: "Webhooks",
  summary: "Send a test event",
  description: "Sends `webhook.test` to this endpoint alone, whatever events it is told of. A disabled one is a 409.",
  scopes: ["webhooks:write"],
  idempotent: "key",
  effect: { creates: "webhook_delivery" },
  async: { poll: "getWebhookDelivery", terminal: ["delivered", "failed"] },
  limits: { perMinute: 10 },
  responses: { 202: WebhookDeliveryDetail },
  errors: ["CONFLICT"],
});

export const listEvents = operation({
  id: "listEvents",
  method: "get",
  path: "/v1/events",
  tag: "Webhooks",
  summary: "List events",
  description: "What happened in the last 30 days, newest first, whether or not an endpoint was told.",
  scopes: ["webhooks:read"],
  effect: { lists: "event" },
  query: page.query({
    type: EventName.optional(),
    since: moment("Only events at or after this time").optional(),
    until: moment("Only events before this time").optional(),
  }),
  responses: { 200: page.of(WebhookEvent) },
});

export const streamEvents = operation({
  id: "streamEvents",
  method: "get",
  path: "/v1/events/stream",
  tag: "Webhooks",
  summary: "Stream events",
  description: `Events as they happen, a second later at most, as server-sent events: \`event\` is the type, \`data\` the event, and \`id\`
where \`Last-Event-ID\` goes on, without a gap and without a repeat. Every 15 seconds without one there is a comment. A stream ends after
15 minutes, when your credential does, and when the server stops: connect again. An organization has at most 20 at once (429).`,
  scopes: ["webhooks:read"],
  query: query({ type: EventName.optional() }),
  responses: { 200: events(WebhookEvent) },
});

export const getEvent = operation({
  id: "getEvent",
  method: "get",
  path: "/v1/events/{event_id}",
  tag: "Webhooks",
  summary: "Get an event",
  scopes: ["webhooks:read"],
  effect: { reads: "event" },
  responses: { 200: WebhookEvent },
});

export const listWebhookDeliveries = operation({
  id: "listWebhookDeliveries",
  method: "get",
  path: "/v1/webhook-deliveries",
  tag: "Webhooks",
  summary: "List deliveries",
  description: "Newest first.",
  scopes: ["webhooks:read"],
  effect: { lists: "webhook_delivery" },
  query: page.query({
    webhook_id: id("whk", "Only deliveries to this endpoint").optional(),
    event_id: id("msg", "Only deliveries of this event").optional(),
    status: z.enum(["pending", "delivered", "failed"]).describe("Only deliveries in this state").optional(),
  }),
  responses: { 200: page.of(WebhookDelivery) },
});

export const getWebhookDelivery = operation({
  id: "getWebhookDelivery",
  method: "get",
  path: "/v1/webhook-deliveries/{delivery_id}",
  tag: "Webhooks",
  summary: "Get a delivery with its attempts",
  scopes: ["webhooks:read"],
  effect: { reads: "webhook_delivery" },
  responses: { 200: WebhookDeliveryDetail },
});

export const redeliverWebhook = operation({
  id: "redeliverWebhook",
  method: "post",
  path: "/v1/webhook-deliveries/{delivery_id}/redeliver",
  tag: "Webhooks",
  summary: "Send a delivery again",
  description: "With the same `webhook-id`, whether it got through or not. To a disabled endpoint it is a 409.",
  scopes: ["webhooks:write"],
  idempotent: "key",
  effect: { updates: "webhook_delivery" },
  async: { poll: "getWebhookDelivery", terminal: ["delivered", "failed"] },
  limits: { perMinute: 30 },
  responses: { 202: WebhookDeliveryDetail },
  errors: ["CONFLICT"],
});
