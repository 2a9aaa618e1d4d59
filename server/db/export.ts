import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import type pg from "pg";
import { to as copyTo } from "pg-copy-streams";
import { errorCode } from "./embedded/errors.ts";
import { flushFolder } from "./embedded/paths.ts";
import { assertReadable, byDependency, type Catalog, readCatalog } from "./transfer/catalog.ts";
import { encode, type Frame, type Sequence } from "./transfer/container.ts";
import { fileUnusable, TransferError } from "./transfer/errors.ts";
import { inTransaction } from "./transfer/session.ts";

export type TransferProgress = {
  phase: "export" | "check" | "import";
  table: string;
  /** Tables done so far, of `tables`. */
  done: number;
  tables: number;
  /** Bytes of rows so far, before compression. */
  bytes: number;
};
export type TransferSummary = { tables: number; rows: number; bytes: number };

export type ExportOptions = {
  url: string;
  file: string;
  /** Replaces a file of this name; without it that is refused. */
  overwrite?: boolean;
  onProgress?: (progress: TransferProgress) => void;
  /** Ends the export; no file is left. */
  signal?: AbortSignal;
};

const REPORT_BYTES = 8 * 1024 * 1024;

/**
 * Writes every row of the schema `public`, as of one moment, to one compressed file of mode 0600. The database may be
 * in use meanwhile. The file appears only when whole; it holds secrets (password hashes, key hashes, sealed tokens).
 * Throws TransferError.
 */
export async function exportDatabase(options: ExportOptions): Promise<TransferSummary> {
  const { url, file, signal } = options;
  if (!options.overwrite && fs.existsSync(file)) {
    throw new TransferError("FILE_EXISTS", `${file} exists already. Name another file, or replace it with --force.`);
  }
  const partial = `${file}.${randomBytes(4).toString("hex")}.partial`;
  const summary: TransferSummary = { tables: 0, rows: 0, bytes: 0 };
  try {
    await inTransaction(url, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", signal, async (client) => {
      await writeTo(partial, options, encode(readDatabase(client, summary, options)));
    });
    fs.renameSync(partial, file);
    flushFolder(path.dirname(path.resolve(file)));
    return summary;
  } finally {
    fs.rmSync(partial, { force: true });
  }
}

async function writeTo(file: string, options: ExportOptions, bytes: AsyncIterable<Buffer>): Promise<void> {
  try {
    const handle = await fs.promises.open(file, "wx", 0o600);
    await pipeline(bytes, createGzip(), handle.createWriteStream({ flush: true }), { signal: options.signal });
  } catch (error) {
    const isOurs = error instanceof Error && ("path" in error || errorCode(error) === "ENOSPC");
    throw isOurs ? fileUnusable("written", options.file, error) : error;
  }
}

async function* readDatabase(
  client: pg.Client,
  summary: TransferSummary,
  { onProgress }: ExportOptions,
): AsyncGenerator<Frame> {
  const catalog = await readCatalog(client);
  assertReadable(catalog);
  const tables = byDependency(catalog);
  if (tables.length > 0)
    await client.query(`LOCK TABLE ${tables.map(({ sql }) => sql).join(", ")} IN ACCESS SHARE MODE`);
  yield { manifest: await makeManifest(client, catalog, tables) };
  for (const { name, sql, columns } of tables) {
    const report = () =>
      onProgress?.({ phase: "export", table: name, done: summary.tables, tables: tables.length, bytes: summary.bytes });
    report();
    yield { table: name };
    const names = columns.map((column) => column.name).join(", ");
    // A query, because COPY of a table by name leaves out the rows of its partitions.
    const copy = client.query(copyTo(`COPY (SELECT ${names} FROM ${sql}) TO STDOUT`));
    let nextReport = summary.bytes + REPORT_BYTES;
    for await (const chunk of copy) {
      summary.bytes += chunk.length;
      if (summary.bytes > nextReport) {
        nextReport += REPORT_BYTES;
        report();
      }
      yield chunk;
    }
    await client.query(""); // the count arrives after the data
    yield { rows: copy.rowCount };
    summary.rows += copy.rowCount;
    summary.tables += 1;
  }
  // Sequences know no snapshot: read after the rows, they are never behind them.
  yield { sequences: await readSequences(client, catalog.sequences) };
}

async function makeManifest(client: pg.Client, { migration }: Catalog, tables: Catalog["tables"]) {
  const { rows } = await client.query<{ created_at: string; postgres: string }>(
    "SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') AS created_at, current_setting('server_version') AS postgres",
  );
  const [{ created_at, postgres } = { created_at: "", postgres: "" }] = rows;
  return { created_at, postgres, migration, tables: tables.map(({ name, columns }) => ({ name, columns })) };
}

async function readSequences(client: pg.Client, names: string[]): Promise<Sequence[]> {
  const sequences: Sequence[] = [];
  for (const name of names) {
    const { rows } = await client.query<{ next: string }>(
      `SELECT (last_value + CASE WHEN is_called THEN seqincrement ELSE 0 END)::text AS next
       FROM ${name}, pg_catalog.pg_sequence WHERE seqrelid = $1::regclass`,
      [name],
    );
    for (const { next } of rows) sequences.push({ name, next });
  }
  return sequences;
}
