import { sql } from "drizzle-orm";
import { foreignKey, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { time } from "./columns.ts";
import { createdAt, orgId, tenant } from "./schema.ts";

export const webhooks = pgTable(
  "webhooks",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    url: text().notNull(),
    description: text(),
    /** Null for all. */
    events: text().array(),
    disabled_at: time("disabled_at"),
    disabled_reason: text({ enum: ["request", "gone", "failing"] }),
    failing_since: time("failing_since"),
    secret_sealed: text().notNull(),
    former_secret_sealed: text(),
    former_secret_expires_at: time("former_secret_expires_at"),
    created_at: createdAt,
    updated_at: time("updated_at").notNull().default(sql`now()`),
  },
  (t) => [unique("webhooks_org_id").on(t.org_id, t.id), tenant("webhooks")],
);

/** What happened, written in the transaction in which it did. `payload` is the exact text that is signed and sent. */
export const webhookEvents = pgTable(
  "webhook_events",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    type: text().notNull(),
    payload: text().notNull(),
    created_at: createdAt,
  },
  (t) => [
    unique("webhook_events_org_id").on(t.org_id, t.id),
    index("webhook_events_order").on(t.org_id, t.id),
    index("webhook_events_created").on(t.created_at),
    tenant("webhook_events"),
  ],
);

/** An event on its way to an endpoint. `attempt_count` fences its worker. */
export const webhookDeliveries = pgTable(
  "webhook_deliveries",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    webhook_id: text().notNull(),
    event_id: text().notNull(),
    event_type: text().notNull(),
    status: text({ enum: ["pending", "delivered", "failed"] })
      .notNull()
      .default("pending"),
    attempt_count: integer().notNull().default(0),
    /** Attempts of the present round: a redelivery begins another. */
    round_count: integer().notNull().default(0),
    next_attempt_at: time("next_attempt_at"),
    response_status: integer(),
    created_at: createdAt,
    delivered_at: time("delivered_at"),
  },
  (t) => [
    unique("webhook_deliveries_org_id").on(t.org_id, t.id),
    index("webhook_deliveries_webhook").on(t.org_id, t.webhook_id, t.id),
    index("webhook_deliveries_event").on(t.org_id, t.event_id),
    index("webhook_deliveries_due").on(t.next_attempt_at).where(sql`status = 'pending'`),
    foreignKey({
      name: "webhook_deliveries_webhook",
      columns: [t.org_id, t.webhook_id],
      foreignColumns: [webhooks.org_id, webhooks.id],
    }).onDelete("cascade"),
    foreignKey({
      name: "webhook_deliveries_event",
      columns: [t.org_id, t.event_id],
      foreignColumns: [webhookEvents.org_id, webhookEvents.id],
    }).onDelete("cascade"),
    tenant("webhook_deliveries"),
  ],
);

export const webhookAttempts = pgTable(
  "webhook_attempts",
  {
    org_id: text().notNull(),
    delivery_id: text().notNull(),
    number: integer().notNull(),
    started_at: time("started_at").notNull(),
    duration_ms: integer().notNull(),
    response_status: integer(),
    error: text(),
  },
  (t) => [
    primaryKey({ columns: [t.delivery_id, t.number] }),
    foreignKey({
      name: "webhook_attempts_delivery",
      columns: [t.org_id, t.delivery_id],
      foreignColumns: [webhookDeliveries.org_id, webhookDeliveries.id],
    }).onDelete("cascade"),
    tenant("webhook_attempts"),
  ],
);
