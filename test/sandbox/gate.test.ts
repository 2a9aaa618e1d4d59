import { expect, test } from "vitest";
import { openGate } from "../../scripts/sandbox/gate.ts";

/** A promise and what settles it. */
const latch = () => Promise.withResolvers<void>();

test("a change waits for those inside, those who come meanwhile wait for it, and changes go one by one", async () => {
  const gate = openGate();
  const said: string[] = [];
  const inside = latch();
  const first = gate.through(async () => {
    await inside.promise;
    said.push("inside");
  });
  const change = latch();
  const changed = gate.closed(async () => {
    said.push("change begins");
    await change.promise;
    said.push("change ends");
  });
  const second = gate.closed(async () => void said.push("second change"));
  const late = gate.through(() => void said.push("late"));
  inside.resolve();
  await first;
  await expect.poll(() => said).toEqual(["inside", "change begins"]);
  change.resolve();
  await Promise.all([changed, second, late]);
  expect(said).toEqual(["inside", "change begins", "change ends", "second change", "late"]);
});

test("what fails, inside or alone, is its caller's, and leaves the gate open", async () => {
  const gate = openGate();
  const fail = () => Promise.reject(new Error("no"));
  await expect(gate.through(fail)).rejects.toThrow("no");
  await expect(gate.closed(fail)).rejects.toThrow("no");
  expect(await gate.through(() => 1)).toBe(1);
});
