import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { type OpenApiDocument, operationsOf } from "../kit/document.ts";
import { toRequest } from "../kit/draft.ts";
import { violations } from "../kit/generate/judge.ts";
import { minimize, sizeOf } from "../kit/generate/minimize.ts";
import { boundaryCases, negativeCases, positiveCases } from "../kit/generate/request.ts";
import { serialize } from "../kit/generate/serialize.ts";
import type { Case } from "../kit/generate/wire.ts";

const reelmark = JSON.parse(
  readFileSync(new URL("../../spec/openapi.json", import.meta.url), "utf8"),
) as OpenApiDocument;

describe.each([
  ["notes", notesDocument() as OpenApiDocument],
  ["Reelmark", reelmark],
])("on the contract of %s", (_, document) => {
  const operations = operationsOf(document);

  test("every positive case is valid, and can be sent", () => {
    for (const operation of operations) {
      for (const one of fc.sample(positiveCases(document, operation), { numRuns: 80, seed: 5 })) {
        const draft = serialize({}, one);
        expect(violations(document, operation, draft), JSON.stringify(draft)).toEqual({ verdict: "valid", where: [] });
        expect(toRequest("http://localhost", draft).method).toBe(operation.method);
      }
    }
  });

  test("every boundary is on the side that it claims, and each constraint is visited on both", () => {
    const sides = new Map<string, Set<string>>();
    for (const operation of operations) {
      for (const { case: one, about, side } of boundaryCases(document, operation)) {
        const draft = serialize({}, one);
        expect(violations(document, operation, draft).verdict, `${operation.id} ${JSON.stringify(about)}`).toBe(side);
        toRequest("http://localhost", draft);
        const key = about.keyword;
        sides.set(key, (sides.get(key) ?? new Set()).add(side));
      }
    }
    for (const keyword of ["minLength", "maxLength", "minimum", "maximum", "enum", "pattern", "required", "type"]) {
      expect(sides.get(keyword), keyword).toEqual(new Set(["valid", "invalid"]));
    }
  });

  test("every negative case is refused after it is written and read back", () => {
    for (const operation of operations) {
      const arbitrary = negativeCases(document, operation);
      for (const { case: one, about } of arbitrary ? fc.sample(arbitrary, { numRuns: 80, seed: 5 }) : []) {
        const found = violations(document, operation, serialize({}, one));
        expect(found.verdict, `${operation.id} ${JSON.stringify(about)}`).toBe("invalid");
        expect(found.where.length).toBeGreaterThan(0);
      }
    }
  });
});

test("positive cases keep the ids that exist", () => {
  const create =
    operationsOf(reelmark).find(({ id }) => id === "createPersona") ?? expect.fail("Reelmark makes personas");
  const value = { brand_id: "brd_01k4zn8w3v7q2m5t9r6x0h1cd5", name: "Nora" };
  const base = { body: { type: "application/json", value } };
  const bodies = fc
    .sample(positiveCases(reelmark, create, { base }), 200)
    .map(({ body }) => body?.value as typeof value);
  expect(new Set(bodies.map(({ brand_id }) => brand_id))).toEqual(new Set([value.brand_id]));
  expect(new Set(bodies.map(({ name }) => name)).size).toBeGreaterThan(50);
});

describe("minimize", () => {
  const create = operationsOf(reelmark).find(({ id }) => id === "createBrand") ?? expect.fail("Reelmark makes brands");
  const negatives = negativeCases(reelmark, create) ?? expect.fail("a brand can be wrong");

  test("ends within its budget, never with a larger case, and a negative stays negative", async () => {
    await fc.assert(
      fc.asyncProperty(
        negatives,
        fc.integer({ min: 1, max: 100 }),
        fc.func(fc.boolean()),
        async ({ case: one }, budget, fails) => {
          let asked = 0;
          const stillFails = async (c: Case) => {
            asked++;
            return fails(JSON.stringify(c.body));
          };
          const least = await minimize(reelmark, one, stillFails, budget);
          expect(asked).toBeLessThanOrEqual(budget);
          expect(sizeOf(least)).toBeLessThanOrEqual(sizeOf(one));
          expect(violations(reelmark, create, serialize({}, least)).verdict).toBe("invalid");
        },
      ),
      { numRuns: 50, seed: 4 },
    );
  });

  test("finds the least case that a server still gets wrong", async () => {
    const body = { name: "A name that is long", slug: "a-slug", description: "€ and more", timezone: "UTC" };
    const one: Case = {
      operation: create,
      path: {},
      query: {},
      headers: { "X-Organization-Id": "org" },
      body: { type: "application/json", value: body },
    };
    const least = await minimize(
      reelmark,
      one,
      async ({ body: sentBody }) => JSON.stringify(sentBody?.value ?? "").includes("€"),
      500,
    );
    expect(least).toMatchObject({ query: {}, headers: {} });
    expect(least.body?.value).toEqual({
      name: expect.stringMatching(/^.$/),
      slug: expect.stringMatching(/^.$/),
      description: "€",
    });
  });
});
