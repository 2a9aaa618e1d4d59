import { afterAll, expect, test } from "vitest";
import { contractTests } from "../kit/engine/tests.ts";
import { freshDatabase } from "../setup/database.ts";
import { reelmarkInProcess } from "./in-process.ts";

const reelmark = await reelmarkInProcess(await freshDatabase());
afterAll(() => reelmark.close());

const run = contractTests(reelmark);

// Last: everything above has run.
test("nothing was left out but for these reasons", () => {
  const reasons = new Set(run.notRun.map(({ why }) => why));
  expect([...reasons]).toEqual([]);
});
