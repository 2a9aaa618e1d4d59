import { randomBytes } from "node:crypto";
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

/** A database of the caller's own on any server, empty or as a copy. `admin` connects to another database of it. */
export async function databaseOn(admin: string, template?: string): Promise<TestDatabase> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const url = await createDatabase(admin, name, template);
  return {
    url,
    drop: () => withAdmin(admin, async (client) => void (await client.query(`drop database "${name}" with (force)`))),
  };
}
