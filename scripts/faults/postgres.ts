import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";

export type SharedPostgres = { readonly server: string; readonly template: string; stop(): Promise<void> };

/** One PostgreSQL for all copies of the tree, with a migrated database that each may copy for itself. */
export async function sharedPostgres(): Promise<SharedPostgres> {
  const dataDir = mkdtempSync(join(tmpdir(), "faults-postgres-"));
  // The database server runs as another user when this runs as root, and must reach its folder.
  chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir, maxConnections: 200 });
  const stop = async () => {
    await postgres.stop();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await migrateDatabase(postgres.url);
    const server = new URL(postgres.url);
    const template = server.pathname.slice(1);
    // A database that somebody is connected to cannot be copied.
    server.pathname = "/postgres";
    return { server: server.href, template, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
