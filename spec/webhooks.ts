import { EVENT_TYPES, type EventType } from "./events.ts";
import { REACHABLE, webUrl } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { choice, id, input, nullable, patch, ruled, schema, secret, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

// The keys of a literal object are its literal keys; TypeScript types them as string.
const names = Object.keys(EVENT_TYPES) as [EventType, ...EventType[]];
export const EventName = choice("EventName", "What can happen", names);

const url = ruled(
  webUrl("https?", "Where events are sent, by POST. Redirects are not followed", "https://hooks.example.com/reelmark"),
  REACHABLE,
);

const events = nullable(
  z
    .array(EventName)
    .min(1)
    .max(names.length)
    .refine((list) => new Set(list).size === list.length, "must not repeat an event")
    .describe("Which events it is told of; null for all")
    .meta({ example: ["sync.completed", "upload.ready"], uniqueItems: true }),
);

const description = nullable(
  z.string().max(200).describe("What it is for, for your team").meta({ example: "Storefront cache" }),
);

const status = z.enum(["enabled", "disabled"]).describe("A disabled endpoint is sent nothing");

const fields = {
  id: id("whk"),
  url,
  description,
  events,
  status,
  disabled_reason: nullable(
    z
      .enum(["request", "gone", "failing"])
      .describe(
        "`request` by you, `gone` because it answered 410, `failing` because nothing got through for three days",
      ),
  ),
  disabled_at: nullable(timestamp("When it was disabled")),
  failing_since: nullable(timestamp("Since when no delivery has got through; null when the last one did")),
  secret_expires_at: nullable(
    timestamp("Until when the former secret signs too, after a rotation; null when there is one secret"),
  ),
  created_at: timestamp("When the endpoint was created"),
  updated_at: timestamp("When the endpoint last changed"),
};

export const Webhook = schema("Webhook", "An endpoint that is told of events, without its secret", fields);

const signingSecret = secret(
  z
    .string()
    .describe("Verifies signatures (Standard Webhooks), shown this once: `whsec_` and 32 bytes in base64")
    .meta({ example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" }),
);

export const CreatedWebhook = schema("CreatedWebhook", "An endpoint with its secret, shown once", {
  ...fields,
  secret: signingSecret,
});

export const WebhookInput = input("WebhookInput", "A new endpoint", {
  url,
  description: description.optional(),
  events: events.optional(),
});

export const WebhookPatch = patch("WebhookPatch", "What to change of an endpoint", {
  url,
  description,
  events,
  status,
});

export const RotateWebhookSecretInput = input("RotateWebhookSecretInput", "How to rotate", {
  overlap_seconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(86_400)
    .describe("For how long the former secret signs too, in seconds: at most 7 days")
    .meta({ example: 86_400 }),
});

export const listWebhooks = operation({
  id: "listWebhooks",
  method: "get",
  path: "/v1/webhooks",
  tag: "Webhooks",
  summary: "List webhook endpoints",
  description: "Newest first.",
  scopes: ["webhooks:read"],
  effect: { lists: "webhook" },
  query: page.query({ status: status.optional() }),
  responses: { 200: page.of(Webhook) },
});

export const createWebhook = operation({
  id: "createWebhook",
  method: "post",
  path: "/v1/webhooks",
  tag: "Webhooks",
  summary: "Create a webhook endpoint",
  description: `Its secret is in the answer, this once. Addresses inside the server's own network are refused (400). An
organization has at most 50 endpoints (409).`,
  scopes: ["webhooks:write"],
  idempotent: "key",
  effect: { creates: "webhook" },
  body: WebhookInput,
  responses: { 201: CreatedWebhook },
  errors: ["CONFLICT"],
});

export const getWebhook = operation({
  id: "getWebhook",
  method: "get",
  path: "/v1/webhooks/{webhook_id}",
  tag: "Webhooks",
  summary: "Get a webhook endpoint",
  scopes: ["webhooks:read"],
  effect: { reads: "webhook" },
  responses: { 200: Webhook },
});

export const updateWebhook = operation({
  id: "updateWebhook",
  method: "patch",
  path: "/v1/webhooks/{webhook_id}",
  tag: "Webhooks",
  summary: "Update a webhook endpoint",
  description: "A merge patch (RFC 7396). Enabled again, it is told of what happens from then on; send the rest again.",
  scopes: ["webhooks:write"],
  effect: { updates: "webhook" },
  body: WebhookPatch,
  responses: { 200: Webhook },
});

export const deleteWebhook = operation({
  id: "deleteWebhook",
  method: "delete",
  path: "/v1/webhooks/{webhook_id}",
  tag: "Webhooks",
  summary: "Delete a webhook endpoint",
  description: "Its deliveries go with it, sent or not.",
  scopes: ["webhooks:write"],
  effect: { deletes: "webhook" },
  responses: { 204: none("The endpoint is gone") },
});

export const rotateWebhookSecret = operation({
  id: "rotateWebhookSecret",
  method: "post",
  path: "/v1/webhooks/{webhook_id}/rotate-secret",
  tag: "Webhooks",
  summary: "Rotate a webhook endpoint's secret",
  description: "While the former secret still signs, each delivery carries two signatures; verifying either is enough.",
  scopes: ["webhooks:write"],
  idempotent: "key",
  effect: { updates: "webhook" },
  body: RotateWebhookSecretInput,
  responses: { 200: CreatedWebhook },
});
