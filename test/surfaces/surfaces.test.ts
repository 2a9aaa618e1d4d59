import { afterAll, beforeAll, expect, test } from "vitest";
import { reelmarkDocument } from "../../spec/document.ts";
import type { OpenApiDocument } from "../kit/document.ts";
import type { TestApp } from "../setup/app.ts";
import { MockJudge } from "./mock.ts";
import { openSurfaces, SURFACES } from "./open.ts";
import { PLANTS, planted } from "./planted.ts";
import { runSurfaces } from "./run.ts";
import { openReelmark } from "./tenants.ts";

// The engine reads a document as plain JSON.
const document = JSON.parse(JSON.stringify(reelmarkDocument())) as OpenApiDocument;
// All of them with SURFACES=all.
const all = process.env.SURFACES === "all";
const [CASES, SPAWNS] = all ? [2000, 50] : [200, 3];
const seed = 1;

let app: TestApp;
beforeAll(async () => {
  app = await openReelmark();
});
afterAll(() => app.close());

test(`${CASES} cases end alike over HTTP, by the typed client, the command line and MCP; the mock refuses what they refuse`, {
  timeout: all ? 900_000 : 120_000,
}, async () => {
  const opened = await openSurfaces(app, document, new Set(SURFACES), { spawns: SPAWNS, seed });
  try {
    const result = await runSurfaces({ ...opened, app, document, seed, cases: CASES });
    expect(result.differences).toEqual([]);
    expect(result.cases).toBe(CASES);
    for (const name of ["http", "client", "cli", "mcp"]) expect(result.calls[name]).toBeGreaterThanOrEqual(CASES);
    expect(result.calls.mock).toBeGreaterThan(CASES / 2);
    // What goes well, and each kind of refusal; conflicts are few.
    const wanted = ["200", "201", "204", "400", "401", "403", "404", ...(all ? ["202", "409"] : [])];
    expect(Object.keys(result.statuses)).toEqual(expect.arrayContaining(wanted));
  } finally {
    await opened.close();
  }
});

test.each(PLANTS)("it is found when $surface $what", async (plant) => {
  const opened = await openSurfaces(app, document, new Set([plant.surface]), { spawns: 0, seed });
  try {
    const found = new AbortController();
    const { differences } = await runSurfaces({
      app,
      document,
      seed,
      surfaces: opened.surfaces.map((one) => (one.name === plant.surface ? planted(one, plant) : one)),
      cases: 60,
      only: ({ id }) => id === plant.operation,
      signal: found.signal,
      // One is enough.
      onDifference: () => found.abort(),
    });
    expect(differences.map(({ surface }) => surface)).toContain(plant.surface);
  } finally {
    await opened.close();
  }
});

test("it is found when the mock takes what is to be refused", async () => {
  const mock = new MockJudge("http://mock.test/api", document, async () => new Response("{}"));
  const opened = await openSurfaces(app, document, new Set(), { spawns: 0, seed });
  try {
    const options = { app, document, seed, surfaces: opened.surfaces, mock, cases: 20 };
    const { differences } = await runSurfaces({ ...options, only: ({ id }) => id === "createBrand" });
    expect(differences.map(({ surface }) => surface)).toContain("mock");
  } finally {
    await opened.close();
  }
});
