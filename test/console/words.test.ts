import { expect, test } from "vitest";
import { inWords } from "../../server/console/parts.ts";

const NOW = Date.parse("2026-01-15T09:30:00.000Z");

test.each([
  [0, "just now"],
  [-59, "just now"],
  [1, "in a moment"],
  [-60, "1 minute ago"],
  [-3 * 3600, "3 hours ago"],
  [-24 * 3600, "yesterday"],
  [-29 * 86_400, "29 days ago"],
  [-30 * 86_400, "last month"],
  [-400 * 86_400, "last year"],
  [7 * 86_400 - 1, "in 7 days"],
  [90 * 86_400 - 1, "in 3 months"],
])("%d seconds from now is %j", (seconds, words) => {
  expect(inWords(new Date(NOW + seconds * 1000).toISOString(), NOW)).toBe(words);
});
