import { expect, test } from "vitest";
import { places } from "../../server/jobs/places.ts";

const job = (org_id: string, groupId: string | null) => ({ data: { org_id }, groupId });

test("an organization has no more places than it may, and whoever was turned away is not asked for", () => {
  const gate = places(2, () => undefined);
  expect([gate.enter(job("a", "a1")), gate.enter(job("a", "a1")), gate.enter(job("a", "a2"))]).toEqual([
    true,
    true,
    false,
  ]);
  expect(gate.full()).toEqual(["a2"]);
  expect(gate.enter(job("b", "b1"))).toBe(true);
  gate.leave(job("a", "a1"));
  expect(gate.full()).toEqual([]);
  expect(gate.enter(job("a", "a2"))).toBe(true);
});

test("of those turned away, one may ask again for each place that is given back, the longest waiting first", () => {
  const gate = places(2, () => undefined);
  for (const group of ["a1", "a1", "a2", "a3", "a4"]) gate.enter(job("a", group));
  expect(gate.full()).toEqual(["a2", "a3", "a4"]);
  gate.leave(job("a", "a1"));
  expect(gate.full()).toEqual(["a3", "a4"]);
  // The last place given back lets everybody ask: nobody is forgotten.
  gate.leave(job("a", "a1"));
  expect(gate.full()).toEqual([]);
});

test("a narrow group has its width, and others of its organization the rest", () => {
  const narrow = new Set(["a1"]);
  const gate = places(8, (group) => (narrow.has(group) ? 1 : undefined));
  expect([gate.enter(job("a", "a1")), gate.enter(job("a", "a1")), gate.enter(job("a", "a2"))]).toEqual([
    true,
    false,
    true,
  ]);
  expect(gate.full()).toEqual(["a1"]);
  narrow.clear();
  expect(gate.full()).toEqual([]);
});

test("a job of no group always has a place: it could not be passed over", () => {
  const gate = places(1, () => 0);
  expect([gate.enter(job("a", null)), gate.enter(job("a", null))]).toEqual([true, true]);
  expect(gate.full()).toEqual([]);
});
