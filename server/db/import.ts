import { pipeline } from "node:stream/promises";
import type pg from "pg";
import { from as copyFrom } from "pg-copy-streams";
import type { TransferProgress, TransferSummary } from "./export.ts";
import { assertOwned, type Catalog, listed, readCatalog } from "./transfer/catalog.ts";
import { decode, type Frame, type Manifest, type Sequence } from "./transfer/container.ts";
import { TransferError } from "./transfer/errors.ts";
import { assureEmpty, relax, restoreSequences } from "./transfer/load.ts";
import { inTransaction } from "./transfer/session.ts";

export type ImportOptions = {
  url: string;
  file: string;
  /** Deletes all rows of the schema `public` first; without it a database that has some is refused. */
  replace?: boolean;
  /** Makes the tables of a database that has no migration yet; called once the file is known to be whole. */
  migrate?: (url: string) => Promise<void>;
  onProgress?: (progress: TransferProgress) => void;
  /** Ends the import; the database stays as it was. */
  signal?: AbortSignal;
};

/**
 * Reads an export into a database at the same migration, in one transaction: all of it, or nothing. The file is read
 * to its end and checked before the database is touched. Throws TransferError.
 */
export async function importDatabase(options: ImportOptions): Promise<TransferSummary> {
  const { url, signal } = options;
  const manifest = await check(options);
  const { migration } = await inTransaction(url, "BEGIN READ ONLY", signal, readCatalog);
  if (migration === null) await options.migrate?.(url);
  const summary = await inTransaction(url, "BEGIN", signal, async (client) => {
    const catalog = await readCatalog(client);
    assertSameMigration(manifest, catalog);
    assertSameTables(manifest, catalog);
    assertOwned(catalog);
    const restore = await relax(
      client,
      catalog,
      manifest.tables.map(({ name }) => name),
    );
    await assureEmpty(client, catalog.tables, options.replace ?? false);
    const { sequences, ...loaded } = await load(client, catalog, options);
    await restore();
    await restoreSequences(client, catalog.sequences, sequences);
    return loaded;
  });
  // The planner knows nothing of the new rows before autovacuum comes by.
  await inTransaction(url, "BEGIN", signal, (client) => client.query("ANALYZE"));
  return summary;
}

async function check({ file, signal, onProgress }: ImportOptions): Promise<Manifest> {
  let manifest: Manifest | undefined;
  const progress = { phase: "check" as const, table: "", done: 0, tables: 0, bytes: 0 };
  for await (const frame of decode(file)) {
    signal?.throwIfAborted();
    if (Buffer.isBuffer(frame)) progress.bytes += frame.length;
    else if ("manifest" in frame) {
      manifest = frame.manifest;
      progress.tables = manifest.tables.length;
    } else if ("table" in frame) onProgress?.({ ...progress, table: frame.table });
    else if ("rows" in frame) progress.done += 1;
  }
  if (manifest) return manifest;
  throw new TransferError("FILE_DAMAGED", `${file} is not an export: it has no manifest.`);
}

async function load(client: pg.Client, catalog: Catalog, { file, onProgress }: ImportOptions) {
  const result: TransferSummary & { sequences: Sequence[] } = { tables: 0, rows: 0, bytes: 0, sequences: [] };
  const frames = decode(file);
  for await (const frame of frames) {
    if (Buffer.isBuffer(frame)) continue;
    if ("sequences" in frame) result.sequences = frame.sequences;
    if (!("table" in frame)) continue;
    const table = catalog.tables.find(({ name }) => name === frame.table);
    if (!table) continue; // assertSameTables() has seen that there is none
    onProgress?.({
      phase: "import",
      table: table.name,
      done: result.tables,
      tables: catalog.tables.length,
      bytes: result.bytes,
    });
    const names = table.columns.map((column) => column.name).join(", ");
    const copy = client.query(copyFrom(`COPY ${table.sql} (${names}) FROM STDIN`));
    let expected = -1;
    await pipeline(async function* () {
      for await (const piece of untilCount(frames)) {
        if (typeof piece === "number") expected = piece;
        else {
          result.bytes += piece.length;
          yield piece;
        }
      }
    }, copy);
    if (copy.rowCount !== expected) throw new Error(`${table.name}: ${copy.rowCount} rows arrived of ${expected}`);
    result.rows += copy.rowCount;
    result.tables += 1;
  }
  return result;
}

// Takes the data of one table off the frames, and its row count last, leaving the rest to the caller.
async function* untilCount(frames: AsyncGenerator<Frame>): AsyncGenerator<Buffer | number> {
  for (;;) {
    const { value, done } = await frames.next();
    if (done) return;
    if (Buffer.isBuffer(value)) yield value;
    else if ("rows" in value) {
      yield value.rows;
      return;
    }
  }
}

function assertSameMigration(manifest: Manifest, { migration }: Catalog): void {
  const [theirs, ours] = [manifest.migration, migration];
  if (theirs?.count === ours?.count && theirs?.last === ours?.last) return;
  const level = (m: typeof ours) => (m ? `migration ${m.count} (${m.last})` : "no migration at all");
  const advice =
    (theirs?.count ?? 0) < (ours?.count ?? 0)
      ? "Import it with the release of Reelmark that wrote it, into a new database; then start this release, which brings that database up to date."
      : "Start this release once, so that it brings the database up to date, stop it and try again; or install the release that wrote the file.";
  throw new TransferError(
    "MIGRATION_MISMATCH",
    `The file was written at ${level(theirs)}, and this database is at ${level(ours)}. ${advice}`,
  );
}

function assertSameTables(manifest: Manifest, { tables }: Catalog): void {
  const shape = ({ name, columns }: Manifest["tables"][number]) =>
    JSON.stringify([name, columns.map((column) => [column.name, column.type])]);
  const [theirs, ours] = [new Set(manifest.tables.map(shape)), new Set(tables.map(shape))];
  const different = [
    ...manifest.tables.filter((t) => !ours.has(shape(t))),
    ...tables.filter((t) => !theirs.has(shape(t))),
  ];
  if (different.length === 0) return;
  const names = [...new Set(different.map(({ name }) => name))].map((name) => ({ name }));
  throw new TransferError(
    "SCHEMA_MISMATCH",
    `The file and this database differ in the columns of ${listed(names)}, though not in their migrations: one of them was changed by hand. Import into a new database.`,
  );
}
