import type { EventType } from "../../spec/events.ts";
import { statement } from "../kit/postgres/db.ts";

/** What an attempt needs to be made, and the numbers that fence its end. */
export type Claim = {
  id: string;
  webhook_id: string;
  event_id: string;
  event_type: EventType;
  attempt_count: number;
  round_count: number;
  url: string;
  secret_sealed: string;
  former_secret_sealed: string | null;
  payload: string;
};

// Begins an attempt: its number fences it, and its row says that it began, should its worker die. What is not due has a job
// of its own at its time. The clock of rows has milliseconds, that of the queue microseconds: hence the second.
export const CLAIM = statement(
  "webhooks.claim",
  `with claimed as (
     update webhook_deliveries d set attempt_count = d.attempt_count + 1, round_count = d.round_count + 1
       from webhooks w
      where d.id = $1 and d.status = 'pending' and d.next_attempt_at <= now() + interval '1 second'
        and w.org_id = d.org_id and w.id = d.webhook_id and w.disabled_at is null
     returning d.org_id, d.id, d.webhook_id, d.event_id, d.event_type, d.attempt_count, d.round_count, w.url,
               w.secret_sealed,
               case when w.former_secret_expires_at > now() then w.former_secret_sealed end as former_secret_sealed
   ), begun as (
     insert into webhook_attempts (org_id, delivery_id, number, started_at, duration_ms, error)
     select org_id, id, attempt_count, now(), 0, 'No answer yet' from claimed
   )
   select c.*, e.payload from claimed c join webhook_events e on e.org_id = c.org_id and e.id = c.event_id`,
);
export const FAIL_DISABLED = statement(
  "webhooks.fail-disabled",
  `update webhook_deliveries d set status = 'failed', next_attempt_at = null
     from webhooks w
    where d.id = $1 and d.status = 'pending'
      and w.org_id = d.org_id and w.id = d.webhook_id and w.disabled_at is not null`,
);
export const FAIL = statement(
  "webhooks.fail",
  "update webhook_deliveries set status = 'failed', next_attempt_at = null where id = $1 and status = 'pending'",
);

// The endpoint first, then its deliveries: whoever disables or deletes it goes that way too.
export const HOLD_ENDPOINT = statement(
  "webhooks.hold-endpoint",
  `select disabled_at is not null as disabled, failing_since <= now() - interval '3 days' as long_failing
     from webhooks where id = $1 for no key update`,
);
export const END_ATTEMPT = statement(
  "webhooks.end-attempt",
  "update webhook_attempts set duration_ms = $3, response_status = $4, error = $5 where delivery_id = $1 and number = $2",
);
// The fence: the attempt is still the last one, and nobody has asked for the delivery again meanwhile.
const MINE = "id = $1 and attempt_count = $2 and round_count = $3 and status = 'pending'";
export const DELIVERED = statement(
  "webhooks.delivered",
  `update webhook_deliveries set status = 'delivered', delivered_at = now(), next_attempt_at = null, response_status = $4
    where ${MINE}`,
);
export const NOT_DELIVERED = statement(
  "webhooks.not-delivered",
  `update webhook_deliveries
      set response_status = $4, status = case when $5::int is null then 'failed' else 'pending' end,
          next_attempt_at = now() + $5 * interval '1 second'
    where ${MINE}`,
);
export const WELL = statement(
  "webhooks.well",
  "update webhooks set failing_since = null where id = $1 and failing_since is not null",
);
export const FAILING = statement(
  "webhooks.failing",
  "update webhooks set failing_since = now() where id = $1 and failing_since is null",
);
export const DISABLE = statement(
  "webhooks.disable",
  `update webhooks set disabled_at = now(), disabled_reason = $2, updated_at = now()
    where id = $1 and disabled_at is null returning id, url`,
);
