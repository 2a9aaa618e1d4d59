import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root, runIn, tree } from "./tree.ts";

const folders: string[] = [];

type Tree = Record<string, string[]>;
type Found = { rule: string; from: string; to: string };

/** Writes a tree (file to its import lines) in a temporary folder and returns what the project's own rules say of it. */
async function cruise(sources: Tree): Promise<Found[]> {
  const files: Record<string, string> = {
    "package.json": '{ "type": "module" }',
    "tsconfig.json": '{ "compilerOptions": { "module": "nodenext", "allowImportingTsExtensions": true } }',
  };
  for (const [file, lines] of Object.entries(sources)) files[file] = `${lines.join("\n")}\n`;
  for (const name of ["hono", "@hono/node-server", "@hono/zod-openapi", "zod", "openapi-fetch", "jose"]) {
    files[`node_modules/${name}/package.json`] = JSON.stringify({ name, version: "1.0.0", main: "index.js" });
    files[`node_modules/${name}/index.js`] = "module.exports = {};\n";
  }
  const folder = await tree(files);
  folders.push(folder);
  const roots = new Set(Object.keys(sources).map((file) => file.split("/")[0] ?? file));
  const config = join(root, ".dependency-cruiser.cjs");
  const options = ["--config", config, "--output-type", "json"];
  const { stdout } = await runIn(folder, "node_modules/.bin/depcruise", ...options, ...roots);
  const report: { summary: { violations: { rule: { name: string; severity: string }; from: string; to: string }[] } } =
    JSON.parse(stdout);
  return report.summary.violations
    .filter(({ rule }) => rule.severity === "error")
    .map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
}

afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

/** What the design allows: every kind of import that somebody needs. */
const sound: Tree = {
  "spec/kit/operation.ts": ['import "@hono/zod-openapi";', "export type Operation = string;"],
  "spec/brands.ts": ['import "./kit/operation.ts";', 'import "@hono/zod-openapi";', "export const brands = 1;"],
  "spec/index.ts": ['export { brands } from "./brands.ts";', 'export type { Operation } from "./kit/operation.ts";'],
  "server/kit/implement.ts": ['import "hono";', 'import "../../spec/kit/operation.ts";', "export const implement = 1;"],
  "server/db/tables.ts": ["export const tables = 1;"],
  "server/jobs/queue.ts": ['import "../db/tables.ts";', "export const queue = 1;"],
  "server/brands/sql.ts": ['import "../db/tables.ts";', "export const sql = 1;"],
  "server/brands/service.ts": ['import "./sql.ts";', "export const findBrand = 1;"],
  "server/brands/handlers.ts": [
    'import "../../spec/brands.ts";',
    'import "../kit/implement.ts";',
    'import "./sql.ts";',
  ],
  "server/posts/handlers.ts": ['import "../brands/service.ts";', 'import "../jobs/queue.ts";', 'import "jose";'],
  "server/kit/postgres/db.ts": ["export const db = 1;"],
  "server/web/service.ts": ["export const web = 1;"],
  "server/console/service.ts": [
    'import "../../client/index.ts";',
    'import "../../spec/index.ts";',
    'import "../kit/implement.ts";',
    'import "../web/service.ts";',
  ],
  "server/app.ts": ['import "hono";', 'import "./brands/handlers.ts";', 'import "./posts/handlers.ts";'],
  "server/main.ts": ['import "@hono/node-server";', 'import "./app.ts";', 'import "node:process";'],
  "client/generated/types.ts": ["export type Paths = string;"],
  "client/http.ts": ['import "openapi-fetch";', 'import "./generated/types.ts";', "export const http = 1;"],
  "client/index.ts": ['export { http } from "./http.ts";'],
  "client/cli.ts": ['import "node:fs";', 'import "./http.ts";'],
  "scripts/mock.ts": ['import "../spec/index.ts";'],
  "test/kit/engine.ts": ['import "../../spec/kit/operation.ts";', "export const engine = 1;"],
  "test/contract/all.test.ts": ['import "../kit/engine.ts";', 'import "../../spec/index.ts";'],
};

