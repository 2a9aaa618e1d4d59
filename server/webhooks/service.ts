import { EVENT_TYPES, type EventType } from "../../spec/events.ts";
import type { Queue } from "../jobs/queue.ts";
import { newId } from "../kit/ids.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import { compileStrip, type Strip } from "../kit/strip.ts";
import { WEBHOOK_SECRETS } from "./secrets.ts";

// What others need of this folder comes from here alone.
export { WEBHOOK_SECRETS };

const INSERT_EVENT = statement(
  "webhooks.insert-event",
  "insert into webhook_events (id, org_id, type, payload, created_at) values ($1, $2, $3, $4, $5)",
);
// Held until the deliveries stand, so that an endpoint that is just being deleted does not undo what is told.
const SUBSCRIBED = statement(
  "webhooks.subscribed",
  `select id from webhooks where disabled_at is null and (events is null or $1 = any(events))
    order by id for key share`,
);
const INSERT_DELIVERIES = statement(
  "webhooks.insert-deliveries",
  `insert into webhook_deliveries (id, org_id, webhook_id, event_id, event_type, next_attempt_at)
   select d.id, $3, d.webhook_id, $4, $5, now() from unnest($1::text[], $2::text[]) as d(id, webhook_id)`,
);

type DataOf<T extends EventType> = (typeof EVENT_TYPES)[T]["data"]["_zod"]["output"];

export type Events = {
  /**
   * Says that something happened, in the transaction in which it did: told to every endpoint that asked for it once that
   * commits, and to none when it does not. `data` is what the contract says of the type; what it does not name is left out.
   */
  emit<T extends EventType>(db: Db, organization: string, nowMs: number, type: T, data: DataOf<T>): Promise<void>;
};

const STRIPS = Object.fromEntries(
  Object.entries(EVENT_TYPES).map(([type, { data }]) => [type, compileStrip(data)]),
) as Readonly<Record<EventType, Strip>>; // The keys of EVENT_TYPES are the event types.

/**
 * Writes an event in the caller's transaction: the text that will be signed and sent, byte for byte.
 * @returns Its id, which every delivery of it carries.
 */
export async function writeEvent<T extends EventType>(
  db: Db,
  organization: string,
  nowMs: number,
  type: T,
  data: DataOf<T>,
): Promise<string> {
  const id = newId("msg", nowMs);
  const timestamp = new Date(nowMs).toISOString();
  const told = STRIPS[type](data, "", () => undefined);
  await db.run(INSERT_EVENT, [id, organization, type, JSON.stringify({ type, timestamp, data: told }), timestamp]);
  return id;
}

/**
 * Puts an event on its way to these endpoints, in the caller's transaction, which holds them against deletion.
 * @returns The ids of the deliveries, in the order of the endpoints.
 */
export async function dispatch(
  queue: Queue,
  db: Db,
  event: { readonly organization: string; readonly nowMs: number; readonly type: EventType; readonly id: string },
  endpoints: readonly string[],
): Promise<string[]> {
  const ids = endpoints.map(() => newId("dlv", event.nowMs));
  const jobs = endpoints.map((endpoint, at) => ({
    data: { org_id: event.organization, id: ids[at] ?? "" },
    when: { group: endpoint },
  }));
  await db.run(INSERT_DELIVERIES, [ids, endpoints, event.organization, event.id, event.type]);
  await queue.enqueueAll(db, "webhook.deliver", jobs);
  return ids;
}

/** Events on a queue. */
export function eventsOn(queue: Queue): Events {
  return {
    async emit(db, organization, nowMs, type, data) {
      // One round trip: the two do not need each other.
      const [id, endpoints] = await Promise.all([
        writeEvent(db, organization, nowMs, type, data),
        db.rows<{ id: string }>(SUBSCRIBED, [type]),
      ]);
      if (endpoints.length === 0) return;
      await dispatch(
        queue,
        db,
        { organization, nowMs, type, id },
        endpoints.map((endpoint) => endpoint.id),
      );
    },
  };
}
