import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { QUEUES } from "../../server/jobs/queues.ts";
import { FOLDER_PREFIX, removeLeftovers } from "./leftovers.ts";

/** What is thrown away need not survive a power cut. */
const FAST = ["fsync", "synchronous_commit", "full_page_writes"];

/**
 * The clock of a database. Made before the tables, so that every default, function and statement that says now() means
 * this one; the real one has another name. `moved` is read anew by each statement.
 */
const CLOCK = `
  create schema sandbox;
  create table sandbox.clock (moved interval not null);
  insert into sandbox.clock values ('0');
  grant usage on schema sandbox to public;
  grant select on sandbox.clock to public;
  alter function pg_catalog.now() rename to machine_now;
  alter function pg_catalog.clock_timestamp() rename to machine_clock_timestamp;
  create function pg_catalog.now() returns timestamptz language sql stable parallel safe set search_path = ''
    as 'select pg_catalog.machine_now() + moved from sandbox.clock';
  create function pg_catalog.clock_timestamp() returns timestamptz language sql volatile parallel safe set search_path = ''
    as 'select pg_catalog.machine_clock_timestamp() + moved from sandbox.clock'`;

const MOVE = "update sandbox.clock set moved = $1::float8 * interval '1 millisecond'";
// A job in work has not worked for a day because the clock was moved by one: its worker is alive.
const KEEP_ALIVE = `
  update pgboss.job set started_on = started_on + $1::float8 * interval '1 millisecond',
         heartbeat_on = heartbeat_on + $1::float8 * interval '1 millisecond'
   where state = 'active'`;
const DUE = `
  select count(*)::int as due from pgboss.job
   where name = any($1) and (state = 'active' or (state in ('created', 'retry') and start_after <= now()))`;

const OTHERS = "select from pg_stat_activity where backend_type = 'client backend' and datname <> current_database()";
/** How often it is looked whether connections are gone, and the pause between, in milliseconds: a second in all. */
const LOOKS = 50;
const LOOK_MS = 20;

export type Cluster = {
  /** The throw-away folder of everything. */
  readonly folder: string;
  /** Makes an empty, migrated database with a clock of its own. */
  create(name: string): Promise<Database>;
  /** Makes a copy of a database that nobody is connected to. */
  copy(from: string, name: string): Promise<Database>;
  drop(name: string): Promise<void>;
  /** Stops PostgreSQL and removes the folder. */
  remove(): Promise<void>;
};

export type Database = {
  readonly name: string;
  readonly url: string;
  /** Runs one statement as the owner, past row level security. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Puts its clock so many milliseconds ahead of the machine's; `stepMs` is how much of it is new. */
  setAhead(ms: number, stepMs: number): Promise<void>;
  /** How many jobs are due or in work. */
  due(): Promise<number>;
  close(): Promise<void>;
};

function openDatabase(serverUrl: string, name: string): Database {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const pool = new pg.Pool({ connectionString: url.href, max: 2, options: "-c app.maintenance=on -c timezone=UTC" });
  // An idle connection that ends with its server is nobody's error.
  pool.on("error", () => {});
  return {
    name,
    url: url.href,
    async query<Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) {
      return (await pool.query<Row>(sql, [...values])).rows;
    },
    async setAhead(ms, stepMs) {
      await pool.query(MOVE, [ms]);
      if (stepMs > 0) await pool.query(KEEP_ALIVE, [stepMs]);
    },
    async due() {
      const { rows } = await pool.query<{ due: number }>(DUE, [Object.keys(QUEUES)]);
      return rows[0]?.due ?? 0;
    },
    close: () => pool.end(),
  };
}

/** Starts a PostgreSQL of its own in a new temporary folder, and removes those that killed sandboxes left. `onExit` hears when it ends by itself. */
export async function startCluster(onExit: (message: string) => void): Promise<Cluster> {
  await removeLeftovers();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), FOLDER_PREFIX));
  // PostgreSQL runs as another user when we are root, and must reach its folder.
  fs.chmodSync(folder, 0o755);
  const removeFolder = () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: folder, onExit: ({ message }) => onExit(message) });
    const admin = new pg.Pool({ connectionString: postgres.url, max: 2 });
    admin.on("error", () => {});
    for (const setting of FAST) await admin.query(`alter system set ${setting} = off`);
    await admin.query("select pg_reload_conf()");
    return {
      folder,
      async create(name) {
        await admin.query(`create database "${name}"`);
        const database = openDatabase(postgres.url, name);
        await database.query(CLOCK);
        await migrateDatabase(database.url);
        return database;
      },
      async copy(from, name) {
        await admin.query(`create database "${name}" template "${from}"`);
        return openDatabase(postgres.url, name);
      },
      async drop(name) {
        // PostgreSQL waits five seconds for connections that are just ending; whoever is there then is cut off.
        await admin
          .query(`drop database if exists "${name}"`)
          .catch(() => admin.query(`drop database if exists "${name}" with (force)`));
      },
      async remove() {
        // Connections that were closed may still be saying goodbye; cut off meanwhile, they would be reported as errors.
        for (let looks = 0; looks < LOOKS; looks++) {
          // It may have ended by itself.
          const { rowCount } = await admin.query(OTHERS).catch(() => ({ rowCount: 0 }));
          if (rowCount === 0) break;
          await sleep(LOOK_MS);
        }
        await admin.end();
        await postgres.stop();
        removeFolder();
      },
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}
