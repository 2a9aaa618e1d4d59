import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { exportDatabase } from "../../server/db/export.ts";
import { importDatabase } from "../../server/db/import.ts";

// A small foreign schema: every awkward type, a circle of foreign keys, a key to itself, a trigger that would change
// rows on the way in, and row level security that is forced on its owner too.
const SCHEMA = `
  CREATE SCHEMA drizzle;
  CREATE TABLE drizzle.__drizzle_migrations (id serial PRIMARY KEY, hash text NOT NULL, created_at bigint);
  INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('aa', 1700000000000), ('bb', 1700000001000);
  CREATE TYPE mood AS ENUM ('calm', 'keen');
  CREATE TABLE zoo (id bigint GENERATED ALWAYS AS IDENTITY, org text NOT NULL, name text, PRIMARY KEY (org, id));
  CREATE TABLE animal (
    id serial PRIMARY KEY, org text NOT NULL, zoo bigint NOT NULL, parent int REFERENCES animal, favourite int,
    doc jsonb, raw bytea, seen timestamptz, tags text[], mood mood, weight double precision, price numeric(30, 10),
    "Odd ""name" text, twice double precision GENERATED ALWAYS AS (weight * 2) STORED,
    FOREIGN KEY (org, zoo) REFERENCES zoo (org, id));
  CREATE TABLE keeper (id int PRIMARY KEY, animal int NOT NULL REFERENCES animal, name text);
  ALTER TABLE animal ADD CONSTRAINT animal_favourite FOREIGN KEY (favourite) REFERENCES keeper;
  CREATE TABLE empty (id int PRIMARY KEY);
  CREATE FUNCTION shout() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := upper(NEW.name); RETURN NEW; END $$;
  ALTER TABLE zoo ENABLE ROW LEVEL SECURITY;
  ALTER TABLE zoo FORCE ROW LEVEL SECURITY;
  CREATE POLICY tenant ON zoo USING (org = current_setting('app.org_id', true));
  CREATE POLICY maintenance ON zoo TO CURRENT_USER USING (current_setting('app.maintenance', true) = 'on');
`;
const ROWS = `
  SELECT set_config('app.maintenance', 'on', false);
  INSERT INTO zoo (org, name) VALUES ('org_a', 'tab	and \\ and \\N'), ('org_b', E'line\nline\r\n\\\\.'), ('org_b', NULL), ('org_b', '');
  INSERT INTO animal (org, zoo, parent, doc, raw, seen, tags, mood, weight, price, "Odd ""name") VALUES
    ('org_a', 1, 2, '{"a": [1, null, "ü\\n"]}', '\\x00ff0a5c', '2026-02-03 04:05:06.789+09', '{a,"b,c",NULL}', 'keen', 0.1, 123456789012345678.0123456789, 'x'),
    ('org_b', 2, NULL, 'null', '', 'infinity', '{}', 'calm', 'NaN', NULL, '😀'),
    ('org_b', 3, 1, NULL, NULL, NULL, NULL, NULL, '-Infinity', 0, NULL);
  INSERT INTO keeper SELECT n, 1 + n % 3, 'keeper ' || n FROM generate_series(1, 20000) n;
  UPDATE animal SET favourite = id;
  DELETE FROM keeper WHERE id = 20000;
  CREATE TRIGGER shout BEFORE INSERT ON zoo FOR EACH ROW EXECUTE FUNCTION shout();
`;
const TABLES = ["animal", "empty", "keeper", "zoo"];

