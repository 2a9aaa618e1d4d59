import { afterAll, expect, test } from "vitest";
import { contractTests } from "../kit/engine/tests.ts";
import { freshDatabase } from "../setup/database.ts";
import { reelmarkInProcess } from "./in-process.ts";
import { leftOut, MADE_UP } from "./made-up.ts";

const reelmark = await reelmarkInProcess(await freshDatabase());
afterAll(() => reelmark.close());

// Every boundary, and fewer random requests than `npm run contract` sends, for the time that a run of all tests takes.
const run = contractTests({ ...reelmark, checks: MADE_UP, randomCases: 12 });

// Last: everything above has run.
test("only what ends its own credential was not tried to the end", () => {
  expect(leftOut(run)).toEqual([]);
});
