import { expect, test } from "vitest";
import { runIn, treeOfTest } from "./tree.ts";

const manifests = {
  "package.json": '{ "dependencies": { "one": "1" }, "optionalDependencies": { "two": "1" } }',
  "client/package.json": '{ "dependencies": { "@scope/three": "1" } }',
  "client/cli/package.json": '{ "devDependencies": { "five": "1" } }',
};
const guide = (...rows: string[]) => ({
  "CONTRIBUTING.md": `# Contributing\n\n## Dependencies\n\n| package | why |\n|---|---|\n${rows.join("\n")}\n`,
});

test("passes when every dependency has a row with a reason", async () => {
  const folder = await treeOfTest({
    ...manifests,
    ...guide("| `one`, `two` | needed |", "| `@scope/three`, `five` | too |"),
  });
  expect(await runIn(folder, "scripts/dependency-reasons.ts")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("names a dependency without a row, one without a reason, and a row without a dependency", async () => {
  const folder = await treeOfTest({ ...manifests, ...guide("| `one` | |", "| `two`, `four` | needed |") });
  const { code, stderr } = await runIn(folder, "scripts/dependency-reasons.ts");
  expect(code).toBe(1);
  expect(stderr).toContain("one has no reason");
  expect(stderr).toContain("@scope/three has no reason");
  expect(stderr).toContain("five has no reason");
  expect(stderr).toContain("four is no dependency");
  expect(stderr).not.toContain("two");
});
