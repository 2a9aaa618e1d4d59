import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runIn, treeOfTest } from "./tree.ts";

/** Runs vitest with our reporter on one test file and returns its exit code and its last line. */
async function lastLine(body: string, more: Record<string, string> = {}): Promise<{ code: number; last: string }> {
  const globalSetup = "setup.ts" in more ? '["./setup.ts"]' : "[]";
  const folder = await treeOfTest({
    "package.json": '{ "type": "module" }',
    "vitest.config.ts": `export default { test: {
      globalSetup: ${globalSetup}, include: ["*.test.ts"], reporters: ["default", "${root}test/setup/summary-reporter.ts"] } };`,
    "a.test.ts": `import { beforeAll, describe, test } from "vitest";\n${body}\n`,
    ...more,
  });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  const { code, stdout, stderr } = await runIn(folder, "node_modules/vitest/vitest.mjs", "run");
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  expect(stdout.endsWith(`\n${last}\n`), `${stdout}\n${stderr}`).toBe(true);
  return { code, last };
}

test("a run that passes ends with its counts", async () => {
  const body = 'test("one", () => {});\ntest("two", () => {});\ntest.skip("three", () => {});';
  expect(await lastLine(body)).toEqual({ code: 0, last: "2 passed, 0 failed, 1 skipped" });
});

test("a failing test, and a file that cannot be imported, count as failed", async () => {
  const body = 'test("one", () => {});\ntest("two", () => { throw new Error("no"); });';
  const broken = { "b.test.ts": 'import "./nowhere.ts";' };
  expect(await lastLine(body, broken)).toEqual({ code: 1, last: "1 passed, 2 failed" });
});

test("a hook that fails counts as failed, besides the tests it kept from running", async () => {
  const body = 'describe("d", () => { beforeAll(() => { throw new Error("no"); }); test("one", () => {}); });';
  expect(await lastLine(body)).toEqual({ code: 1, last: "0 passed, 1 failed, 1 skipped" });
});

test("an error that no test catches counts as failed", async () => {
  const body = 'test("one", () => { void Promise.reject(new Error("lost")); });';
  expect(await lastLine(body)).toEqual({ code: 1, last: "1 passed, 1 failed" });
});

test("a global setup that fails, and one that fails while closing, count as failed", async () => {
  const body = 'test("one", () => {});';
  const up = { "setup.ts": 'export default () => { throw new Error("no"); };' };
  expect(await lastLine(body, up)).toEqual({ code: 1, last: "0 passed, 1 failed" });
  const down = { "setup.ts": 'export default () => () => { throw new Error("no"); };' };
  expect(await lastLine(body, down)).toEqual({ code: 1, last: "1 passed, 1 failed" });
});

test("a run without a test counts as failed", async () => {
  expect(await lastLine("")).toEqual({ code: 1, last: "0 passed, 1 failed" });
});
