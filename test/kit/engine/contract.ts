import { authOf, pathParams } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { Unmakeable } from "../generate/source.ts";
import { CHECKS } from "./checks/all.ts";
import { JUDGES } from "./judges/all.ts";
import type { Kind } from "./kinds.ts";
import { type Check, Run, type RunOptions } from "./run.ts";
import { CredentialEnded, LimitUsedUp, Stopped } from "./session.ts";
import type { Tally } from "./tally.ts";
import type { Finding, NotRun } from "./types.ts";
import { Unmade } from "./world.ts";

/** What a run has seen. */
export type Outcome = {
  readonly findings: readonly Finding[];
  readonly notRun: readonly NotRun[];
  readonly tally: Tally;
  readonly requests: number;
  readonly seconds: number;
  readonly stopped: string | undefined;
  readonly kinds: readonly Kind[];
};

/** Runs every check on every operation. What the server does wrong is in the findings; only a run's own faults are thrown. */
export async function runContract(options: RunOptions): Promise<Outcome> {
  const started = Date.now();
  const run = new Run(options, JUDGES);
  const operations = run.api.operations.filter((op) => options.only?.(op) ?? true);
  const checks = CHECKS.filter((check) => run.wants(check));
  let done = 0;
  let stopped: string | undefined;
  try {
    for (const some of turns(run, operations)) {
      for (const check of checks) {
        for (const op of some) {
          options.onProgress?.(done++, checks.length * operations.length, `${check.name} ${op.id}`);
          await attempt(run, check, op);
        }
      }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    stopped = error.message;
  }
  return {
    findings: run.findings,
    notRun: run.notRun,
    tally: run.tally,
    requests: run.session.count,
    seconds: (Date.now() - started) / 1000,
    stopped,
    kinds: run.kinds,
  };
}

/** Names of operations that end what they are called with. */
const ENDING = /log-?_?out|sign-?_?out|log-?_?off|leave/i;

/** Whether an operation may end its caller's credential: by its name, or because it deletes what nobody has made here. */
function mayEnd({ world }: Run, op: DocumentedOperation): boolean {
  const kind = world.kindOf(op);
  return ENDING.test(op.id) || (op.method === "DELETE" && (pathParams(op).length === 0 || kind?.creates.length === 0));
}

/** Where nobody can be had anew, what may end a credential comes after all else: whose it is could call nothing more. */
function turns(run: Run, operations: readonly DocumentedOperation[]): (readonly DocumentedOperation[])[] {
  if (run.options.renew) return [operations];
  const [last, first] = [operations.filter((op) => mayEnd(run, op)), operations.filter((op) => !mayEnd(run, op))];
  return [first, last].filter((some) => some.length > 0);
}

/** Runs one check on one operation; what is missing for it is noted, not thrown. */
export async function attempt(run: Run, check: Check, op: DocumentedOperation): Promise<void> {
  const skip = (why: string) => void run.notRun.push({ check: check.name, operation: op.id, why });
  run.current = op;
  for (let tries = 1; ; tries++) {
    // Where new ones can be had, it must be seen when one has ended: each is tried before anything can end it.
    if (run.options.renew) for (const who of run.cast.all) await run.session.meet(who);
    const auth = authOf(op);
    if (auth !== "public" && !run.cast.owner(op)) return skip(`no principal may call it (${auth})`);
    const applies = check.applies(op, run);
    if (typeof applies === "string") return skip(applies);
    if (!applies) return;
    try {
      await check.run(op, run);
      run.tally.ran(check.name, op.id);
      return;
    } catch (error) {
      // A tenant may be full of what earlier checks have made, or have less than it had.
      const full = error instanceof Unmade && (error.exchange?.status ?? 500) < 500 && run.options.renew && tries === 1;
      if (error instanceof LimitUsedUp || error instanceof Unmakeable) return skip(error.message);
      if (error instanceof Unmade && !full) return unmade(run, error, skip);
      if (!full && !(error instanceof CredentialEnded)) throw error;
      await run.replace(error instanceof CredentialEnded ? error.who : undefined);
      // Once more with a new one; when that ends too, it is this operation that ends it.
      if (tries === 2) return skip(`it ends what it is called with: ${error instanceof Error ? error.message : error}`);
    }
  }
}

/** How servers say that there may be no more: payment, a plan, a conflict with what is there, a quota. */
const FULL = new Set([402, 403, 409, 429]);

function unmade(run: Run, error: Unmade, skip: (why: string) => void): void {
  const { exchange } = error;
  // What was taken before, and is not any more, is refused for what there is already: a tenant may be full.
  const isFull = exchange?.op && FULL.has(exchange.status) && run.tally.went(exchange.op);
  if (exchange && !isFull) {
    const seen = `${exchange.status} ${exchange.text.slice(0, 200)}`;
    run.report("rejects_valid", exchange.op, { expected: "the document's own example is taken", seen }, [exchange]);
  }
  skip(error.message);
}
