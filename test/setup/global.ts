import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { createDatabase, TEMPLATE } from "./database.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Connection string of the superuser on the run's one PostgreSQL. */
    postgresUrl: string;
  }
}

/**
 * Spares this PostgreSQL the disk: no test takes the power from it. Those that kill a database server, or look at what it
 * keeps through a crash, start one of their own.
 */
async function forgetCrashes(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const setting of ["fsync", "full_page_writes"]) await client.query(`alter system set ${setting} = off`);
  await client.query("alter system set checkpoint_timeout = '1h'");
  await client.query("alter system set max_wal_size = '4GB'");
  await client.query("select pg_reload_conf()");
  await client.end();
}

/** One real PostgreSQL for the whole run, with a migrated template that each test file copies. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-test-"));
  // The server runs as another user when the tests run as root, and must reach its folder.
  fs.chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, maxConnections: 300 });
  await forgetCrashes(postgres.url);
  await migrateDatabase(await createDatabase(postgres.url, TEMPLATE));
  project.provide("postgresUrl", postgres.url);
  return async () => {
    await postgres.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  };
}
