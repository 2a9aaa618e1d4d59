import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const faults = (...args: string[]) =>
  spawnSync(process.execPath, ["scripts/faults.ts", ...args], { encoding: "utf8", timeout: 20_000 });

test("every planted fault still finds the source that it changes", () => {
  const { status, stdout, stderr } = faults("--check");
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^All \d+ faults and \d+ source edits can be planted$/m);
  expect(status).toBe(0);
});

test("an unknown name lists the faults and exits 2", () => {
  const { status, stderr } = faults("no such fault");
  expect(stderr).toContain("the scope check is dropped");
  expect(status).toBe(2);
});
