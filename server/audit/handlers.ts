import { handlers } from "../context.ts";
import { statement } from "../kit/postgres/db.ts";
import { readPage } from "../kit/postgres/list.ts";

type Row = {
  id: string;
  operation: string;
  actor_kind: "session" | "api_key" | "oauth" | "operator" | "anonymous" | "signed" | "provider";
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
    const { operation = null, user_id = null, resource_id = null, since = null, until = null } = query;
    const filters = [operation, user_id, resource_id, since, until];
    const list = { name: "audit-events", rows: LIST, count: COUNT, filters, item: toEvent };
    return reply(200, await readPage<Row, ReturnType<typeof toEvent>>(db, query, list));
  },
});
