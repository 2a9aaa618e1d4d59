/**
 * What the list call costs at least: node:http and pg, the look-up of the key, the page and its count, and nothing else. No
 * validation, limits, scopes, log or contract. It answers the same bytes as Reelmark, which list.ts checks first.
 */
import { hash } from "node:crypto";
import { createServer } from "node:http";
import pg from "pg";

/** `plain`; `transaction`: the reads between BEGIN and COMMIT; `policies`: under the server's role and row level security. */
type Mode = "plain" | "transaction" | "policies";

/** A timestamptz(3) in a session in UTC, as RFC 3339: the same work that Reelmark does for its answer. */
function rfc3339(text: string): string {
  const fraction = text.slice(19, -3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction === "" ? ".000" : fraction.padEnd(4, "0")}Z`;
}

const mode = (process.env.BARE_MODE ?? "plain") as Mode;
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    if (oid === pg.types.builtins.TIMESTAMPTZ) return rfc3339;
    if (oid === pg.types.builtins.INT8) return Number;
    return format === "binary" ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid, "text");
  },
};
const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.DATABASE_POOL),
  options: mode === "policies" ? "-c role=reelmark_app -c timezone=UTC" : "-c timezone=UTC",
  types,
  pipeline: true,
  // pg's own types do not know `pipeline` yet.
} as pg.PoolConfig);

const KEY = `select k.id, k.org_id, m.role, k.scopes from api_keys k
  join memberships m on m.org_id = k.org_id and m.user_id = k.created_by
  where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())`;
const COLUMNS = `id, name, slug, description, timezone, case when archived then 'archived' else 'active' end as status,
  position, created_at, updated_at`;
const LIST = `select ${COLUMNS} from brands where org_id = $1 and ($2::boolean is null or archived = $2)
  and ($3::int is null or (position, id) > ($3, $4)) order by position, id limit $5 offset $6`;
const COUNT = "select count(*) as total from brands where org_id = $1 and ($2::boolean is null or archived = $2)";
const BIND = "select set_config('app.org_id', $1, false)";
const AUTHENTICATE = "select id, org_id, role, scopes from authenticate($1, null, null)";

type Key = { org_id: string };
type Row = { position: number; id: string };

async function list(client: pg.PoolClient, key: string): Promise<string | undefined> {
  const digest = hash("sha256", key, "buffer");
  const lookup = mode === "policies" ? { name: "auth", text: AUTHENTICATE } : { name: "key", text: KEY };
  const { rows: found } = await client.query<Key>({ ...lookup, values: [digest] });
  const org = found[0]?.org_id;
  if (org === undefined) return undefined;
  const opening =
    mode === "transaction" ? [client.query("begin"), client.query({ name: "bind", text: BIND, values: [org] })] : [];
  const [rows, counted] = await Promise.all([
    client.query<Row>({ name: "list", text: LIST, values: [org, null, null, null, 21, 0] }),
    client.query<{ total: number }>({ name: "count", text: COUNT, values: [org, null] }),
    ...opening,
  ]);
  if (mode === "transaction") await client.query("commit");
  const data = rows.rows.slice(0, 20);
  const last = data.at(-1);
  const next = last && Buffer.from(JSON.stringify(["brands", String(last.position), last.id])).toString("base64url");
  return JSON.stringify({ data, count: counted.rows[0]?.total, next_cursor: next ?? null });
}

const server = createServer(async (request, response) => {
  const client = await pool.connect();
  try {
    const text = await list(client, request.headers.authorization?.slice("Bearer ".length) ?? "");
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text ?? "") };
    response.writeHead(text === undefined ? 401 : 200, headers).end(text);
  } finally {
    client.release();
  }
});
server.listen(Number(process.env.PORT), "127.0.0.1");
process.once("SIGTERM", () => {
  server.close(() => void pool.end());
  server.closeAllConnections();
});
