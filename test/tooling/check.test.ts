import { expect, test } from "vitest";
import { runIn, treeOfTest } from "./tree.ts";

/** A repository whose parts say and return what the test wants. */
const parts = (reasons: string, drift: string) => ({
  "package.json": '{ "type": "module" }',
  "scripts/dependency-reasons.ts": reasons,
  "scripts/drift.ts": drift,
});

test("passes with a line a part and nothing else of what passing parts say", async () => {
  const folder = await treeOfTest(parts('console.log("chatter");', 'console.log("chatter");'));
  const { code, stdout } = await runIn(folder, "scripts/check.ts", "--only", "reasons,drift");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ok {3}reasons +\d+\.\d s/m);
  expect(stdout).toMatch(/^ok {3}drift +\d+\.\d s/m);
  expect(stdout).toContain("check passed");
  expect(stdout).not.toContain("chatter");
});

test("fails with all that a failing part said, in full, and without colour codes in a pipe", async () => {
  const saying = 'console.log("on stdout"); console.error("on stderr"); process.exitCode = 3;';
  const folder = await treeOfTest(parts(saying, ""));
  const { code, stdout } = await runIn(folder, "scripts/check.ts", "--only", "reasons,drift");
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL reasons/m);
  expect(stdout).toContain("on stdout\n");
  expect(stdout).toContain("on stderr\n");
  expect(stdout).toMatch(/check failed in .*: reasons\n$/);
  expect(stdout).not.toContain("\u001b[");
});

test("a part killed by a signal fails", async () => {
  const folder = await treeOfTest(parts('process.kill(process.pid, "SIGKILL");', ""));
  const { code } = await runIn(folder, "scripts/check.ts", "--only", "reasons");
  expect(code).toBe(1);
});

test("refuses a part that it does not have, and names those that it has", async () => {
  const folder = await treeOfTest(parts("", ""));
  const { code, stderr } = await runIn(folder, "scripts/check.ts", "--only", "reasons,typo");
  expect(code).toBe(2);
  expect(stderr).toContain("No such part: typo. Choose from ");
});
