import { expect, test } from "vitest";
import { Api } from "../kit/api.ts";
import type { DocumentedOperation, OpenApiDocument } from "../kit/document.ts";

const of = (item: Record<string, unknown>, rest: Partial<OpenApiDocument> = {}): [DocumentedOperation, Api] => {
  const api = new Api({ openapi: "3.1.0", paths: { "/a/{id}": item }, ...rest });
  return [api.operations[0] ?? expect.fail("it has no operation"), api];
};
const ID = { name: "id", in: "path", required: true, schema: { type: "string" } };

test("an operation has its path's parameters, of which its own take the place", () => {
  const own = { ...ID, schema: { type: "integer" } };
  const page = { name: "page", in: "query", schema: { type: "integer" } };
  const [op] = of({ parameters: [ID, page], get: { parameters: [own], responses: {} } });
  expect(op.parameters.map(({ name, schema }) => [name, schema.type])).toEqual([
    ["page", "integer"],
    ["id", "integer"],
  ]);
});

test("a path item may stand elsewhere, under a name that a URL would escape", () => {
  const [op] = of(
    { $ref: "#/components/pathItems/one%20thing" },
    {
      components: { pathItems: { "one thing": { get: { operationId: "getOne", responses: {} } } } },
    },
  );
  expect(op.id).toBe("getOne");
});

test.each([
  ["the document's, where it says none", undefined, [{ token: [] }]],
  ["none, where it says so", [], []],
  ["none, where a credential may be left out", [{ token: [] }, {}], []],
  ["its own", [{ cookie: [] }], [{ cookie: [] }]],
])("the security of an operation is %s", (_, own, expected) => {
  const security = own === undefined ? {} : { security: own };
  const [op] = of({ get: { ...security, responses: {} } }, { security: [{ token: [] }] });
  expect(op.security).toEqual(expected);
});

test("a parameter's schema may stand in its content, and its example beside it", () => {
  const content = { "application/json": { schema: { type: "object" } } };
  const filter = { name: "filter", in: "query", content, example: { a: 1 } };
  const [op, api] = of({ get: { parameters: [filter], responses: {} } });
  expect(op.parameters.map(({ schema }) => [schema.type, api.schemas.example(schema)])).toEqual([["object", { a: 1 }]]);
});

test("a body is made up where nothing shows one: it fits, and leaves out what is the server's", () => {
  const properties = {
    id: { type: "string", readOnly: true },
    email: { type: "string", format: "email" },
    code: { type: "string", pattern: "^[A-Z]{3}-[0-9]{4}$" },
    size: { type: "integer", minimum: 7, multipleOf: 5 },
  };
  const schema = { type: "object", required: ["email", "code", "size"], properties };
  const requestBody = { content: { "application/json": { schema } } };
  const [op, api] = of({ post: { requestBody, responses: {} } });
  const { example } = api.body(op) ?? expect.fail("it has a body");
  expect(api.schemas.fits(schema, example)).toBe(true);
  expect(example).not.toHaveProperty("id");
});

test.each(["2XX", "default"])("an answer that is declared as %s is what going well means", (status) => {
  const content = { "application/json": { schema: { type: "object" } } };
  const [op, api] = of({ get: { responses: { [status]: { description: "Good", content } } } });
  expect(api.success(op)).toMatchObject({ status: 200, schema: { type: "object" } });
});
