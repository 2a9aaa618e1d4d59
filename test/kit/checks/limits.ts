import { expect } from "vitest";
import { byToken } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { withQuery } from "../draft.ts";
import { refused } from "../expecting.ts";
import type { Life } from "../life.ts";
import type { Suite } from "../servers.ts";
import type { Tenant } from "../target.ts";

const FEW = 3;
const MANY = 1000;
const WINDOW_SECONDS = 60;

/** Sends the same request until it is refused; the headers must count down to it exactly. */
async function exhaust<T extends Tenant>(life: Life<T>, op: DocumentedOperation, limit: number): Promise<void> {
  const principal = await life.principal(op);
  // Counted, then refused for its query: whatever the operation does is not done.
  const isClosed = op.extensions["x-closed-query"] !== false;
  const draft = isClosed ? withQuery(life.plain(op), "no_such_parameter", "1") : life.plain(op);
  let reset: string | null = null;
  for (let left = limit - 1; left >= 0; left--) {
    const response = await life.send(draft, principal);
    expect(response.status, await response.text()).not.toBe(429);
    expect(response.headers.get("x-ratelimit-limit")).toBe(String(limit));
    expect(response.headers.get("x-ratelimit-remaining")).toBe(String(left));
    reset ??= response.headers.get("x-ratelimit-reset");
  }
  const response = await life.send(draft, principal);
  const wait = Number(response.headers.get("retry-after"));
  expect(wait).toBeGreaterThanOrEqual(1);
  expect(wait).toBeLessThanOrEqual(WINDOW_SECONDS);
  expect(response.headers.get("x-ratelimit-remaining")).toBe("0");
  expect(Math.abs(Number(response.headers.get("x-ratelimit-reset")) - Number(reset))).toBeLessThanOrEqual(1);
  const error = await refused(response, 429, "RATE_LIMITED");
  expect(error.details.retry_after).toBe(wait);
}

/** Rate limits: exact, counted in the headers, and told by Retry-After. */
export function limitChecks<T extends Tenant>(suite: Suite<T>): void {
  for (const op of suite.api.operations) {
    const own = (op.extensions["x-limits"] as { perMinute?: number } | undefined)?.perMinute;
    const isCounted = byToken(op) || own === undefined || own > FEW;

    if (isCounted) {
      suite.test(`${op.id}: 429 with Retry-After after the last request of the window`, async () => {
        await exhaust(await suite.fresh(await suite.limited(FEW)), op, FEW);
      });
    }

    if (own !== undefined) {
      suite.test(`${op.id}: 429 after its own ${own} requests a minute`, async () => {
        await exhaust(await suite.fresh(await suite.limited(MANY)), op, own ?? 0);
      });
    }
  }
}