/** One planted fault a line: the rule that must fire, the file, what it imports. */
const faults: [rule: string, file: string, imports: string][] = [
  ["spec-is-pure", "spec/a.ts", "../server/db/tables.ts"],
  ["spec-is-pure", "spec/a.ts", "../client/http.ts"],
  ["spec-is-pure", "spec/a.ts", "node:fs"],
  ["spec-is-pure", "spec/a.ts", "zod"],
  ["kit-knows-no-domain", "spec/kit/a.ts", "../brands.ts"],
  ["kit-knows-no-domain", "server/kit/a.ts", "../db/tables.ts"],
  ["kit-knows-no-domain", "server/kit/a.ts", "../../spec/brands.ts"],
  ["kit-knows-no-domain", "test/kit/a.ts", "../../server/app.ts"],
  ["kit-knows-no-domain", "test/kit/a.ts", "../../spec/index.ts"],
  ["resource-stays-home", "server/posts/a.ts", "../brands/sql.ts"],
  ["resource-stays-home", "server/posts/a.ts", "../main.ts"],
  ["resource-stays-home", "server/posts/a.ts", "../../client/http.ts"],
  ["console-is-a-client", "server/console/a.ts", "../brands/service.ts"],
  ["console-is-a-client", "server/console/a.ts", "../db/tables.ts"],
  ["console-is-a-client", "server/console/a.ts", "../kit/postgres/db.ts"],
  ["console-is-a-client", "server/console/a.ts", "../../client/http.ts"],
  ["hono-at-the-edge-only", "server/posts/a.ts", "hono"],
  ["hono-at-the-edge-only", "server/other.ts", "@hono/node-server"],
  ["hono-at-the-edge-only", "test/a.ts", "hono"],
  ["zod-openapi-in-spec-only", "server/posts/a.ts", "@hono/zod-openapi"],
  ["client-stands-alone", "client/a.ts", "zod"],
  ["client-stands-alone", "client/cli.ts", "../spec/index.ts"],
  ["client-stands-alone", "client/a.ts", "../server/db/tables.ts"],
  ["client-runtime-is-thin", "client/a.ts", "node:fs"],
  ["client-runtime-is-thin", "client/a.ts", "jose"],
  ["nothing-imports-tests", "scripts/a.ts", "../test/kit/engine.ts"],
  ["nothing-imports-tests", "server/posts/a.ts", "../../test/kit/engine.ts"],
  ["nothing-imports-scripts", "test/a.ts", "../scripts/mock.ts"],
  ["no-index-files", "server/posts/a.ts", "../db/index.ts"],
  ["resolvable", "server/posts/a.ts", "./nowhere.ts"],
];

describe("the rules of who may import whom", () => {
  let found: Found[];
  beforeAll(async () => {
    const planted: Tree = { ...sound, "server/db/index.ts": ["export const all = 1;"] };
    for (const [, file, imports] of faults) planted[file] = [...(planted[file] ?? []), `import "${imports}";`];
    found = await cruise(planted);
  });

  test("a tree built as the design says breaks no rule", async () => {
    expect(await cruise(sound)).toEqual([]);
  });

  test.each(faults)("%s stops %s from importing %s", (rule, file, imports) => {
    const target = imports.replace(/^(\.\.?\/)+|^node:/, "");
    const hits = found.filter((one) => one.rule === rule && one.from === file).map(({ to }) => to);
    expect(hits).toContainEqual(expect.stringContaining(target));
  });

  test("no-cycles stops two files that import each other, even for types", async () => {
    const hits = await cruise({
      "server/a.ts": ['import type { B } from "./b.ts";', "export type A = B[];"],
      "server/b.ts": ['import type { A } from "./a.ts";', "export type B = A[];"],
    });
    expect(hits.map(({ rule }) => rule)).toContain("no-cycles");
  });

  test("no-circle-of-resources stops two resources that need each other through different files", async () => {
    const hits = await cruise({
      "server/brands/service.ts": ["export const findBrand = 1;"],
      "server/brands/handlers.ts": ['import "../posts/service.ts";'],
      "server/posts/service.ts": ["export const findPost = 1;"],
      "server/posts/handlers.ts": ['import "../brands/service.ts";'],
      "server/app.ts": ['import "./brands/handlers.ts";', 'import "./posts/handlers.ts";'],
    });
    expect(hits.map(({ rule }) => rule)).toEqual(["no-circle-of-resources", "no-circle-of-resources"]);
  });

  test("no-barrels stops a file that passes on another's exports", async () => {
    const hits = await cruise({
      "server/brands/sql.ts": ["export const sql = 1;"],
      "server/brands/all.ts": ['export { sql } from "./sql.ts";'],
    });
    expect(hits).toEqual([{ rule: "no-barrels", from: "server/brands/all.ts", to: "server/brands/sql.ts" }]);
  });
});
