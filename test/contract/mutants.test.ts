import { describe, expect, test } from "vitest";
import { MUTANTS } from "../fixtures/notes/mutants/all.ts";
import { CHECKS } from "../kit/engine/checks/all.ts";
import { JUDGES } from "../kit/engine/judges/all.ts";
import { findingText } from "../kit/engine/report.ts";
import { controlRun, hunt } from "./hunt.ts";

/** Of all faults, or for every check the first that it must catch: the rest is `npm run contract:mutants`. */
const planted =
  process.env.MUTANTS === "all"
    ? MUTANTS
    : MUTANTS.filter(({ expected: [check] }, at) => MUTANTS.findIndex((one) => one.expected[0] === check) === at);

test("seed 1: the notes API without a fault has no finding", async () => {
  const { findings, stopped } = await controlRun(1);
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
  test.each(planted)("$name: $about", async (mutant) => {
    const { by, cases } = await hunt(mutant);
    expect(mutant.expected).toContain(by);
    // Issue 5: found in under 10 s, at 5,000 cases a second.
    expect(cases).toBeLessThan(50_000);
  });
});
