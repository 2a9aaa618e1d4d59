import { describe, expect, test } from "vitest";
import { CHECKS } from "./checks/all.ts";
import { homeOf, runWorkflow, workflows } from "./checks/workflows.ts";
import { attempt } from "./contract.ts";
import { JUDGES } from "./judges/all.ts";
import { findingText } from "./report.ts";
import { Run, type RunOptions } from "./run.ts";

type Options = Omit<RunOptions, "seed" | "maxSeconds"> &
  Partial<Pick<RunOptions, "seed" | "maxSeconds">> & {
    /** Milliseconds that one check of one operation may take: a limit's window is waited out. */
    readonly timeout?: number;
  };

/**
 * Registers vitest tests of an API, one an operation and check, and one a workflow, so that a failure names both; what
 * something is missing for is skipped with its reason. Whatever the judges find in a check's requests fails that check.
 */
export function contractTests({ timeout = 120_000, ...options }: Options): Run {
  const run = new Run({ seed: 1, maxSeconds: 3600, ...options }, JUDGES);
  for (const op of run.api.operations.filter((one) => options.only?.(one) ?? true)) {
    const checks = CHECKS.filter(
      (check) => check !== workflows && run.wants(check) && check.applies(op, run) !== false,
    );
    describe.runIf(checks.length > 0)(op.id, () => {
      for (const check of checks) {
        test(check.name, { timeout }, async (context) => {
          const [found, left] = [run.findings.length, run.notRun.length];
          await attempt(run, check, op);
          expect(run.findings.slice(found).map(findingText)).toEqual([]);
          const why = run.notRun[left]?.why;
          if (why !== undefined) context.skip(why);
        });
      }
    });
  }
  const promises = run.wants(workflows) ? run.workflows.filter((one) => homeOf(one, run)) : [];
  describe.runIf(promises.length > 0)(workflows.name, () => {
    for (const workflow of promises) {
      test(`${workflow.id}: ${workflow.summary}`, { timeout }, async (context) => {
        const found = run.findings.length;
        const why = await runWorkflow(workflow, run);
        expect(run.findings.slice(found).map(findingText)).toEqual([]);
        if (why !== undefined) context.skip(why);
      });
    }
  });
  return run;
}
