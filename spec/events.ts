import { ApiKey } from "./api-keys.ts";
import { Balance } from "./billing.ts";
import { id, nullable, schema, timestamp, z } from "./kit/schema.ts";
import { Source } from "./sources.ts";
import { SyncJob } from "./sync.ts";
import { Upload } from "./uploads.ts";

const Deleted = schema("DeletedSource", "A source that is gone", {
  id: id("src"),
  persona_id: id("per", "The persona it belonged to"),
});

const TestData = schema("WebhookTest", "What a test event carries", {
  message: z.string().describe("Says that it is a test").meta({ example: "A test of this endpoint" }),
});

const DisabledWebhook = schema("DisabledWebhook", "An endpoint that the server disabled", {
  id: id("whk"),
  url: z.string().describe("Its address").meta({ example: "https://hooks.example.com/reelmark" }),
  reason: z.enum(["gone", "failing"]).describe("Why"),
  last_event_id: nullable(id("msg", "The event that was on its way")),
});

/** Every event: what it says, and the schema of its `data`. The document's `webhooks` section is made of it. */
export const EVENT_TYPES = {
  "source.created": { about: "A source was created", data: Source },
  "source.updated": { about: "A source was changed by a request", data: Source },
  "source.deleted": { about: "A source was deleted, with its posts", data: Deleted },
  "source.failing": { about: "A source could not be read three times in a row", data: Source },
  "sync.completed": { about: "A sync ended, and at least one source could be read", data: SyncJob },
  "sync.failed": { about: "A sync ended, and no source could be read", data: SyncJob },
  "upload.ready": { about: "A file is there and checked", data: Upload },
  "upload.failed": { about: "A file could not be fetched, or is not allowed", data: Upload },
  "api_key.created": { about: "An API key was created, or made by a rotation", data: ApiKey },
  "api_key.revoked": { about: "An API key was revoked or deleted", data: ApiKey },
  "billing.balance_low": { about: "Less can be spent than the threshold", data: Balance },
  "webhook.disabled": { about: "The server disabled another endpoint of yours", data: DisabledWebhook },
  "webhook.test": { about: "You asked for a test", data: TestData },
} as const;

export type EventType = keyof typeof EVENT_TYPES;

/** The body of an event (Standard Webhooks: `type`, `timestamp`, `data`). */
const payload = (type: string, data: (typeof EVENT_TYPES)[EventType]["data"]) => {
  const pascal = type.replace(/(^|[._])(\w)/g, (_, _dot, letter: string) => letter.toUpperCase());
  return schema(`${pascal}Event`, `The body of \`${type}\``, {
    type: z.literal(type).describe("What happened").meta({ example: type }),
    timestamp: timestamp("When it happened"),
    data,
  });
};

const header = (name: string, description: string, maxLength: number, pattern: string) => ({
  name,
  in: "header" as const,
  required: true,
  description,
  schema: { type: "string" as const, minLength: 1, maxLength, pattern },
});

/** What every event is sent with (Standard Webhooks 1.0). */
export const EVENT_HEADERS = [
  header("webhook-id", "The event's id, the same at each attempt: drop what you have seen", 30, "^msg_[0-9a-z]{26}$"),
  header("webhook-timestamp", "When this attempt was signed, in Unix seconds: refuse old ones", 20, "^[0-9]+$"),
  header(
    "webhook-signature",
    `One signature for each secret that is good, parted by a space; any may verify: \`v1,\` and the base64 of HMAC-SHA256
over webhook-id, webhook-timestamp and the body as it came, joined by dots`,
    128,
    "^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$",
  ),
];

/** The events as the document shows them. */
export const EVENTS = Object.entries(EVENT_TYPES).map(([name, { about, data }]) => ({
  name,
  summary: about,
  payload: payload(name, data),
}));
