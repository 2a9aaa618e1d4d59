import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { TOGETHER } from "./test/setup/groups.ts";
import LongestFirst from "./test/setup/longest-first.ts";

// What tests start by the hundred is compiled once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/node", import.meta.url));

/** One embedded PostgreSQL for the run. */
const globalSetup = fileURLToPath(new URL("test/setup/global.ts", import.meta.url));

const common = {
  environment: "node",
  // Forks: a server under test may change its process (signals, exit), and a thread cannot be killed cleanly.
  pool: "forks",
  // More than cores: many tests wait, for a timeout, a retry or a process that starts.
  maxWorkers: 3,
  // Long enough for a machine that does other things too: what hangs, hangs longer than this.
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    ...common,
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
    sequence: { sequencer: LongestFirst },
    teardownTimeout: 10_000,
    reporters: ["default", "./test/setup/summary-reporter.ts"],
    projects: [
      // Type tests (test/**/*.test-d.ts) are checked by `tsc`, which sees the whole tree anyway.
      { test: { ...common, name: "alone", include: ["test/**/*.test.ts"], exclude: TOGETHER } },
      // To import the server takes longer than most files' tests: these do it once in each process.
      { test: { ...common, name: "together", include: TOGETHER, isolate: false } },
    ],
  },
});
