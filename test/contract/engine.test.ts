import { afterAll, expect, test } from "vitest";
import { contractTests } from "../kit/engine/tests.ts";
import { NAMES } from "../kit/engine/usage.ts";
import { freshDatabase } from "../setup/database.ts";
import { reelmarkInProcess } from "./in-process.ts";
import { leftOut, MADE_UP } from "./made-up.ts";

const reelmark = await reelmarkInProcess(await freshDatabase());
afterAll(() => reelmark.close());

// Made-up inputs are most of a run: they have a file of their own, beside this one.
const run = contractTests({ ...reelmark, checks: new Set(NAMES.filter((name) => !MADE_UP.has(name))) });

// Last: everything above has run.
test("only what ends its own credential was not tried to the end", () => {
  expect(leftOut(run)).toEqual([]);
});
