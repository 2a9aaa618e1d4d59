import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runIn, treeOfTest } from "../tooling/tree.ts";

/** The tables and migrations of the repository in a folder of their own, changed by `change`. */
async function copyWith(change: (folder: string) => Promise<void>): Promise<{ code: number; stderr: string }> {
  const folder = await treeOfTest({ "package.json": '{ "type": "module" }' });
  await mkdir(join(folder, "server"));
  await cp(join(root, "server/db"), join(folder, "server/db"), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await change(folder);
  return runIn(folder, "scripts/migrations-drift.ts");
}

const inSchema = (from: string, to: string) => async (folder: string) => {
  const file = join(folder, "server/db/schema.ts");
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
};

test("the migrations of the repository make the tables of its schema", async () => {
  expect(await copyWith(async () => {})).toMatchObject({ code: 0, stderr: "" });
});

test("a column, a constraint or a policy that only the schema has is told with its place and what to run", async () => {
  const column = await copyWith(inSchema("timezone: text().notNull(),", "timezone: text(),\n    colour: text(),"));
  expect(column.code).toBe(1);
  expect(column.stderr).toContain("tables.public.brands.columns.colour is in no migration");
  expect(column.stderr).toContain("columns.timezone.notNull is true in the migrations, false in the schema");
  expect(column.stderr).toContain("npx drizzle-kit generate");
  const constraint = await copyWith(inSchema('unique("brands_slug_key").on(t.org_id, t.slug),', ""));
  expect(constraint).toMatchObject({ code: 1 });
  expect(constraint.stderr).toContain("brands_slug_key is no longer in the schema");
  const policy = await copyWith(inSchema('    tenant("personas"),\n', ""));
  expect(policy).toMatchObject({ code: 1 });
  expect(policy.stderr).toContain("personas_tenant is no longer in the schema");
});

test("a migration that the journal does not name is told: it would never run", async () => {
  const { code, stderr } = await copyWith((folder) =>
    writeFile(join(folder, "server/db/migrations/9999_forgotten.sql"), "select 1;\n"),
  );
  expect(code).toBe(1);
  expect(stderr).toBe("9999_forgotten.sql is on the disk, but not in the journal\n");
});
