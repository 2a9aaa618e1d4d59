import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

type Known = { readonly check: string; readonly why: string };

/** Where the Mock guide tells of each thing that the contract engine knows the mock for. */
const TOLD: Readonly<Record<string, string>> = {
  invalid_auth: "any credential may do all",
  missing_auth: "those of signed addresses and providers are not looked at",
  time_ahead: "the mock does not look at the clock",
  secret_leak: "a token of the examples that you send may come back in the answer",
  accepts_invalid: "the parts of a multipart body are counted, not read",
  missing_required: "a form without its file is taken",
};

test("the Mock guide tells of everything that the contract engine knows the mock for, and of nothing that is over", async () => {
  const guide = await readFile(new URL("../../spec/guides/mock.md", import.meta.url), "utf8");
  const known: Known[] = JSON.parse(await readFile(new URL("../contract/mock-known.json", import.meta.url), "utf8"));
  expect(new Set(known.map(({ check }) => check))).toEqual(new Set(Object.keys(TOLD)));
  expect(Object.values(TOLD).filter((words) => !guide.includes(words))).toEqual([]);
});
