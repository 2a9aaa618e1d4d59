import { describe, expect, test } from "vitest";
import { reelmarkDocument } from "../../spec/document.ts";
import { Coverage } from "../kit/coverage.ts";
import { contractSuite } from "../kit/suite.ts";
import { identityRefusalTests } from "./identity-refusals.ts";
import { reelmarkSuite } from "./reelmark.ts";
import { refusalTests } from "./refusals.ts";

const coverage = new Coverage();
const suite = contractSuite(reelmarkSuite(coverage));
describe("refusals", () => {
  refusalTests(suite, coverage);
  identityRefusalTests(suite);
});

// Last: everything above has run.
describe("coverage", () => {
  test("every declared status of every operation was seen", async () => {
    await suite.close();
    expect(coverage.missing(reelmarkDocument())).toEqual([]);
  });
});
