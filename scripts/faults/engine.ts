import { fork } from "node:child_process";
import { join } from "node:path";

/** What a run of the contract engine in a copy is told. */
export type Job = {
  /** Connects to a database of the PostgreSQL server on which the run makes its own. */
  readonly server: string;
  /** The migrated database to copy; without it the run migrates an empty one. */
  readonly template?: string;
  /** Operations to look at, by id or tag; all when empty. */
  readonly only: readonly string[];
  readonly seed: number;
  readonly maxSeconds: number;
};

/** As the engine says it, and after how many seconds of the run. */
export type Finding = {
  readonly check: string;
  readonly operation: string;
  readonly expected: string;
  readonly seen: string;
  readonly curl: string;
  readonly seconds: number;
};

export type EngineRun = {
  readonly findings: readonly Finding[];
  readonly requests: number;
  readonly seconds: number;
  /** Why the engine ended before it was through. */
  readonly stopped?: string;
  /** What it said instead of running; undefined when it ran. */
  readonly broken?: string;
};

/** Starting, migrating, closing; and the longest pause of the engine between two looks at its clock. */
const GRACE_SECONDS = 60;

/**
 * Runs the engine in a copy of the tree, in a process of its own, until `enough` says so of a finding, the time of the
 * job is over or `signal` ends it. Never throws: what went wrong is in `broken`.
 */
export function runEngine(
  copy: string,
  job: Job,
  signal: AbortSignal,
  enough: (finding: Finding) => boolean,
): Promise<EngineRun> {
  return new Promise((resolve) => {
    const started = performance.now();
    const findings: Finding[] = [];
    let end: Pick<EngineRun, "requests" | "seconds" | "stopped"> | undefined;
    let said = "";
    const child = fork(join(copy, "test/contract/planted.ts"), [JSON.stringify(job)], {
      cwd: copy,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (text) => (said += text));
    // It closes its server and drops its database itself; only one that hangs is killed.
    const stop = () => child.connected && child.send("stop");
    const limit = setTimeout(() => child.kill("SIGKILL"), (job.maxSeconds + GRACE_SECONDS) * 1000);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    child.on("message", (message) => {
      // The process is ours, and its text says that it tells nothing else.
      const told = message as { finding?: Finding; end?: typeof end };
      if (told.end) end = told.end;
      if (!told.finding) return;
      findings.push(told.finding);
      if (enough(told.finding)) stop();
    });
    child.on("error", (error) => (said += error.message));
    child.on("close", (code, killed) => {
      clearTimeout(limit);
      signal.removeEventListener("abort", stop);
      const seconds = (performance.now() - started) / 1000;
      const why = `It ended with ${killed ?? `exit code ${code}`} after ${seconds.toFixed(0)} s\n${said}`;
      resolve({ findings, ...(end ?? { requests: 0, seconds, broken: why }) });
    });
  });
}
