import type { Check } from "../run.ts";
import type { Exchange } from "../types.ts";

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

export const rateLimitEnforced: Check = {
  name: "rate_limit_enforced",
  about: "A limit that answers announce goes down with each request, and holds when it is used up",
  also: ["retry_after_holds"],
  applies(op, run) {
    if (op.method !== "GET" || op.security.length === 0 || !op.responses.has(429)) return false;
    // One operation stands for all that share the credential's limit; it is spent only where a principal is kept for it.
    if (
      run.api.operations.find(
        (one) => one.method === "GET" && run.cast.owner(one) !== undefined && one.security.length > 0,
      ) !== op
    )
      return false;
    return run.cast.all.some(({ name }) => name === "limited")
      ? true
      : "no principal named limited, whose limit may be used up";
  },
  async run(op, run) {
    const who = run.cast.all.find(({ name }) => name === "limited");
    if (!who) return;
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
