import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runIn, treeOfTest } from "./tree.ts";

const generate = `
import { readFileSync, writeFileSync, mkdirSync } from "node:fs";
mkdirSync("client/generated", { recursive: true });
const source = readFileSync("spec/source.txt", "utf8");
writeFileSync("spec/openapi.json", source);
writeFileSync("client/generated/types.ts", source);
writeFileSync("docs.md", readFileSync("docs.md", "utf8").replace(/table:.*/, "table: " + source.trim()));
`;
const inStep = {
  "package.json": '{ "type": "module" }',
  "scripts/generate.ts": generate,
  "spec/source.txt": "one\n",
  "spec/openapi.json": "one\n",
  "client/generated/types.ts": "one\n",
  "docs.md": "intro\ntable: one\n",
  "node_modules/left/out.txt": "",
};

test("generated files that are up to date pass", async () => {
  const folder = await treeOfTest(inStep);
  expect(await runIn(folder, "scripts/drift.ts")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a change of the contract without generate fails, names file, line and what to run, and leaves the tree alone", async () => {
  const folder = await treeOfTest({ ...inStep, "spec/source.txt": "two\n" });
  const { code, stderr } = await runIn(folder, "scripts/drift.ts");
  expect(code).toBe(1);
  for (const line of ["client/generated/types.ts:1", "docs.md:2", "spec/openapi.json:1", "  - one", "  + two"]) {
    expect(stderr).toContain(line);
  }
  expect(stderr).toContain("npm run generate");
  expect(await readFile(join(folder, "spec/openapi.json"), "utf8")).toBe("one\n");
  expect(await readFile(join(folder, "docs.md"), "utf8")).toBe("intro\ntable: one\n");
});

test("a generated file edited by hand fails", async () => {
  const folder = await treeOfTest(inStep);
  await writeFile(join(folder, "client/generated/types.ts"), "one, mended\n");
  const { code, stderr } = await runIn(folder, "scripts/drift.ts");
  expect(code).toBe(1);
  expect(stderr).toContain("  - one, mended\n  + one\n");
});

test("a generated file that is missing fails, and so does one that is generated no longer", async () => {
  const { "client/generated/types.ts": _, ...rest } = inStep;
  const folder = await treeOfTest({ ...rest, "client/generated/old.ts": "gone\n" });
  const { code, stderr } = await runIn(folder, "scripts/drift.ts");
  expect(code).toBe(1);
  expect(stderr).toContain("client/generated/types.ts is missing");
  expect(stderr).toContain("client/generated/old.ts is no longer generated: delete it");
});

test("a generate that fails is a failure, with what it said", async () => {
  const folder = await treeOfTest({ ...inStep, "scripts/generate.ts": 'throw new Error("no such schema");' });
  const { code, stderr } = await runIn(folder, "scripts/drift.ts");
  expect(code).toBe(1);
  expect(stderr).toContain("no such schema");
});
