import type { EventType } from "../../spec/events.ts";
import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { handlers } from "../context.ts";
import { readPage } from "../kit/postgres/list.ts";
import { checkOutboundUrl } from "../outbound/service.ts";
import type { WorkServices } from "../services.ts";
import { ENDPOINT } from "./delivery-sql.ts";
import { newSecret, sealSecret } from "./secrets.ts";
import {
  COUNT,
  DELETE,
  deleteDeliveries,
  failPending,
  GET,
  INSERT,
  LIST,
  ROTATE,
  UPDATE,
  type WebhookRow,
} from "./sql.ts";

const MOST = 50;
const missing = () => new ApiError("NOT_FOUND", "There is no such webhook endpoint");
const disabled = (status: "enabled" | "disabled" | undefined) => (status === undefined ? null : status === "disabled");

// Every write keeps `events` within the contract's; a type that a later version drops would show in the response check.
const toWebhook = (row: WebhookRow) => ({ ...row, events: row.events as EventType[] | null });

/** Handlers of webhook endpoints. */
export const endpointHandlers = ({ allow, sealing }: Pick<WorkServices, "allow" | "sealing">) => {
  const requireUrl = (url: string) => {
    const checked = checkOutboundUrl(url, allow);
    if ("reason" in checked) {
      throw validationError([{ path: "body.url", code: "invalid_url", message: checked.reason }]);
    }
  };
  return handlers({
    async listWebhooks({ query }, { db, reply }) {
      const filters = [disabled(query.status)];
      return reply(
        200,
        await readPage<WebhookRow, ReturnType<typeof toWebhook>>(db, query, {
          name: "webhooks",
          rows: LIST,
          count: COUNT,
          filters: filters,
          item: toWebhook,
        }),
      );
    },

    async createWebhook({ body }, ctx) {
      requireUrl(body.url);
      // One at a time in an organization, or two could both be the fiftieth.
      await ctx.lock("webhook-count", ["all"]);
      const present = await ctx.db.one<{ total: number }>(COUNT, [null]);
      if ((present?.total ?? 0) >= MOST) {
        throw new ApiError("CONFLICT", `An organization has at most ${MOST} webhook endpoints: delete one first`);
      }
      const id = ctx.newId("whk");
      const secret = newSecret();
      const { url, description = null, events = null } = body;
      const values = [id, ctx.org, url, description, events, sealSecret(sealing, id, secret)];
      const row = await ctx.db.one<WebhookRow>(INSERT, values);
      if (!row) throw new Error("insert returned no row");
      return ctx.reply(201, { ...toWebhook(row), secret });
    },

    async getWebhook({ params }, { db, reply }) {
      const row = await db.one<WebhookRow>(GET, [params.webhook_id]);
      if (!row) throw missing();
      return reply(200, toWebhook(row));
    },

    async updateWebhook({ params, body }, { db, reply }) {
      const present = await db.one<WebhookRow>(GET, [params.webhook_id]);
      if (!present) throw missing();
      if (body.url !== undefined) requireUrl(body.url);
      const { url = present.url, description = present.description, events = present.events } = body;
      const off = (body.status ?? present.status) === "disabled";
      const row = await db.one<WebhookRow>(UPDATE, [params.webhook_id, url, description, events, off]);
      if (!row) throw missing();
      if (off) await failPending(db, row.id);
      return reply(200, toWebhook(row));
    },

    async deleteWebhook({ params }, { db, reply }) {
      // The endpoint first, as whoever else works on both.
      if (!(await db.one(ENDPOINT, [params.webhook_id]))) throw missing();
      await deleteDeliveries(db, params.webhook_id);
      await db.run(DELETE, [params.webhook_id]);
      return reply(204);
    },

    async rotateWebhookSecret({ params, body }, { db, reply }) {
      const secret = newSecret();
      const sealed = sealSecret(sealing, params.webhook_id, secret);
      const row = await db.one<WebhookRow>(ROTATE, [params.webhook_id, sealed, body.overlap_seconds]);
      if (!row) throw missing();
      return reply(200, { ...toWebhook(row), secret });
    },
  });
};
