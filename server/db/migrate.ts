import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { grantQueues, installQueues } from "../jobs/install.ts";
import { StartError } from "../kit/start-error.ts";

/** The role that the server's connections take (migration 0001). */
export const APP_ROLE = "reelmark_app";

const folder = fileURLToPath(new URL("./migrations", import.meta.url));
/** One number for all servers on a database: whoever holds it migrates, the others wait. */
const LOCK = 7_313_001;
const CONNECT_MS = 10_000;

/**
 * Brings a database to this version's tables, under an advisory lock, so that any number of servers may start at once.
 * Throws StartError when the database cannot be reached, or its user may not do it.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    application_name: "reelmark-migrate",
    connectionTimeoutMillis: CONNECT_MS,
  });
  // A connection that breaks fails the statement in flight; without a listener it would end the process too.
  client.on("error", () => {});
  await client.connect().catch((error: unknown) => {
    throw unreachable(url, error);
  });
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    // First, because a function of ours reads the queue's tables.
    await installQueues(client);
    if (await isBehind(client)) await applyMigrations(client);
    await grantQueues(client);
  } catch (error) {
    throw explained(error);
  } finally {
    // Ending the connection frees the lock, also when the query for it failed.
    await client.end();
  }
}

type Journal = { readonly entries: readonly { readonly when: number }[] };

/** Whether a migration is missing, as Drizzle decides it: the last that was applied is older than the last of the journal. */
async function isBehind(client: pg.Client): Promise<boolean> {
  const text = await readFile(`${folder}/meta/_journal.json`, "utf8");
  const { entries } = JSON.parse(text) as Journal; // written by drizzle-kit, and part of this program
  const { rows } = await client.query<{ made: boolean }>(
    "select to_regclass('drizzle.__drizzle_migrations') is not null as made",
  );
  if (!rows[0]?.made) return true;
  const last = await client.query<{ at: string | null }>(
    "select max(created_at) as at from drizzle.__drizzle_migrations",
  );
  return Number(last.rows[0]?.at ?? 0) < Math.max(...entries.map(({ when }) => when));
}

/** Drizzle is only loaded where there is something to do: that takes half a second of a start, and most have nothing. */
async function applyMigrations(client: pg.Client): Promise<void> {
  const { drizzle } = await import("drizzle-orm/node-postgres");
  const { migrate } = await import("drizzle-orm/node-postgres/migrator");
  await migrate(drizzle({ client }), { migrationsFolder: folder });
}

function explained(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = (cause ?? {}) as { code?: string; message?: string };
  if (code === "42501") {
    const grant = 'ALTER ROLE … CREATEROLE; GRANT SET ON PARAMETER "app.maintenance" TO …; ALTER DATABASE … OWNER TO …';
    const what = `The user of DATABASE_URL may not set the database up (${message})`;
    return new StartError(`${what}. Let a superuser grant it once: ${grant}.`, { cause });
  }
  return new Error(`The database could not be brought to this version: ${message ?? String(error)}`, { cause });
}

/** Why a connection failed and what to do; the connection string holds a password, so only its place is named. */
function unreachable(url: string, error: unknown): Error {
  const { hostname, port, searchParams, username, pathname } = new URL(url);
  const place = `${searchParams.get("host") ?? hostname}:${port || "5432"}`;
  const { code, message } = (error ?? {}) as { code?: string; message?: string };
  const sentence = (text: string) => new StartError(text, { cause: error });
  if (code === "28P01" || code === "28000") {
    const user = decodeURIComponent(username);
    return sentence(`PostgreSQL at ${place} does not let "${user}" in: correct user and password in DATABASE_URL`);
  }
  if (code === "3D000") {
    const name = decodeURIComponent(pathname.slice(1));
    return sentence(`PostgreSQL at ${place} has no database "${name}": create it, or correct DATABASE_URL`);
  }
  const why = code ?? message ?? String(error);
  return sentence(`PostgreSQL at ${place} cannot be reached (${why}): start it, or correct DATABASE_URL`);
}
