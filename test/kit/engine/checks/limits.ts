import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange, Principal } from "../types.ts";

/** Most requests that are spent on finding a limit. */
const MOST = 300;

/** A figure of a rate-limit header, by the end of its name. */
function figure({ headers }: Exchange, end: RegExp): number | undefined {
  const named = [...headers].find(([name]) => end.test(name));
  return named ? Number(named[1].split(/[;,]/)[0]) : undefined;
}
const limitOf = (exchange: Exchange) => figure(exchange, /ratelimit-limit$/i);
const remainingOf = (exchange: Exchange) => figure(exchange, /ratelimit-remaining$/i);

/** Whether both were counted in one window: by the moment in which it ends, or by when they were sent. */
function sameWindow(a: Exchange, b: Exchange): boolean {
  const [was, is] = [figure(a, /ratelimit-reset$/i), figure(b, /ratelimit-reset$/i)];
  if (was === undefined || is === undefined) return b.sentMs - a.answeredMs < 1000;
  // Seconds that are left go down as time goes by; a moment stays.
  return is <= was + 1;
}

const counted = (op: DocumentedOperation) => op.method === "GET" && op.security.length > 0 && op.responses.has(429);

type Caller = { readonly op: DocumentedOperation; readonly who: Principal };

/** Who uses a limit up, and by what: one operation stands for all that share the credential's limit. */
function spender(run: Run): Caller | undefined {
  const chosen = run.api.operations
    .filter((op) => counted(op) && (run.options.only?.(op) ?? true))
    .sort((a, b) => pathParams(a).length - pathParams(b).length);
  const calls = run.cast.limited.flatMap((who) =>
    chosen.filter((op) => run.cast.may(who, op)).map((op) => ({ op, who })),
  );
  return calls[0];
}

/**
 * Another credential of the same tenant whose limit may be used up, and what it may call without naming a resource. One of
 * the same kind where there is one: those are the likeliest to be counted together.
 */
function neighbour(run: Run, who: Principal): Caller | undefined {
  const others = run.cast.limited
    .filter((one) => one !== who && one.tenant === who.tenant)
    .sort((a, b) => Number(b.auth === who.auth) - Number(a.auth === who.auth));
  const plain = run.api.operations.filter((op) => counted(op) && pathParams(op).length === 0);
  return others.flatMap((one) => plain.filter((op) => run.cast.may(one, op)).map((op) => ({ op, who: one })))[0];
}

async function once(run: Run, { op, who }: Caller): Promise<Exchange> {
  const { draft } = await run.world.draft(op);
  return run.session.sendOnce(op, draft, who);
}

/** What has gone wrong for the neighbour between two requests of its own; its limit was not touched by anybody else. */
function touched(before: Exchange, after: Exchange): string | undefined {
  const left = remainingOf(before);
  if (before.status === 429 || left === undefined || left === 0 || !sameWindow(before, after)) return undefined;
  const now = remainingOf(after);
  if (after.status === 429) return "429";
  return now !== undefined && now < left - 1 ? `${now} remaining` : undefined;
}

export const rateLimitEnforced: Check = {
  name: "rate_limit_enforced",
  about: "A limit that answers announce goes down with each request, and holds when it is used up, for that credential",
  also: ["retry_after_holds"],
  applies(op, run) {
    if (!counted(op)) return false;
    const caller = spender(run);
    if (caller) return caller.op === op;
    const first = run.api.operations.find((one) => counted(one) && run.cast.owner(one) !== undefined);
    if (first !== op) return false;
    return run.cast.limited.length > 0
      ? "nobody named limited may call it"
      : "no principal named limited, whose limit may be used up";
  },
  async run(op, run) {
    const who = spender(run)?.who;
    if (!who) return;
    const other = neighbour(run, who);
    const theirs = other && (await once(run, other));
    const { draft } = await run.world.draft(op);
    const first = await run.session.sendOnce(op, draft, who);
    const limit = limitOf(first);
    if (limit === undefined || !Number.isFinite(limit)) {
      run.report("rate_limit_headers", op, { expected: "a limit in the headers", seen: "none" }, [first]);
      return;
    }
    if (limit > MOST) {
      run.notRun.push({ check: this.name, operation: op.id, why: `its limit is ${limit}, more than ${MOST}` });
      return;
    }
    let last = first;
    for (let n = 0; n <= limit && last.status !== 429; n++) {
      const next = await run.session.sendOnce(op, draft, who);
      const [was, is] = [remainingOf(last), remainingOf(next)];
      if (next.status !== 429 && was !== undefined && is !== undefined && is >= was && sameWindow(last, next)) {
        const expected = `fewer than ${was} remaining`;
        run.report("rate_limit_headers", op, { expected, seen: String(is) }, [last, next]);
      }
      if (next.status === 429 && was !== undefined && was > 0 && sameWindow(last, next)) {
        run.report("rate_limit_headers", op, { expected: `${was} more requests`, seen: "429" }, [last, next]);
      }
      last = next;
    }
    if (last.status !== 429) {
      run.report(this.name, op, { expected: `429 after ${limit} requests`, seen: String(last.status) }, [last]);
      return;
    }
    if (other && theirs) {
      const after = await once(run, other);
      const seen = touched(theirs, after);
      const expected = `${Number(remainingOf(theirs)) - 1} remaining for ${other.who.name}, whose credential is another`;
      if (seen) run.report(this.name, op, { expected, seen }, [theirs, last, after]);
    }
    const seconds = Number(last.headers.get("retry-after"));
    const at = last.answeredMs + seconds * 1000;
    if (!Number.isFinite(seconds) || at > run.clock.now() + 65_000) return;
    // Just before its time it is still refused; after it, no longer.
    const early = await run.session.sendOnce(op, draft, who);
    if (early.status !== 429 && early.answeredMs < at - 1500) {
      run.report("retry_after_holds", op, { expected: `429 for ${seconds} s`, seen: String(early.status) }, [
        last,
        early,
      ]);
    }
    await run.clock.sleep(Math.max(0, at - run.clock.now()) + 50);
    const late = await run.session.sendOnce(op, draft, who);
    if (late.status === 429) {
      run.report("retry_after_holds", op, { expected: "an answer after Retry-After", seen: "429" }, [last, late]);
    }
  },
};
