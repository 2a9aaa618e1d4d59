import { describe, expect, test } from "vitest";
import { MUTANTS } from "../fixtures/notes/mutants/all.ts";
import { CHECKS } from "../kit/engine/checks/all.ts";
import { JUDGES } from "../kit/engine/judges/all.ts";
import { findingText } from "../kit/engine/report.ts";
import { controlRun, hunt } from "./hunt.ts";

test.each([1, 2, 3])("seed %i: the notes API without a fault has no finding", async (seed) => {
  const { findings, stopped } = await controlRun(seed);
  expect(findings.map(findingText)).toEqual([]);
  expect(stopped).toBeUndefined();
});

test("every check and judge has a fault that it must catch", () => {
  const names = [...JUDGES.map(({ name }) => name), ...CHECKS.flatMap(({ name, also = [] }) => [name, ...also])];
  const aimedAt = new Set(MUTANTS.flatMap(({ expected }) => expected));
  expect(names.filter((name) => !aimedAt.has(name))).toEqual([]);
});

test("every fault has a name of its own", () => {
  expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
});

describe("a fault is found", () => {
  test.each(MUTANTS)("$name: $about", async (mutant) => {
    const { by, cases } = await hunt(mutant);
    expect(mutant.expected).toContain(by);
    // Issue 5: found in under 10 s, at 5,000 cases a second.
    expect(cases).toBeLessThan(50_000);
  });
});
