import { describe, expect, test } from "vitest";
import { CHECKS } from "./checks/all.ts";
import { findingText } from "./report.ts";
import { attempt, Run, type RunOptions } from "./run.ts";

type Options = Omit<RunOptions, "seed" | "maxSeconds"> & Partial<Pick<RunOptions, "seed" | "maxSeconds">>;

/**
 * Registers vitest tests of an API, one an operation and check, so that a failure names both; a check that something is
 * missing for is skipped with its reason. Whatever the judges find in a check's requests fails that check.
 */
export function contractTests(options: Options): Run {
  const run = new Run({ seed: 1, maxSeconds: 3600, ...options });
  for (const op of run.api.operations.filter((one) => options.only?.(one) ?? true)) {
    describe(op.id, () => {
      for (const check of CHECKS) {
        test(check.name, async (context) => {
          const [found, left] = [run.findings.length, run.notRun.length];
          await attempt(run, check, op);
          expect(run.findings.slice(found).map(findingText)).toEqual([]);
          const why = run.notRun[left]?.why;
          if (why !== undefined) context.skip(why);
        });
      }
    });
  }
  return run;
}
