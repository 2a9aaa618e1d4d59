import { expect, test } from "vitest";
import { ATTEMPTS, retryAfterSeconds, retryDelay } from "../../server/webhooks/retries.ts";

const DAY = 86_400;
const FAILED = Array.from({ length: ATTEMPTS - 1 }, (_, index) => index + 1);
const delays = (retryAfter: number, random: number) => FAILED.map((n) => retryDelay(n, retryAfter, random) ?? 0);

test("a round takes a little over three days: an endpoint whose delivery is given up has failed for that long", () => {
  for (const random of [0, 0.5, 0.999]) {
    const span = delays(0, random).reduce((sum, delay) => sum + delay, 0);
    expect(span).toBeGreaterThan(3 * DAY);
    expect(span).toBeLessThan(3.6 * DAY);
  }
});

test("each delay is at least the one before, jitter comes on top, and after the last attempt there is none", () => {
  const [least, most] = [delays(0, 0), delays(0, 1)];
  expect(least).toEqual(least.toSorted((a, b) => a - b));
  for (const [at, delay] of least.entries()) expect(most[at]).toBeGreaterThan(delay);
  expect(retryDelay(ATTEMPTS, 60, 0)).toBeUndefined();
});

test("what a receiver asks for makes no delay shorter, and none longer than a day and its jitter", () => {
  expect(delays(1, 0)).toEqual(delays(0, 0));
  for (const delay of delays(365 * DAY, 1)) expect(delay).toBeLessThanOrEqual(1.1 * DAY + 1);
});

test.each([
  [undefined, 0],
  ["120", 120],
  ["0", 0],
  ["-5", 0],
  ["1e9", 0],
  ["soon", 0],
  ["Thu, 01 Jan 1970 00:02:00 GMT", 60],
  ["Thu, 01 Jan 1970 00:00:30 GMT", 0],
])("Retry-After: %s is %i seconds", (header, seconds) => {
  expect(retryAfterSeconds(header, 60_000)).toBe(seconds);
});
