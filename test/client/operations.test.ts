import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { createClient } from "../../client/index.ts";
import { contract } from "../../spec/index.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import { errorCodes, scopeNames } from "../../spec/kit/policy.ts";

const operations: readonly Operation[] = Object.values(contract);

/** What a call sends, without a server: the method and the path below the base. */
async function sentBy(op: Operation): Promise<string> {
  let sent = "nothing";
  const fetch = async ({ method, url }: Request) => {
    sent = `${method} ${decodeURIComponent(new URL(url).pathname)}`;
    return new Response(null, { status: 204 });
  };
  const api = createClient({ baseUrl: "http://api.example/base", fetch });
  // Every operation by its id, which only a test does.
  const methods = api as unknown as Record<string, (call: object) => Promise<unknown>>;
  await methods[op.id]?.({ params: Object.fromEntries(Object.keys(op.params).map((name) => [name, `<${name}>`])) });
  return sent;
}

test.each(operations.map((op) => [op.id, op] as const))("%s goes to its method and path", async (_id, op) => {
  const path = op.path.replace(/\{(\w+)\}/g, "<$1>");
  expect(await sentBy(op)).toBe(`${op.method.toUpperCase()} /base${path}`);
});

test("an id of dots is refused before anything is sent, for it would lead to another operation", async () => {
  const sent: string[] = [];
  const fetch = async ({ method, url }: Request) => {
    sent.push(`${method} ${new URL(url).pathname}`);
    return new Response(null, { status: 204 });
  };
  const api = createClient({ baseUrl: "http://api.example/base/../api/", fetch });
  for (const user_id of [".", ".."]) {
    await expect(api.removeMember({ params: { user_id } })).rejects.toThrow("No id is dots");
    const path = { params: { path: { user_id } } };
    await expect(api.DELETE("/v1/organization/members/{user_id}", path)).rejects.toThrow("No id is dots");
  }
  await api.removeMember({ params: { user_id: "..a" } });
  await api.removeMember({ params: { user_id: "a.." } });
  await api.removeMember({ params: { user_id: "%2e%2e" } });
  await api.listEvents({ query: { since: "/.." } });
  expect(sent).toEqual([
    "DELETE /api/v1/organization/members/..a",
    "DELETE /api/v1/organization/members/a..",
    "DELETE /api/v1/organization/members/%252e%252e",
    "GET /api/v1/events",
  ]);
});

test("every operation is documented where an editor shows it: what it does, its route, its scopes, its errors", async () => {
  const text = await readFile(new URL("../../client/generated/operations.ts", import.meta.url), "utf8");
  const docs = new Map(
    [...text.matchAll(/ {2}\/\*\*\n((?: {3}\*.*\n)+?) {3}\*\/\n {2}(\w+)/g)].map(([, doc, id]) => [id, doc]),
  );
  for (const op of operations) {
    const doc = docs.get(op.id) ?? "";
    const route = `\`${op.method.toUpperCase()} ${op.path}\``;
    const codes = errorCodes(contract, op).map((code) => `\`${code}\``);
    const said = [op.summary, route, ...scopeNames(op), `@throws {ApiError} ${codes.join(", ")}`];
    for (const words of said) expect(doc, op.id).toContain(words);
  }
});
