import { type Db, type Statement, statement } from "../kit/postgres/db.ts";

/** A row of webhooks as the contract shows it. */
export type WebhookRow = {
  id: string;
  url: string;
  description: string | null;
  events: string[] | null;
  status: "enabled" | "disabled";
  disabled_reason: "request" | "gone" | "failing" | null;
  disabled_at: string | null;
  failing_since: string | null;
  secret_expires_at: string | null;
  created_at: string;
  updated_at: string;
};

const STATUS = "case when disabled_at is null then 'enabled' else 'disabled' end";
const COLUMNS = `id, url, description, events, ${STATUS} as status, disabled_reason, disabled_at, failing_since,
  case when former_secret_expires_at > now() then former_secret_expires_at end as secret_expires_at,
  created_at, updated_at`;
const MATCHES = "($1::boolean is null or (disabled_at is not null) = $1)";

export const LIST = statement(
  "webhooks.list",
  `select ${COLUMNS} from webhooks
    where ${MATCHES} and ($2::text is null or id < $2) order by id desc limit $3 offset $4`,
);
export const COUNT = statement("webhooks.count", `select count(*) as total from webhooks where ${MATCHES}`);
export const GET = statement("webhooks.get", `select ${COLUMNS} from webhooks where id = $1`);
export const INSERT = statement(
  "webhooks.insert",
  `insert into webhooks (id, org_id, url, description, events, secret_sealed)
   values ($1, $2, $3, $4, $5, $6) returning ${COLUMNS}`,
);
// Another address has not failed yet, nor has one that is enabled again.
export const UPDATE = statement(
  "webhooks.update",
  `update webhooks set url = $2, description = $3, events = $4,
          disabled_at = case when $5 then coalesce(disabled_at, now()) end,
          disabled_reason = case when $5 then coalesce(disabled_reason, 'request') end,
          failing_since = case when url = $2 and (disabled_at is null or $5) then failing_since end,
          updated_at = now()
    where id = $1 returning ${COLUMNS}`,
);
export const DELETE = statement("webhooks.delete", "delete from webhooks where id = $1");
export const ROTATE = statement(
  "webhooks.rotate",
  `update webhooks
      set former_secret_sealed = case when $3 > 0 then secret_sealed end,
          former_secret_expires_at = case when $3 > 0 then now() + $3 * interval '1 second' end,
          secret_sealed = $2, updated_at = now()
    where id = $1 returning ${COLUMNS}`,
);
// In parts, because an endpoint may have hundreds of thousands, and a statement may take seconds.
const FAIL_PENDING = statement(
  "webhooks.fail-pending",
  `update webhook_deliveries set status = 'failed', next_attempt_at = null
    where id in (select id from webhook_deliveries where webhook_id = $1 and status = 'pending' limit $2)`,
);
const DELETE_DELIVERIES = statement(
  "webhooks.delete-deliveries",
  "delete from webhook_deliveries where id in (select id from webhook_deliveries where webhook_id = $1 limit $2)",
);
const PART = 20_000;

async function inParts(db: Db, query: Statement, id: string): Promise<void> {
  while ((await db.run(query, [id, PART])) === PART);
}

/** Nothing more is sent of what an endpoint was to be sent. The caller holds the endpoint. */
export const failPending = (db: Db, id: string): Promise<void> => inParts(db, FAIL_PENDING, id);

/** Removes an endpoint's deliveries. The caller holds the endpoint. */
export const deleteDeliveries = (db: Db, id: string): Promise<void> => inParts(db, DELETE_DELIVERIES, id);
