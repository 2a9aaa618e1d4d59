import type pg from "pg";
import { type Catalog, type ForeignKey, listed, type Table } from "./catalog.ts";
import type { Sequence } from "./container.ts";
import { TransferError } from "./errors.ts";

const ENABLE = { O: "ENABLE TRIGGER", A: "ENABLE ALWAYS TRIGGER", R: "ENABLE REPLICA TRIGGER" };

/**
 * Makes the tables take rows as they come: locked, without triggers (their effects are rows of the export already),
 * without forced row level security (COPY FROM refuses it), and without foreign keys that point forward in `order`.
 * Resolves with the way back. All of it is DDL of the open transaction: a rollback undoes it too.
 */
export async function relax(client: pg.Client, catalog: Catalog, order: string[]): Promise<() => Promise<void>> {
  const { tables, triggers, foreignKeys } = catalog;
  const sqlOf = new Map(tables.map(({ name, sql }) => [name, sql]));
  const forced = catalog.bypassesSecurity ? [] : tables.filter((table) => table.forced);
  const forward = foreignKeys.filter((key) => order.indexOf(key.references) > order.indexOf(key.table));
  const run = (statements: string[]) => client.query(statements.join(";\n"));

  const constraint = (key: ForeignKey) => `ALTER TABLE ${sqlOf.get(key.table)} ALTER CONSTRAINT ${key.sql}`;
  await run([
    ...(tables.length > 0 ? [`LOCK TABLE ${tables.map(({ sql }) => sql).join(", ")} IN ACCESS EXCLUSIVE MODE`] : []),
    ...forced.map(({ sql }) => `ALTER TABLE ${sql} NO FORCE ROW LEVEL SECURITY`),
    ...triggers.map(({ table, sql }) => `ALTER TABLE ${sqlOf.get(table)} DISABLE TRIGGER ${sql}`),
    ...forward.map((key) => `${constraint(key)} DEFERRABLE INITIALLY DEFERRED`),
  ]);
  return async () => {
    await run([
      "SET CONSTRAINTS ALL IMMEDIATE", // checks what was put off; DDL is refused before
      ...forward.map((key) => `${constraint(key)} ${deferral(key)}`),
      ...triggers.map(({ table, sql, enabled }) => `ALTER TABLE ${sqlOf.get(table)} ${ENABLE[enabled]} ${sql}`),
      ...forced.map(({ sql }) => `ALTER TABLE ${sql} FORCE ROW LEVEL SECURITY`),
    ]);
  };
}

/** Empties all tables when `replace`; otherwise throws NOT_EMPTY when one has rows. */
export async function assureEmpty(client: pg.Client, tables: Table[], replace: boolean): Promise<void> {
  if (tables.length === 0) return;
  if (replace) {
    await client.query(`TRUNCATE TABLE ${tables.map(({ sql }) => sql).join(", ")}`);
    return;
  }
  const full: Table[] = [];
  for (const table of tables) {
    const { rows } = await client.query<{ full: boolean }>(`SELECT EXISTS (SELECT FROM ${table.sql}) AS full`);
    if (rows[0]?.full) full.push(table);
  }
  if (full.length === 0) return;
  throw new TransferError(
    "NOT_EMPTY",
    `The database has rows already (in ${listed(full)}). Import into a new one, or replace all that it holds with --replace.`,
  );
}

/** Sets the sequences that both the file and this database have. Transactional, which setval() is not. */
export async function restoreSequences(client: pg.Client, known: string[], sequences: Sequence[]): Promise<void> {
  for (const { name, next } of sequences) {
    if (known.includes(name)) await client.query(`ALTER SEQUENCE ${name} RESTART WITH ${BigInt(next)}`);
  }
}

function deferral({ deferrable, deferred }: ForeignKey): string {
  if (!deferrable) return "NOT DEFERRABLE";
  return deferred ? "DEFERRABLE INITIALLY DEFERRED" : "DEFERRABLE INITIALLY IMMEDIATE";
}
