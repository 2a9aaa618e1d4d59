import { handlers } from "../context.ts";
import { pageOf, pageStart } from "../kit/paging.ts";
import { statement } from "../kit/postgres/db.ts";

type Row = {
  id: string;
  operation: string;
  actor_kind: "session" | "api_key" | "operator" | "anonymous";
  user_id: string | null;
  credential_id: string | null;
  resource_kind: string | null;
  resource_id: string | null;
  fields: string[];
  request_id: string;
  address: string | null;
  created_at: string;
};

const MATCHES = `($1::text is null or operation = $1) and ($2::text is null or user_id = $2)
      and ($3::text is null or resource_id = $3)
      and ($4::timestamptz is null or created_at >= $4) and ($5::timestamptz is null or created_at < $5)`;

const LIST = statement(
  "audit.list",
  `select id, operation, actor_kind, user_id, credential_id, resource_kind, resource_id, fields, request_id, address, created_at
     from audit_events where ${MATCHES} and ($6::text is null or id < $6) order by id desc limit $7 offset $8`,
);
const COUNT = statement("audit.count", `select count(*) as total from audit_events where ${MATCHES}`);

const toEvent = ({ actor_kind, user_id, credential_id, resource_kind, resource_id, ...row }: Row) => ({
  ...row,
  actor: { kind: actor_kind, user_id, credential_id },
  resource: resource_kind === null ? null : { kind: resource_kind, id: resource_id },
});

export const auditHandlers = handlers({
  async listAuditEvents({ query }, { db, reply }) {
    const start = pageStart(query, "audit-events", 1);
    const { operation = null, user_id = null, resource_id = null, since = null, until = null } = query;
    const filter = [operation, user_id, resource_id, since, until];
    const [rows, counted] = await Promise.all([
      db.rows<Row>(LIST, [...filter, start.after?.[0] ?? null, query.limit + 1, start.offset]),
      start.counts ? db.one<{ total: number }>(COUNT, filter) : undefined,
    ]);
    const page = { sortValues: (row: Row) => [row.id], item: toEvent, count: counted?.total };
    return reply(200, pageOf(rows, query, "audit-events", page));
  },
});
