import { AuditEvent } from "../audit.ts";
import { exampleId, type Output } from "../kit/schema.ts";
import { answered, told } from "../kit/story.ts";
import {
  redeliverWebhook,
  testWebhook,
  WebhookDelivery,
  WebhookDeliveryDetail,
  WebhookEvent,
} from "../webhook-deliveries.ts";
import { CreatedWebhook, Webhook } from "../webhooks.ts";
import {
  CHANNEL,
  CHANNEL_SYNC,
  COFFEE,
  HOOK,
  made,
  NIGHTLY_KEY,
  NORA,
  SESSION,
  STOREFRONT_KEY,
  SYNCED_EVENT,
  TEST_EVENT,
  VIDEO_EVENT,
} from "./ids.ts";
import { channelSync, video } from "./work.ts";

const hook = {
  id: HOOK,
  url: "https://hooks.example.com/reelmark",
  description: "Storefront cache",
  events: ["sync.completed", "upload.ready"],
  status: "enabled",
  disabled_reason: null,
  disabled_at: null,
  failing_since: null,
  secret_expires_at: null,
  created_at: "2026-01-12T08:52:30.981Z",
  updated_at: "2026-01-12T08:52:30.981Z",
} satisfies Output<typeof Webhook>;
const OLD_HOOK = made("whk", "2025-11-03T09:00:16.150Z");

const delivered = {
  id: exampleId("dlv"),
  webhook_id: HOOK,
  event_id: SYNCED_EVENT,
  event_type: "sync.completed",
  status: "delivered",
  attempt_count: 2,
  next_attempt_at: null,
  response_status: 204,
  created_at: "2026-01-15T09:28:04.310Z",
  delivered_at: "2026-01-15T09:28:10.226Z",
} satisfies Output<typeof WebhookDelivery>;

const attempts = [
  {
    number: 1,
    started_at: "2026-01-15T09:28:04.602Z",
    duration_ms: 318,
    response_status: 503,
    error: null,
  },
  { number: 2, started_at: "2026-01-15T09:28:10.107Z", duration_ms: 119, response_status: 204, error: null },
];

const queued = {
  ...delivered,
  status: "pending",
  attempt_count: 0,
  response_status: null,
  created_at: "2026-01-15T09:30:00.000Z",
  next_attempt_at: "2026-01-15T09:30:00.000Z",
  delivered_at: null,
} satisfies Output<typeof WebhookDelivery>;

const by = (kind: "session" | "api_key", credential_id: string) => ({ kind, user_id: NORA, credential_id });
const requested = (created_at: string) => ({
  request_id: made("req", created_at),
  address: "203.0.113.7",
  created_at,
});

export const HAPPENED = [
  told(Webhook, hook, {
    ...hook,
    id: OLD_HOOK,
    url: "https://old.example.com/hooks/video",
    description: null,
    events: null,
    status: "disabled",
    disabled_reason: "failing",
    disabled_at: "2025-12-21T06:14:09.733Z",
    failing_since: "2025-12-18T06:12:55.208Z",
    created_at: "2025-11-03T09:00:16.150Z",
    updated_at: "2025-12-21T06:14:09.733Z",
  }),
  told(CreatedWebhook, { ...hook, secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=" }),
  told(
    WebhookEvent,
    {
      id: SYNCED_EVENT,
      type: "sync.completed",
      payload: { type: "sync.completed", timestamp: "2026-01-15T09:28:04.310Z", data: channelSync },
      created_at: "2026-01-15T09:28:04.310Z",
    },
    {
      id: VIDEO_EVENT,
      type: "upload.ready",
      payload: { type: "upload.ready", timestamp: "2026-01-15T09:12:46.507Z", data: video },
      created_at: "2026-01-15T09:12:46.507Z",
    },
    {
      id: TEST_EVENT,
      type: "webhook.test",
      payload: {
        type: "webhook.test",
        timestamp: "2026-01-12T08:53:02.264Z",
        data: { message: "A test of this endpoint" },
      },
      created_at: "2026-01-12T08:53:02.264Z",
    },
  ),
  told(
    WebhookDelivery,
    delivered,
    {
      ...delivered,
      id: made("dlv", "2026-01-15T09:12:46.507Z"),
      event_id: VIDEO_EVENT,
      event_type: "upload.ready",
      status: "pending",
      attempt_count: 3,
      next_attempt_at: "2026-01-15T09:42:51.019Z",
      response_status: 500,
      created_at: "2026-01-15T09:12:46.507Z",
      delivered_at: null,
    },
    {
      ...delivered,
      id: made("dlv", "2026-01-12T08:53:02.264Z"),
      event_id: TEST_EVENT,
      event_type: "webhook.test",
      attempt_count: 1,
      created_at: "2026-01-12T08:53:02.264Z",
      delivered_at: "2026-01-12T08:53:02.790Z",
    },
  ),
  told(WebhookDeliveryDetail, { ...delivered, attempts }),
  told(
    AuditEvent,
    {
      id: exampleId("evt"),
      operation: "syncSource",
      actor: by("api_key", NIGHTLY_KEY),
      resource: { kind: "sync_job", id: CHANNEL_SYNC },
      fields: ["force"],
      ...requested("2026-01-15T09:28:00.052Z"),
    },
    {
      id: made("evt", "2026-01-13T14:22:36.091Z"),
      operation: "updateBrand",
      actor: by("session", SESSION),
      resource: { kind: "brand", id: COFFEE },
      fields: ["description", "timezone"],
      ...requested("2026-01-13T14:22:36.091Z"),
    },
    {
      id: made("evt", "2026-01-12T08:40:13.264Z"),
      operation: "createSource",
      actor: by("session", SESSION),
      resource: { kind: "source", id: CHANNEL },
      fields: ["name", "persona_id", "sync_interval_minutes", "url"],
      ...requested("2026-01-12T08:40:13.264Z"),
    },
    {
      id: made("evt", "2026-01-12T08:31:55.702Z"),
      operation: "createApiKey",
      actor: by("session", SESSION),
      resource: { kind: "api_key", id: STOREFRONT_KEY },
      fields: ["expires_at", "label", "scopes"],
      ...requested("2026-01-12T08:31:55.702Z"),
    },
    {
      id: made("evt", "2026-01-02T10:15:40.090Z"),
      operation: "credits grant",
      actor: { kind: "operator", user_id: null, credential_id: null },
      resource: null,
      fields: [],
      request_id: made("req", "2026-01-02T10:15:40.090Z"),
      address: null,
      created_at: "2026-01-02T10:15:40.090Z",
    },
  ),
];

export const HAPPENED_ANSWERS = [
  answered(testWebhook, 202, {
    ...queued,
    event_id: TEST_EVENT,
    event_type: "webhook.test",
    attempts: [],
  }),
  answered(redeliverWebhook, 202, { ...queued, attempt_count: 2, response_status: 204, attempts }),
];
