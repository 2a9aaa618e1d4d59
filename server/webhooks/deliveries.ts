import { ApiError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { twoSteps } from "../kit/handlers.ts";
import type { Db } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";
import type { WorkServices } from "../services.ts";
import {
  AGAIN,
  ATTEMPTS_OF,
  type AttemptRow,
  COUNT_DELIVERIES,
  COUNT_EVENTS,
  type DeliveryRow,
  ENDPOINT,
  type EventRow,
  GET_DELIVERY,
  GET_EVENT,
  LIST_DELIVERIES,
  LIST_EVENTS,
  toEvent,
} from "./delivery-sql.ts";
import { dispatch, writeEvent } from "./service.ts";
import { streamOf } from "./stream.ts";

const missing = (what: string) => new ApiError("NOT_FOUND", `There is no such ${what}`);

/** A delivery with its attempts, as it is now. */
async function detail(db: Db, id: string) {
  const [row, attempts] = await Promise.all([
    db.one<DeliveryRow>(GET_DELIVERY, [id]),
    db.rows<AttemptRow>(ATTEMPTS_OF, [id]),
  ]);
  if (!row) throw missing("delivery");
  return { ...row, attempts };
}

/** Takes hold of an endpoint that is to be sent something: 404 when it is gone, 409 when it is disabled. */
async function requireEnabled(db: Db, id: string): Promise<void> {
  const endpoint = await db.one<{ disabled: boolean }>(ENDPOINT, [id]);
  if (!endpoint) throw missing("webhook endpoint");
  if (endpoint.disabled) throw new ApiError("CONFLICT", "The endpoint is disabled: enable it first");
}

/** Handlers of events and of their deliveries. */
export const deliveryHandlers = ({ queue }: Pick<WorkServices, "queue">) =>
  handlers({
    async testWebhook({ params }, ctx) {
      const type = "webhook.test";
      const nowMs = ctx.now();
      await requireEnabled(ctx.db, params.webhook_id);
      const id = await writeEvent(ctx.db, ctx.org, nowMs, type, { message: "A test of this endpoint" });
      const event = { organization: ctx.org, nowMs, type, id } as const;
      const [delivery = ""] = await dispatch(queue, ctx.db, event, [params.webhook_id]);
      return ctx.reply(202, await detail(ctx.db, delivery));
    },

    async listEvents({ query }, { db, reply }) {
      const filters = [query.type ?? null, query.since ?? null, query.until ?? null];
      return reply(
        200,
        await readPage<EventRow, ReturnType<typeof toEvent>>(db, query, {
          name: "events",
          rows: LIST_EVENTS,
          count: COUNT_EVENTS,
          filters: filters,
          item: toEvent,
        }),
      );
    },

    // It reads for as long as it is read: `prepare` holds no connection meanwhile.
    streamEvents: twoSteps({
      prepare: ({ query }, ctx) => streamOf(query.type ?? null, ctx),
      commit: async (_input, { reply }, events) => reply(200, events),
    }),

    async getEvent({ params }, { db, reply }) {
      const row = await db.one<EventRow>(GET_EVENT, [params.event_id]);
      if (!row) throw missing("event");
      return reply(200, toEvent(row));
    },

    async listWebhookDeliveries({ query }, { db, reply }) {
      const filters = [query.webhook_id ?? null, query.event_id ?? null, query.status ?? null];
      return reply(
        200,
        await readPage<DeliveryRow>(db, query, {
          name: "webhook-deliveries",
          rows: LIST_DELIVERIES,
          count: COUNT_DELIVERIES,
          filters: filters,
        }),
      );
    },

    async getWebhookDelivery({ params }, { db, reply }) {
      return reply(200, await detail(db, params.delivery_id));
    },

    async redeliverWebhook({ params }, ctx) {
      const present = await ctx.db.one<DeliveryRow>(GET_DELIVERY, [params.delivery_id]);
      if (!present) throw missing("delivery");
      await requireEnabled(ctx.db, present.webhook_id);
      await ctx.db.run(AGAIN, [present.id]);
      await queue.enqueue(
        ctx.db,
        "webhook.deliver",
        { org_id: ctx.org, id: present.id },
        { group: present.webhook_id },
      );
      return ctx.reply(202, await detail(ctx.db, present.id));
    },
  });
