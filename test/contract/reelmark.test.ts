import { describe, expect, test } from "vitest";
import { reelmarkDocument } from "../../spec/document.ts";
import { Coverage } from "../kit/coverage.ts";
import { contractSuite } from "../kit/suite.ts";
import { billingRefusalTests } from "./billing-refusals.ts";
import { identityRefusalTests } from "./identity-refusals.ts";
import { reelmarkSuite } from "./reelmark.ts";
import { refusalTests } from "./refusals.ts";
import { sourceRefusalTests } from "./source-refusals.ts";
import { uploadRefusalTests } from "./upload-refusals.ts";
import { webhookRefusalTests } from "./webhook-refusals.ts";

const coverage = new Coverage();
const suite = contractSuite(reelmarkSuite(coverage));
describe("refusals", () => {
  refusalTests(suite, coverage);
  identityRefusalTests(suite);
  sourceRefusalTests(suite);
  uploadRefusalTests(suite, coverage);
  webhookRefusalTests(suite);
  billingRefusalTests(coverage);
});

// Last: everything above has run.
describe("coverage", () => {
  test("every declared status of every operation was seen", async () => {
    await suite.close();
    expect(coverage.missing(reelmarkDocument())).toEqual([]);
  });
});
