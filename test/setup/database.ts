import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { inject } from "vitest";

/** A migrated, empty database that every test file's own is copied from. */
export const TEMPLATE = "reelmark_template";

/** The connection string of another database on the same server. */
export function onDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}

async function withAdmin<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Creates a database, empty or as a copy, and returns its connection string. */
export async function createDatabase(url: string, name: string, template?: string): Promise<string> {
  await withAdmin(url, (client) =>
    client.query(`create database "${name}"${template ? ` template "${template}"` : ""}`),
  );
  return onDatabase(url, name);
}

export type TestDatabase = { readonly url: string; drop(): Promise<void> };

/** A database of the caller's own: migrated for Reelmark, or empty. */
export const freshDatabase = (options: { empty?: boolean } = {}): Promise<TestDatabase> =>
  databaseOn(inject("postgresUrl"), options.empty ? undefined : TEMPLATE);

/** How often it is looked whether connections that were closed are gone, with 20 ms between. */
const LOOKS = 100;

/**
 * Waits, two seconds at most, until nobody is connected to a database. A pool that has ended may still be saying goodbye,
 * and a connection that is cut off meanwhile is an error that nobody listens to any more.
 */
async function closed(client: pg.Client, name: string): Promise<void> {
  for (let looks = 0; looks < LOOKS; looks++) {
    const { rowCount } = await client.query("select from pg_stat_activity where datname = $1 limit 1", [name]);
    if (rowCount === 0) return;
    await sleep(20);
  }
}

/** A database of the caller's own on any server, empty or as a copy. `admin` connects to another database of it. */
export async function databaseOn(admin: string, template?: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = await createDatabase(admin, name, template);
  return {
    url,
    drop: () =>
      withAdmin(admin, async (client) => {
        await closed(client, name);
        await client.query(`drop database "${name}" with (force)`);
      }),
  };
}
