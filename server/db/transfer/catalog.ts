import type pg from "pg";
import { TransferError } from "./errors.ts";

export type Table = {
  name: string;
  /** Schema and name, quoted for SQL. */
  sql: string;
  /** Stored columns, quoted for SQL; generated ones are left out. */
  columns: { name: string; type: string }[];
  secured: boolean;
  forced: boolean;
  owned: boolean;
  /** Not forced, or forced with a policy that lets this role pass for maintenance. */
  passable: boolean;
};
export type ForeignKey = { sql: string; table: string; references: string; deferrable: boolean; deferred: boolean };
export type Trigger = { sql: string; table: string; enabled: "O" | "A" | "R" };
export type Migration = { count: number; last: string };
export type Catalog = {
  tables: Table[];
  foreignKeys: ForeignKey[];
  triggers: Trigger[];
  /** Names quoted for SQL. */
  sequences: string[];
  migration: Migration | null;
  /** Row level security does not apply to this role at all. */
  bypassesSecurity: boolean;
};

const IN_PUBLIC = `c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
  SELECT FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')`;
const TABLE = `c.relkind IN ('r', 'p') AND NOT c.relispartition AND ${IN_PUBLIC}`;
const QUALIFIED = "quote_ident('public') || '.' || quote_ident(c.relname)";

const TABLES = `SELECT c.relname AS name, ${QUALIFIED} AS sql, c.relrowsecurity AS secured,
    c.relrowsecurity AND c.relforcerowsecurity AS forced, pg_has_role(c.relowner, 'USAGE') AS owned,
    NOT (c.relrowsecurity AND c.relforcerowsecurity) OR EXISTS (SELECT FROM pg_catalog.pg_policy p
      WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
        AND pg_get_expr(p.polqual, p.polrelid) LIKE '%app.maintenance%'
        AND (p.polroles = '{0}' OR EXISTS (SELECT FROM unnest(p.polroles) r WHERE pg_has_role(r, 'USAGE')))) AS passable,
    (SELECT coalesce(json_agg(json_build_object('name', quote_ident(a.attname),
       'type', format_type(a.atttypid, a.atttypmod)) ORDER BY a.attnum), '[]')
     FROM pg_catalog.pg_attribute a
     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
  FROM pg_catalog.pg_class c WHERE ${TABLE} ORDER BY c.relname COLLATE "C"`;

const FOREIGN_KEYS = `SELECT quote_ident(k.conname) AS sql, c.relname AS table, r.relname AS references,
    k.condeferrable AS deferrable, k.condeferred AS deferred
  FROM pg_catalog.pg_constraint k JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
  JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
  WHERE k.contype = 'f' AND k.conparentid = 0 AND ${TABLE} ORDER BY k.conname COLLATE "C"`;

const TRIGGERS = `SELECT quote_ident(t.tgname) AS sql, c.relname AS table, t.tgenabled AS enabled
  FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
  WHERE NOT t.tgisinternal AND t.tgparentid = 0 AND t.tgenabled <> 'D' AND ${TABLE}
  ORDER BY t.tgname COLLATE "C"`;

const SEQUENCES = `SELECT ${QUALIFIED} AS sql FROM pg_catalog.pg_class c
  WHERE c.relkind = 'S' AND ${IN_PUBLIC} ORDER BY c.relname COLLATE "C"`;

const ROLE = "SELECT rolsuper OR rolbypassrls AS bypasses FROM pg_catalog.pg_roles WHERE rolname = current_user";

/** Reads what an export or import must know of the schema `public` and of the migrations that made it. */
export async function readCatalog(client: pg.Client): Promise<Catalog> {
  const { rows: tables } = await client.query<Table>(TABLES);
  const { rows: foreignKeys } = await client.query<ForeignKey>(FOREIGN_KEYS);
  const { rows: triggers } = await client.query<Trigger>(TRIGGERS);
  const { rows: sequences } = await client.query<{ sql: string }>(SEQUENCES);
  const { rows: roles } = await client.query<{ bypasses: boolean }>(ROLE);
  return {
    tables,
    foreignKeys,
    triggers,
    sequences: sequences.map(({ sql }) => sql),
    migration: await readMigration(client),
    bypassesSecurity: roles[0]?.bypasses ?? false,
  };
}

/** Throws NOT_OWNER where row level security would hide rows from this role: an export that lacks them looks whole. */
export function assertReadable({ tables, bypassesSecurity }: Catalog): void {
  if (bypassesSecurity) return;
  refuseUnlessNone(tables.filter(({ secured, owned, passable }) => secured && !(owned && passable)));
}

/** Throws NOT_OWNER when this role may not prepare every table for an import. */
export function assertOwned({ tables }: Catalog): void {
  refuseUnlessNone(tables.filter(({ owned }) => !owned));
}

/** The tables, each after those that its foreign keys refer to; in a circle, alphabetically. */
export function byDependency({ tables, foreignKeys }: Pick<Catalog, "tables" | "foreignKeys">): Table[] {
  const ordered: Table[] = [];
  const waiting = [...tables];
  while (waiting.length > 0) {
    const isWaitedFor = (key: ForeignKey) =>
      key.references !== key.table && waiting.some((t) => t.name === key.references);
    const isFree = (table: Table) => !foreignKeys.some((key) => key.table === table.name && isWaitedFor(key));
    const next = Math.max(0, waiting.findIndex(isFree));
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}

/** `a, b, c and 4 more tables`, for a message. */
export function listed(tables: { name: string }[]): string {
  const names = tables.slice(0, 3).map(({ name }) => name);
  return tables.length > 3 ? `${names.join(", ")} and ${tables.length - 3} more tables` : names.join(", ");
}

function refuseUnlessNone(tables: Table[]): void {
  if (tables.length === 0) return;
  throw new TransferError(
    "NOT_OWNER",
    `This database role does not own ${listed(tables)}, or row level security holds it there, so rows would be missing. Use the role that runs the migrations in DATABASE_URL.`,
  );
}

async function readMigration(client: pg.Client): Promise<Migration | null> {
  const known = await client.query<{ known: boolean }>(
    "SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS known",
  );
  if (!known.rows[0]?.known) return null;
  // `created_at` is the migration's own time in the journal, the same on every database.
  const { rows } = await client.query<Migration>(
    "SELECT count(*)::int AS count, coalesce(max(created_at), 0)::text AS last FROM drizzle.__drizzle_migrations",
  );
  return rows[0] ?? null;
}
