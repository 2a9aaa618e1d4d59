import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import LongestFirst from "./test/setup/longest-first.ts";

// What tests start by the hundred is compiled once.
process.env.NODE_COMPILE_CACHE ??= fileURLToPath(new URL("node_modules/.cache/node", import.meta.url));

/** One embedded PostgreSQL for the run. */
const globalSetup = fileURLToPath(new URL("test/setup/global.ts", import.meta.url));

export default defineConfig({
  test: {
    environment: "node",
    // Type tests (test/**/*.test-d.ts) are checked by `tsc`, which sees the whole tree anyway.
    include: ["test/**/*.test.ts"],
    ...(existsSync(globalSetup) ? { globalSetup } : {}),
    // Forks: a server under test may change its process (signals, exit), and a thread cannot be killed cleanly.
    pool: "forks",
    // More than cores: many tests wait, for a timeout, a retry or a process that starts.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // Long enough for a machine that does other things too: what hangs, hangs longer than this.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    reporters: ["default", "./test/setup/summary-reporter.ts"],
  },
});
