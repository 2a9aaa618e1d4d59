/** `scripts/type-budget.ts`: what an operation costs the compiler, with its handler. Fails above the budget. */
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Type instantiations an operation may cost, contract and handler together (design §2). */
const BUDGET = 1000;

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}node_modules/.cache/type-budget`;
const UP = "../../../..";

/** A resource as it is usually written: six operations, one in two steps, one with a 204; `i` makes its names its own. */
function resource(i: number): { spec: string; handlers: string } {
  const spec = `
import { none } from "${UP}/spec/kit/media.ts";
import { page } from "${UP}/spec/kit/page.ts";
import { flag, id, input, nullable, patch, schema, timestamp, z } from "${UP}/spec/kit/schema.ts";
import { operation } from "./vocabulary.ts";
const name = z.string().min(1).max(80).describe("Name").meta({ example: "a" });
const text = nullable(z.string().max(2000).describe("Text").meta({ example: "b" }));
const status = z.enum(["active", "archived"]).describe("Status");
const count = z.int().min(0).describe("Count").meta({ example: 1 });
export const Thing${i} = schema("Thing${i}", "A thing", {
  id: id("t${i}"), owner_id: id("usr"), name, text, status, count, created_at: timestamp("When"),
});
const Input${i} = input("Input${i}", "A new thing", { name, text: text.optional(), status: status.default("active"), count });
const Patch${i} = patch("Patch${i}", "A change", { name, text, status, count });
const base = { tag: "Things" } as const;
const one = "/v1/things${i}/{thing_id}";
export const list${i} = operation({ ...base, id: "list${i}", method: "get", path: "/v1/things${i}", summary: "List",
  scopes: ["things:read"], effect: { lists: "t${i}" },
  query: page.query({ status: status.optional(), pinned: flag("Pinned").optional() }), responses: { 200: page.of(Thing${i}) } });
export const create${i} = operation({ ...base, id: "create${i}", method: "post", path: "/v1/things${i}", summary: "Create",
  scopes: ["things:write"], idempotent: "key", effect: { creates: "t${i}" }, body: Input${i}, responses: { 201: Thing${i} } });
export const get${i} = operation({ ...base, id: "get${i}", method: "get", path: "/v1/things${i}/{thing_id}", summary: "Get",
  scopes: ["things:read"], effect: { reads: "t${i}" }, responses: { 200: Thing${i} } });
export const update${i} = operation({ ...base, id: "update${i}", method: "patch", path: "/v1/things${i}/{thing_id}",
  summary: "Update", scopes: ["things:write"], effect: { updates: "t${i}" }, body: Patch${i}, responses: { 200: Thing${i} } });
export const delete${i} = operation({ ...base, id: "delete${i}", method: "delete", path: "/v1/things${i}/{thing_id}",
  summary: "Delete", scopes: ["things:write"], effect: { deletes: "t${i}" }, responses: { 204: none("Gone") } });
export const run${i} = operation({ ...base, id: "run${i}", method: "post", path: "/v1/things${i}/{thing_id}/run",
  summary: "Run", scopes: ["things:write"], idempotent: "key", credits: 3, responses: { 200: Thing${i}, 204: none("None") } });
`.replace(`const one = "/v1/things${i}/{thing_id}";\n`, "");
  const handlers = `
import { twoSteps } from "${UP}/server/kit/handlers.ts";
import { handlers } from "./context.ts";
type Row = { id: string; owner_id: string; name: string; text: string | null; status: "active"; count: number; created_at: string };
const row: Row = { id: "a", owner_id: "b", name: "c", text: null, status: "active", count: 1, created_at: "d" };
export const handlers${i} = handlers({
  async list${i}({ query }, { reply }) {
    return reply(200, { data: [row].slice(0, query.limit), count: query.pinned ? 1 : 0, next_cursor: null });
  },
  async create${i}({ body }, { reply }) {
    return reply(201, { ...row, name: body.name, text: body.text ?? null, count: body.count });
  },
  async get${i}({ params }, { reply }) { return reply(200, { ...row, id: params.thing_id }); },
  async update${i}({ params, body }, { reply }) { return reply(200, { ...row, id: params.thing_id, name: body.name ?? row.name }); },
  async delete${i}({ params }, { reply, db }) { return db.gone(params.thing_id) ? reply(204) : reply(204); },
  run${i}: twoSteps({
    async prepare({ params }, { read }) { return { id: params.thing_id, gone: await read(async (db) => db.gone("a")) }; },
    async commit({ params }, { reply }, { id, gone }) { return gone ? reply(204) : reply(200, { ...row, id: id + params.thing_id }); },
  }),
});
`;
  return { spec, handlers };
}

/** Writes a whole contract of `resources` resources with handlers bound to it, and returns the file that names it all. */
function synthetic(resources: number): string {
  const at = `${folder}/of-${resources}`;
  const numbers = Array.from({ length: resources }, (_, i) => i);
  const files: Record<string, string> = {
    "vocabulary.ts": `
