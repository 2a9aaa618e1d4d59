import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import type { Statement } from "./db.ts";
import { Db, statement } from "./db.ts";

const { TIMESTAMPTZ, INT8 } = pg.types.builtins;

/** `2026-01-15 09:30:00.5+00` to RFC 3339 with milliseconds, without a Date in between. The session is in UTC. */
function rfc3339(text: string): string {
  const fraction = text.slice(19, -3);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}${fraction === "" ? ".000" : fraction.padEnd(4, "0")}Z`;
}

/** How columns are read: times as RFC 3339 text, int8 (counts) as numbers; the rest as pg does. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: "text" | "binary") => {
    if (oid === TIMESTAMPTZ) return rfc3339;
    if (oid === INT8) return Number;
    return format === "binary" ? pg.types.getTypeParser(oid, format) : pg.types.getTypeParser(oid, "text");
  },
};

export type PoolOptions = {
  readonly url: string;
  /** How the connections call themselves in pg_stat_activity. */
  readonly name: string;
  /** Role that every connection takes: it owns nothing, so row level security holds it. */
  readonly role?: string;
  readonly max: number;
  /** How long a statement may run, in milliseconds. */
  readonly statementTimeoutMs?: number;
  readonly onError: (error: Error) => void;
};

/** How long PostgreSQL may take to end the connections of a pool that is closed, in milliseconds. */
const GOODBYE_MS = 1000;

/**
 * A pool of pipelining connections, in UTC, under a role that owns nothing, with bounds on every wait. Its `end` resolves
 * when the connections have ended.
 */
export function openPool(options: PoolOptions): pg.Pool {
  const timeoutMs = options.statementTimeoutMs ?? 5000;
  const settings = [
    options.role ? `-c role=${options.role}` : "",
    "-c timezone=UTC",
    "-c datestyle=ISO",
    `-c statement_timeout=${timeoutMs}`,
    "-c lock_timeout=4000",
    "-c idle_in_transaction_session_timeout=30000",
  ];
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.max,
    connectionTimeoutMillis: 3000,
    // PostgreSQL ends a slow statement itself; this is for the one that does not answer at all.
    query_timeout: timeoutMs + 500,
    idleTimeoutMillis: 30_000,
    options: settings.join(" ").trim(),
    application_name: options.name,
    types,
    // Statements sent together share a round trip: BEGIN with the tenant's binding, a page with its count.
    pipeline: true,
  } as pg.PoolConfig);
  // Without a listener an idle connection that the server closes would end the process.
  pool.on("error", options.onError);
  // So would one that breaks while it is in use, when the pool does not listen: whoever uses it hears of it by its query.
  pool.on("connect", (client) => void client.on("error", () => {}));
  // `end` of pg only says goodbye: a PostgreSQL that is stopped then breaks connections, and that looks like a failure.
  const open = new Map<pg.PoolClient, Promise<unknown>>();
  pool.on("connect", (client) => {
    const ended = once(client, "end").finally(() => open.delete(client));
    // Not waited for until the pool ends; a client that breaks says so to whoever uses it.
    ended.catch(() => {});
    open.set(client, ended);
  });
  const sayGoodbye = pool.end.bind(pool);
  return Object.assign(pool, {
    async end() {
      await sayGoodbye();
      await Promise.race([Promise.allSettled(open.values()), pause(GOODBYE_MS, undefined, { ref: false })]);
    },
  });
}

const BIND_LOCAL = statement("kit.bind-local", "select set_config('app.org_id', $1, true)");
const BIND_SESSION = statement("kit.bind-session", "select set_config('app.org_id', $1, false)");

const bind = (client: pg.PoolClient, query: Statement, organization: string) =>
  client.query({ name: query.name, text: query.text, values: [organization] });

/** Runs `work` on a connection bound to an organization, outside any transaction. */
export async function withRead<T>(pool: pg.Pool, organization: string, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await bind(client, BIND_SESSION, organization);
    return await work(new Db(client));
  } catch (error) {
    if (error instanceof Error && isUnavailable(error)) broken = error;
    throw error;
  } finally {
    client.release(broken);
  }
}

/** Runs `work` in one transaction bound to an organization: commits when it returns, rolls back when it throws. */
export async function withTransaction<T>(
  pool: pg.Pool,
  organization: string,
  work: (db: Db) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await Promise.all([client.query("begin"), bind(client, BIND_LOCAL, organization)]);
    const result = await work(new Db(client));
    const { command } = await client.query("commit");
    // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK and no error: a caught SQL error must not pass
    // for success.
    if (command !== "COMMIT") throw new Error("Nothing was committed: a statement failed, and its error was caught");
    return result;
  } catch (error) {
    if (error instanceof Error && isUnavailable(error)) broken = error;
    // A connection that cannot even roll back is thrown away, and its transaction with it.
    else {
      await client.query("rollback").catch((failed: Error) => {
        broken = failed;
      });
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

const UNAVAILABLE = /^(08|53|57P0|57014$|55P03$|55000$|3D000$|40P01$|25006$)/;
const NETWORK = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ENOENT", "ETIMEDOUT", "EHOSTUNREACH", "ENOTFOUND"]);

/** pg's own errors have no code. */
const BROKEN =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|connection error|not queryable|Cannot use a pool after/i;

/** Whether an error means that the database cannot be reached or is out of time: the caller may try again. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === "string") return UNAVAILABLE.test(code) || NETWORK.has(code);
  return BROKEN.test(error.message);
}
