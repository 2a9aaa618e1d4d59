/** Fails when server/db/schema*.ts and the migrations beside it differ. Needs no database and writes nothing. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { generateDrizzleJson } from "drizzle-kit/api";

const folder = join(process.cwd(), "server/db/migrations");
/** Every snapshot has a name of its own and its predecessor's: neither is of the tables. */
const NAMES = new Set(["id", "prevId"]);

type Journal = { entries: { idx: number; tag: string }[] };
const readJson = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(folder, file), "utf8"));
const snapshotOf = (idx: number) => `meta/${String(idx).padStart(4, "0")}_snapshot.json`;

/** The paths in which two JSON values differ, whatever the order of their keys; each says what stands on either side. */
function differences(path: string, migrated: unknown, wanted: unknown): string[] {
  if (isRecord(migrated) && isRecord(wanted)) {
    const keys = [...new Set([...Object.keys(migrated), ...Object.keys(wanted)])].sort();
    return keys.flatMap((key) => differences(path === "" ? key : `${path}.${key}`, migrated[key], wanted[key]));
  }
  const [old, fresh] = [JSON.stringify(migrated), JSON.stringify(wanted)];
  if (old === fresh) return [];
  if (old === undefined) return [`${path} is in no migration`];
  if (fresh === undefined) return [`${path} is no longer in the schema`];
  return isRecord(migrated) ? [`${path} has changed`] : [`${path} is ${old} in the migrations, ${fresh} in the schema`];
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Drizzle's journal decides which files are run: one that it does not name is dead, one that is missing stops a start. */
async function journalProblems({ entries }: Journal): Promise<string[]> {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".sql"));
  const named = entries.map(({ tag }) => `${tag}.sql`);
  return [
    ...named.filter((name) => !files.includes(name)).map((name) => `${name} is in the journal, but not on the disk`),
    ...files.filter((name) => !named.includes(name)).map((name) => `${name} is on the disk, but not in the journal`),
  ];
}

// drizzle-kit writes the journal; what is read of it here is what its own migrator reads.
const journal = (await readJson("meta/_journal.json")) as Journal;
const last = journal.entries.at(-1);
const tables = join(process.cwd(), "server/db");
const parts = await Promise.all(
  (await readdir(tables))
    .filter((name) => /^schema.*\.ts$/.test(name))
    .map((name) => import(pathToFileURL(join(tables, name)).href)),
);
const schema: Record<string, unknown> = Object.assign({}, ...parts);
// Through JSON, as a snapshot has been: a field that is undefined is not there.
const wanted: unknown = JSON.parse(JSON.stringify(generateDrizzleJson(schema)));
const migrated: unknown = last ? await readJson(snapshotOf(last.idx)) : {};
const drift = differences("", migrated, wanted).filter((line) => !NAMES.has(line.split(" ")[0] ?? ""));
const broken = await journalProblems(journal);
if (drift.length > 0) {
  console.error(
    `${drift.join("\n")}\n\nThe tables have changed. Write the migration: npx drizzle-kit generate --name <what>`,
  );
}
if (broken.length > 0) console.error(broken.join("\n"));
if (drift.length + broken.length > 0) process.exitCode = 1;