import { id } from "${UP}/spec/kit/schema.ts";
import { vocabulary } from "${UP}/spec/kit/vocabulary.ts";
export const { operation } = vocabulary({
  scopes: { "things:read": "Read", "things:write": "Write" }, tags: { Things: "Things." }, params: { thing_id: id("thg") },
});`,
    "context.ts": `
import type { Principal } from "${UP}/server/kit/backend.ts";
import { handlersFor } from "${UP}/server/kit/handlers.ts";
import type { Context, Deps } from "${UP}/server/kit/runtime.ts";
import type { contract } from "./contract.ts";
type Db = { gone(id: string): boolean };
export declare const deps: Deps<Db, Principal>;
export const handlers = handlersFor<typeof contract, Context<Db, Principal>>();`,
    "contract.ts": `
import { collect } from "${UP}/spec/kit/vocabulary.ts";
${numbers.map((i) => `import * as spec${i} from "./spec${i}.ts";`).join("\n")}
export const contract = collect({ ${numbers.map((i) => `...spec${i}`).join(", ")} }, [${numbers.map((i) => `spec${i}`).join(", ")}]);`,
    "main.ts": `
import { implement } from "${UP}/server/kit/implement.ts";
import { deps } from "./context.ts";
import { contract } from "./contract.ts";
${numbers.map((i) => `import { handlers${i} } from "./handlers${i}.ts";`).join("\n")}
export const api = implement(contract, { ${numbers.map((i) => `...handlers${i}`).join(", ")} }, deps);`,
  };
  for (const i of numbers) {
    const { spec, handlers } = resource(i);
    files[`spec${i}.ts`] = spec;
    files[`handlers${i}.ts`] = handlers;
  }
  mkdirSync(at, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(`${at}/${name}`, text);
  return `of-${resources}/main.ts`;
}

/** Type instantiations of checking one file and what it imports. Throws with the compiler's words when it does not compile. */
function instantiations(name: string, file: string): Promise<number> {
  const config = `${folder}/tsconfig.${name}.json`;
  writeFileSync(config, JSON.stringify({ extends: `${root}tsconfig.json`, files: [file], include: [], exclude: [] }));
  const tsc = `${root}node_modules/typescript7/bin/tsc`;
  const args = [tsc, "-p", config, "--noEmit", "--extendedDiagnostics", "--singleThreaded"];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 16 * 1024 * 1024 }, (error, stdout) => {
      const count = /^Instantiations:\s+(\d+)/m.exec(stdout)?.[1];
      if (error || count === undefined) reject(new Error(`${file} does not compile:\n${stdout}`));
      else resolve(Number(count));
    });
  });
}

async function reelmark(): Promise<{ perOperation: number; operations: number }> {
  const { contract } = await import("../spec/index.ts");
  const operations = Object.keys(contract).length;
  // The same libraries and kits, but not one operation: what is left is the price of the contract and its handlers.
  writeFileSync(
    `${folder}/empty.ts`,
    ["spec/vocabulary", "spec/kit/page", "spec/kit/media", "server/kit/implement", "server/kit/postgres/backend"]
      .map((file) => `import "../../../${file}.ts";`)
      .join("\n"),
  );
  writeFileSync(`${folder}/real.ts`, 'import "../../../spec/index.ts";\nimport "../../../server/handlers.ts";\n');
  const empty = await instantiations("empty", "empty.ts");
  const real = await instantiations("real", "real.ts");
  return { perOperation: (real - empty) / operations, operations };
}

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const [many, few, own] = await Promise.all([
  instantiations("many", synthetic(50)),
  instantiations("few", synthetic(8)),
  reelmark(),
]);
const slope = (many - few) / (6 * (50 - 8));
const figures: [what: string, figure: number][] = [
  [`300 operations: ${many}, 48: ${few}; slope`, slope],
  [`Reelmark's ${own.operations} operations and handlers`, own.perOperation],
];
for (const [what, figure] of figures) {
  console.log(`${what}: ${Math.round(figure)} instantiations an operation (budget ${BUDGET})`);
  if (figure > BUDGET) {
    console.error("Over budget: find what the compiler now infers an operation at a time (stack.md, Type rules).");
    process.exitCode = 1;
  }
}