let postgres: EmbeddedPostgres;
let folder: string;
let file: string;
let count = 0;

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "export-test-"));
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, "data") });
  await run(postgres.url, "CREATE ROLE owner LOGIN PASSWORD 'owner'; CREATE ROLE stranger LOGIN PASSWORD 'stranger'");
});
afterAll(async () => {
  await postgres?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => {
  file = path.join(folder, `backup-${++count}.gz`);
});

/** A new database owned by an ordinary role, which row level security holds; rows only where asked for. */
async function makeDatabase(rows = ""): Promise<string> {
  const name = `test_${++count}`;
  await run(postgres.url, `CREATE DATABASE ${name} OWNER owner`);
  const url = as("owner", name);
  await run(url, SCHEMA + rows);
  return url;
}

function as(role: string, database: string): string {
  const url = new URL(postgres.url);
  if (role !== "postgres") [url.username, url.password] = [role, role];
  url.pathname = `/${database}`;
  return url.href;
}

const superuser = (url: string) => as("postgres", new URL(url).pathname.slice(1));

async function run<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** Every row of every table as text, whoever may see it. */
async function contents(url: string): Promise<Record<string, string[]>> {
  const rowsOf = async (table: string) => {
    const rows = await run<{ row: string }>(superuser(url), `SELECT t::text AS row FROM ${table} t ORDER BY id`);
    return [table, rows.map(({ row }) => row)];
  };
  return Object.fromEntries(await Promise.all(TABLES.map(rowsOf)));
}

/** What an import must leave as it found it: triggers, security, foreign keys. */
async function guards(url: string) {
  return await run(
    superuser(url),
    `SELECT relname AS table, relforcerowsecurity::text AS state FROM pg_class WHERE relname = 'zoo'
     UNION ALL SELECT tgname, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
     UNION ALL SELECT conname, condeferrable::text FROM pg_constraint WHERE contype = 'f' ORDER BY 1`,
  );
}

describe("an export and its import", () => {
  test("carry every row, of every type, past forced row level security, circles and triggers", async () => {
    const source = await makeDatabase(ROWS);
    const exported = await exportDatabase({ url: source, file });
    expect(exported).toMatchObject({ tables: 4, rows: 4 + 3 + 19_999 });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);

    const target = await makeDatabase(
      "CREATE TRIGGER shout BEFORE INSERT ON zoo FOR EACH ROW EXECUTE FUNCTION shout();",
    );
    const before = await guards(target);
    expect(await importDatabase({ url: target, file })).toEqual(exported);
    expect(await contents(target)).toEqual(await contents(source));
    expect(await guards(target)).toEqual(before);
  });

  test("carry the next value of every sequence", async () => {
    const source = await makeDatabase(ROWS);
    await exportDatabase({ url: source, file });
    const target = await makeDatabase();
    await importDatabase({ url: target, file });
    const insert = "SELECT set_config('app.maintenance', 'on', false); INSERT INTO zoo (org) VALUES ('org_a')";
    await run(target, insert);
    expect(await run(superuser(target), "SELECT max(id) AS id FROM zoo")).toEqual([{ id: "5" }]);
    expect(await run(target, "SELECT nextval('animal_id_seq') AS id")).toEqual([{ id: "4" }]);
  });

  test("are of one moment, while other sessions write", async () => {
    const source = await makeDatabase(ROWS);
    const writer = new pg.Client({ connectionString: superuser(source) });
    await writer.connect();
    let writing = true;
    const writes = (async () => {
      for (let id = 100; writing; id++) {
        await writer.query(`WITH a AS (INSERT INTO animal (id, org, zoo) VALUES (${id}, 'org_a', 1) RETURNING id)
          INSERT INTO keeper (id, animal) SELECT -id, id FROM a`);
      }
    })();
    await exportDatabase({ url: source, file });
    writing = false;
    await writes;
    await writer.end();
    const target = await makeDatabase();
    await importDatabase({ url: target, file });
    const [pairs] = await run(
      superuser(target),
      "SELECT (SELECT count(*) FROM animal) - 3 AS animals, count(*) AS keepers FROM keeper WHERE id < 0",
    );
    expect(pairs?.animals).toBe(pairs?.keepers);
  });

  test("leave no file when the export is ended, and an existing file as it was", async () => {
    const source = await makeDatabase(ROWS);
    const controller = new AbortController();
    const onProgress = ({ table }: { table: string }) => table === "keeper" && controller.abort();
    await expect(exportDatabase({ url: source, file, onProgress, signal: controller.signal })).rejects.toThrow("abort");
    expect(fs.readdirSync(folder).filter((name) => name.startsWith(path.basename(file)))).toEqual([]);
    fs.writeFileSync(file, "mine");
    await expect(exportDatabase({ url: source, file })).rejects.toMatchObject({ code: "FILE_EXISTS" });
    expect(fs.readFileSync(file, "utf8")).toBe("mine");
  });

  test("refuse a role that would see only some of the rows", async () => {
    const source = await makeDatabase(ROWS);
    const name = new URL(source).pathname.slice(1);
    await run(source, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO stranger");
    await expect(exportDatabase({ url: as("stranger", name), file })).rejects.toMatchObject({ code: "NOT_OWNER" });
    await run(source, "DROP POLICY maintenance ON zoo");
    await expect(exportDatabase({ url: source, file })).rejects.toMatchObject({ code: "NOT_OWNER" });
    await expect(exportDatabase({ url: superuser(source), file })).resolves.toMatchObject({ tables: 4 });
  });
});

describe("an import", () => {
  test("refuses a file that is cut off or changed anywhere, before it writes a row", async () => {
    await exportDatabase({ url: await makeDatabase(ROWS), file });
    const whole = fs.readFileSync(file);
    const target = await makeDatabase();
    const cuts = Array.from({ length: 12 }, (_, n) => whole.subarray(0, Math.floor((whole.length * n) / 12)));
    const changed = [20, Math.floor(whole.length / 2), whole.length - 3].map((at) => {
      const copy = Buffer.from(whole);
      copy.writeUInt8(copy.readUInt8(at) ^ 0x10, at);
      return copy;
    });
    // The same done to the contents and compressed anew, which gzip's own checksum cannot see.
    const plain = gunzipSync(whole);
    const other = Buffer.from(plain.toString("latin1").replace("keeper 77\n", "keeper 78\n"), "latin1");
    const packed = [plain.subarray(0, -37), Buffer.concat([plain, Buffer.from("more")]), other].map((b) => gzipSync(b));
    for (const bytes of [...cuts, whole.subarray(0, -1), ...changed, ...packed, Buffer.from("no export")]) {
      fs.writeFileSync(file, bytes);
      await expect(importDatabase({ url: target, file })).rejects.toMatchObject({ code: "FILE_DAMAGED" });
    }
    expect(await contents(target)).toEqual({ animal: [], empty: [], keeper: [], zoo: [] });
  });

  test("refuses a database that has rows, also rows that only row level security hides, unless told to replace", async () => {
    const source = await makeDatabase(ROWS);
    await exportDatabase({ url: source, file });
    const target = await makeDatabase(ROWS.split(";").slice(0, 2).join(";"));
    const before = await contents(target);
    await expect(importDatabase({ url: target, file })).rejects.toThrow(/has rows already \(in zoo\).*--replace/);
    expect(await contents(target)).toEqual(before);
    await importDatabase({ url: target, file, replace: true });
    expect(await contents(target)).toEqual(await contents(source));
  });

  test("refuses a database at another migration, saying what to do, and makes the tables of a new one", async () => {
    const source = await makeDatabase(ROWS);
    await exportDatabase({ url: source, file });
    const ahead = await makeDatabase();
    await run(ahead, "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('cc', 1700000002000)");
    await expect(importDatabase({ url: ahead, file })).rejects.toThrow(
      /at migration 2 .* at migration 3 .*release of Reelmark that wrote it/,
    );
    const name = `test_${++count}`;
    await run(postgres.url, `CREATE DATABASE ${name} OWNER owner`);
    const url = as("owner", name);
    await expect(importDatabase({ url, file })).rejects.toMatchObject({ code: "MIGRATION_MISMATCH" });
    await importDatabase({ url, file, migrate: async (fresh) => void (await run(fresh, SCHEMA)) });
    expect(await contents(url)).toEqual(await contents(source));
  });

  test("refuses other columns at the same migration, and a database that is in use", async () => {
    await exportDatabase({ url: await makeDatabase(ROWS), file });
    const target = await makeDatabase();
    await run(target, "ALTER TABLE keeper ALTER COLUMN name TYPE varchar(9)");
    await expect(importDatabase({ url: target, file })).rejects.toMatchObject({ code: "SCHEMA_MISMATCH" });
    await run(target, "ALTER TABLE keeper ALTER COLUMN name TYPE text");
    const busy = new pg.Client({ connectionString: target });
    await busy.connect();
    await busy.query("BEGIN; SELECT FROM keeper");
    await expect(importDatabase({ url: target, file })).rejects.toMatchObject({ code: "DATABASE_BUSY" });
    await busy.end();
  });

  test("that ends in the middle leaves the database as it was", async () => {
    await exportDatabase({ url: await makeDatabase(ROWS), file });
    const target = await makeDatabase(ROWS);
    const before = [await contents(target), await guards(target)];
    const controller = new AbortController();
    const onProgress = ({ phase, done }: { phase: string; done: number }) =>
      phase === "import" && done === 2 && controller.abort();
    const ended = importDatabase({ url: target, file, replace: true, onProgress, signal: controller.signal });
    await expect(ended).rejects.toThrow("abort");
    expect([await contents(target), await guards(target)]).toEqual(before);
  });
});
