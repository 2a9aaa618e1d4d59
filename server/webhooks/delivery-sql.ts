import type { EventType } from "../../spec/events.ts";
import { statement } from "../kit/postgres/db.ts";

export type EventRow = { id: string; type: EventType; payload: string; created_at: string };

/** An event as the contract shows it. Its payload is kept as the text that is sent: an object, as `writeEvent` makes it. */
export const toEvent = (row: EventRow) => ({ ...row, payload: JSON.parse(row.payload) as Record<string, unknown> });

/** A row of webhook_deliveries as the contract shows it. */
export type DeliveryRow = {
  id: string;
  webhook_id: string;
  event_id: string;
  event_type: EventType;
  status: "pending" | "delivered" | "failed";
  attempt_count: number;
  next_attempt_at: string | null;
  response_status: number | null;
  created_at: string;
  delivered_at: string | null;
};

export type AttemptRow = {
  number: number;
  started_at: string;
  duration_ms: number;
  response_status: number | null;
  error: string | null;
};

const EVENT = "id, type, payload, created_at";
const EVENT_MATCHES = `($1::text is null or type = $1) and ($2::timestamptz is null or created_at >= $2)
      and ($3::timestamptz is null or created_at < $3)`;

export const LIST_EVENTS = statement(
  "webhooks.list-events",
  `select ${EVENT} from webhook_events
    where ${EVENT_MATCHES} and ($4::text is null or id < $4) order by id desc limit $5 offset $6`,
);
export const COUNT_EVENTS = statement(
  "webhooks.count-events",
  `select count(*) as total from webhook_events where ${EVENT_MATCHES}`,
);
export const GET_EVENT = statement("webhooks.get-event", `select ${EVENT} from webhook_events where id = $1`);

const DELIVERY = `id, webhook_id, event_id, event_type, status, attempt_count, next_attempt_at, response_status,
  created_at, delivered_at`;
const DELIVERY_MATCHES = `($1::text is null or webhook_id = $1) and ($2::text is null or event_id = $2)
      and ($3::text is null or status = $3)`;

export const LIST_DELIVERIES = statement(
  "webhooks.list-deliveries",
  `select ${DELIVERY} from webhook_deliveries
    where ${DELIVERY_MATCHES} and ($4::text is null or id < $4) order by id desc limit $5 offset $6`,
);
export const COUNT_DELIVERIES = statement(
  "webhooks.count-deliveries",
  `select count(*) as total from webhook_deliveries where ${DELIVERY_MATCHES}`,
);
export const GET_DELIVERY = statement(
  "webhooks.get-delivery",
  `select ${DELIVERY} from webhook_deliveries where id = $1`,
);
// Each redelivery may add a dozen: the answer stays of a size.
export const ATTEMPTS_OF = statement(
  "webhooks.attempts",
  `select * from (
     select number, started_at, duration_ms, response_status, error from webhook_attempts
      where delivery_id = $1 order by number desc limit 100) as a
    order by number`,
);
// Held against deletion and, by whoever writes to it, against being disabled.
export const ENDPOINT = statement(
  "webhooks.endpoint",
  "select disabled_at is not null as disabled from webhooks where id = $1 for no key update",
);
export const AGAIN = statement(
  "webhooks.again",
  `update webhook_deliveries set status = 'pending', round_count = 0, next_attempt_at = now(), delivered_at = null
    where id = $1 returning ${DELIVERY}`,
);
