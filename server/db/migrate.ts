import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

/** The role that the server's connections take (migration 0001). */
export const APP_ROLE = "reelmark_app";

const folder = fileURLToPath(new URL("./migrations", import.meta.url));
/** One number for all servers on a database: whoever holds it migrates, the others wait. */
const LOCK = 7_313_001;

/**
 * Brings a database to this version's tables, under an advisory lock, so that any number of servers may start at once.
 * Throws with a sentence on what to grant when the user of `url` may not do it.
 */
export async function migrateDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, application_name: "reelmark-migrate" });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await migrate(drizzle({ client }), { migrationsFolder: folder });
  } catch (error) {
    throw explained(error);
  } finally {
    // Ending the connection frees the lock, also when the query for it failed.
    await client.end();
  }
}

function explained(error: unknown): Error {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code, message } = (cause ?? {}) as { code?: string; message?: string };
  if (code === "42501") {
    const grant = "ALTER ROLE … CREATEROLE, and ownership of the database";
    return new Error(`The user of DATABASE_URL may not set the database up (${message}). Grant it once: ${grant}.`, {
      cause,
    });
  }
  return new Error(`The database could not be brought to this version: ${message ?? String(error)}`, { cause });
}
