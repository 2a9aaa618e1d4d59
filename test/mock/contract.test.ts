import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningMock, runMock } from "./process.ts";

type Json = { [key: string]: Json };
type Named = { name: string; in: string; required?: boolean; schema: Json };

const SPEC = "spec/openapi.json";
const METHODS = ["get", "post", "put", "patch", "delete"];
// The generated document, read by cast: where it is not as the casts say, an operation's test fails.
const contract = JSON.parse(await readFile(SPEC, "utf8")) as { paths: Record<string, Record<string, Json>> };

let mock: RunningMock;

beforeAll(async () => {
  mock = await runMock(SPEC);
});
afterAll(() => mock.interrupt());

function follow(node: Json): Json {
  const ref: unknown = node.$ref;
  if (typeof ref !== "string") return node;
  const parts = ref.split("/").slice(1);
  return follow(parts.reduce<Json>((at, part) => at[part.replaceAll("~1", "/")] ?? {}, contract as unknown as Json));
}

/** The example that a schema carries: the kit sees to it that each has one. */
function example(schema: Json): unknown {
  const { example: one, examples } = follow(schema) as { example?: unknown; examples?: unknown[] };
  return one ?? examples?.[0];
}

function requestOf(path: string, method: string, operation: Json): [string, RequestInit] {
  const parameters = (operation.parameters ?? []) as unknown as Json[];
  let address = path;
  for (const parameter of parameters.map((one) => follow(one) as unknown as Named)) {
    const value = String(example(parameter.schema));
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, value);
    const joint = address.includes("?") ? "&" : "?";
    if (parameter.in === "query" && parameter.required) {
      address += `${joint}${parameter.name}=${encodeURIComponent(value)}`;
    }
  }
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  const headers = { authorization: "Bearer anything", ...(type ? { "content-type": type } : {}) };
  // A mock has no use for what is not JSON: any bytes will do.
  const body = type === "application/json" ? JSON.stringify(example(media?.schema ?? {})) : "some bytes";
  return [address, { method, headers, redirect: "manual", ...(type ? { body } : {}) }];
}

const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  METHODS.flatMap((method) => {
    const operation = item[method];
    return operation ? [{ path, method: method.toUpperCase(), operation }] : [];
  }),
);

/** The error codes that an operation declares under a status: the names of that answer's examples. */
function codesOf(operation: Json, status: number): string[] {
  const answer = follow((operation.responses as { [status: string]: Json })[String(status)] ?? {});
  const content = answer.content as { "application/json"?: { examples?: Json } } | undefined;
  return Object.keys(content?.["application/json"]?.examples ?? {});
}

test.each(operations)(
  "$method $path says the code of each error that it declares, not the envelope's example",
  async (one) => {
    const [address, init] = requestOf(one.path, one.method, one.operation);
    for (const status of Object.keys(one.operation.responses ?? {}).map(Number)) {
      if (status < 400) continue;
      const headers = { ...init.headers, prefer: `code=${status}` };
      const response = await fetch(`${mock.url}/api${address}`, { ...init, headers });
      // The envelope's shape is what this asserts; any other has no code.
      const { error } = (await response.json()) as { error?: { code?: string } };
      expect(codesOf(one.operation, status), `${status}`).toContain(error?.code);
    }
  },
);

test.each(operations)("$method $path answers with its example, and with every status that it declares", async (one) => {
  const [address, init] = requestOf(one.path, one.method, one.operation);
  const ask = async (prefer: Record<string, string>) => {
    const response = await fetch(`${mock.url}/api${address}`, { ...init, headers: { ...init.headers, ...prefer } });
    await response.arrayBuffer();
    return response.status;
  };
  const declared = Object.keys(one.operation.responses ?? {}).map(Number);
  expect(await ask({})).toBe(Math.min(...declared));
  for (const code of declared) expect(await ask({ prefer: `code=${code}` })).toBe(code);
  expect(await ask({ prefer: "dynamic=true" })).toBe(Math.min(...declared));
});
