import { expect, test } from "vitest";
import { shelvesDocument } from "../fixtures/shelves/document.ts";
import { type ShelvesFault, shelvesPrincipals, shelvesServer } from "../fixtures/shelves/server.ts";
import { runContract } from "../kit/engine/contract.ts";
import { findingText } from "../kit/engine/report.ts";

const run = (fault?: ShelvesFault) =>
  runContract({
    document: shelvesDocument,
    send: shelvesServer(fault),
    baseUrl: "http://shelves.test/v2",
    principals: shelvesPrincipals,
    seed: 1,
    maxSeconds: 100,
    randomCases: 5,
  });

test("nothing is found in a server that keeps to it, and every operation is looked at", async () => {
  const { findings, notRun, kinds, tally, stopped } = await run();
  expect(findings.map(findingText)).toEqual([]);
  expect(notRun).toEqual([]);
  expect(stopped).toBeUndefined();
  expect(kinds.map(({ name }) => name)).toEqual(["shelve", "row", "setting"]);
  for (const check of ["created_is_listed", "use_after_delete", "pagination_complete"])
    expect([check, ...tally.ranOn(check)]).toHaveLength(2);
  const keywords = Object.entries(tally.coverage([]).keywords);
  const cookie = keywords.find(([name]) => name === "countTree cookie lang enum")?.[1];
  expect(cookie).toEqual({ valid: 2, invalid: expect.any(Number) });
});

const FAULTS: readonly (readonly [ShelvesFault, check: string, operation: string])[] = [
  ["ghosts", "use_after_delete", "getShelf"],
  ["one-shop", "tenant_isolation", "getRow"],
  ["keeps", "put_replaces", "putShelf"],
  ["settings-keep", "put_replaces", "putSettings"],
  ["extra-field", "undeclared_field", "getShelf"],
  ["any-shop", "missing_required", "addShelf"],
  ["any-lang", "missing_required", "countTree"],
];
test.each(FAULTS)("a fault is found: %s by %s of %s", async (fault, check, operation) => {
  const { findings } = await run(fault);
  expect(findings.map((one) => `${one.check} ${one.operation}`)).toContain(`${check} ${operation}`);
});
