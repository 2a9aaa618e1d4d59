import { writeSync } from "node:fs";
import type { Reporter, SerializedError, TestModule } from "vitest/node";

type Counts = { passed: number; failed: number; skipped: number };

/** Counts a module's tests, and each error of a suite's or the file's own (a broken import, a failed hook) as a failure. */
function count(modules: readonly TestModule[], unhandled: readonly SerializedError[]): Counts {
  const counts: Counts = { passed: 0, failed: unhandled.length, skipped: 0 };
  for (const module of modules) {
    const before = counts.failed;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === "passed" || state === "failed" || state === "skipped") counts[state]++;
      else counts.failed++; // still pending at the end: it was cut off
    }
    for (const suite of module.children.allSuites()) counts.failed += suite.errors().length;
    counts.failed += module.errors().length;
    if (!module.ok() && counts.failed === before) counts.failed++;
  }
  return counts;
}

/**
 * Ends a run with one plain line, `N passed, N failed` (and `, N skipped`), from the runner's own counts.
 *
 * It is written when the process exits, so that nothing vitest says while closing comes after it. A run that exits
 * non-zero without a counted failure (global setup, teardown, no test found) counts as one failure.
 */
export default class SummaryReporter implements Reporter {
  #counts: Counts = { passed: 0, failed: 0, skipped: 0 };

  onInit(): void {
    process.once("exit", (code) => {
      const { passed, skipped } = this.#counts;
      const failed = this.#counts.failed || (code === 0 ? 0 : 1);
      writeSync(1, `\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}\n`);
    });
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    this.#counts = count(modules, unhandled);
  }
}
