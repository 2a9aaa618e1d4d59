import type fc from "fast-check";
import type { DocumentedOperation, JsonSchema, OpenApiDocument } from "../document.ts";
import { nodeOf } from "./node.ts";
import { CaseMaker, type CaseOptions, Until } from "./positive.ts";
import { oneOf, randomOf } from "./random.ts";
import { sourceOf } from "./sources.ts";
import type { About } from "./spot.ts";
import { boundaries, viewOf } from "./values.ts";
import { type Case, parametersIn, schemaOf } from "./wire.ts";
import { breakOne } from "./wrongs.ts";

/** What a case exercises, and where. */
export type CaseAbout = About & { readonly in: "path" | "query" | "header" | "cookie" | "body"; readonly name: string };

export type JudgedCase = { readonly case: Case; readonly about: CaseAbout; readonly side: "valid" | "invalid" };

/** Arbitrary of cases that the contract allows: `violations` calls every one valid. Ids are those of `base`. */
export function positiveCases(
  document: OpenApiDocument,
  operation: DocumentedOperation,
  options: CaseOptions = {},
): fc.Arbitrary<Case> {
  const maker = new CaseMaker(document, operation, options);
  return new Until(`request that ${operation.id} allows`, (random) => maker.positive(random));
}

/** A place of a request that has a schema, and the case with another value there. */
type Place = {
  readonly about: Pick<CaseAbout, "in" | "name">;
  readonly schema: JsonSchema;
  readonly value: unknown;
  readonly put: (value: unknown) => Case;
};

function* placesOf(c: Case): Iterable<Place> {
  for (const [place, part] of [
    ["path", "path"],
    ["query", "query"],
    ["header", "headers"],
    ["cookie", "cookies"],
  ] as const) {
    for (const parameter of parametersIn(c.operation, place)) {
      const { name } = parameter;
      const put = (value: unknown): Case => ({ ...c, [part]: { ...c[part], [name]: value } });
      yield { about: { in: place, name }, schema: schemaOf(parameter).schema, value: c[part]?.[name], put };
    }
  }
  const { body } = c;
  const schema = body && c.operation.body?.content[body.type]?.schema;
  if (body && schema)
    yield {
      about: { in: "body", name: "" },
      schema,
      value: body.value,
      put: (value) => ({ ...c, body: { ...body, value } }),
    };
}

/** The case without what it must have, or with a query parameter that a closed query does not have. */
function* structural(c: Case): Iterable<{ case: Case; about: CaseAbout }> {
  for (const [place, part] of [
    ["query", "query"],
    ["header", "headers"],
    ["cookie", "cookies"],
  ] as const) {
    for (const { name, required } of parametersIn(c.operation, place)) {
      if (required !== true) continue;
      const about: CaseAbout = { in: place, name, keyword: "required", path: "", what: `without ${name}` };
      yield { case: { ...c, [part]: { ...c[part], [name]: undefined } }, about };
    }
  }
  const { body, ...rest } = c;
  if (body && c.operation.body?.required) {
    yield { case: rest, about: { in: "body", name: "", keyword: "required", path: "", what: "without a body" } };
  }
  if (c.operation.extensions["x-closed-query"] !== true) return;
  const taken = new Set(parametersIn(c.operation, "query").map(({ name }) => name));
  for (const name of [
    "unknown_parameter",
    "__proto__",
    "constructor",
    ...[...taken].slice(0, 1).map((one) => one.toUpperCase()),
  ]) {
    if (taken.has(name)) continue;
    const about: CaseAbout = {
      in: "query",
      name,
      keyword: "additionalProperties",
      path: "",
      what: `the parameter ${name}`,
    };
    yield { case: { ...c, query: { ...c.query, [name]: "1" } }, about };
  }
}

/**
 * The cases at every boundary of an operation's parameters and body, each the base with one place changed. `side` is what
 * `violations` says; what it cannot decide, or calls otherwise than the boundary claims, is left out.
 */
export function* boundaryCases(
  document: OpenApiDocument,
  operation: DocumentedOperation,
  options: CaseOptions = {},
): Iterable<JudgedCase> {
  const maker = new CaseMaker(document, operation, options);
  const plain = maker.plain();
  const source = sourceOf(document);
  for (const { about, schema, value, put } of placesOf(plain)) {
    for (const edge of boundaries(source, schema, { base: value })) {
      if (edge.what === "NUL" && options.nul === false) continue;
      const made = put(edge.value);
      if (maker.judge(made).verdict !== edge.side) continue;
      yield {
        case: made,
        about: { ...about, keyword: edge.keyword, path: edge.path, what: edge.what },
        side: edge.side,
      };
    }
  }
  for (const { case: made, about } of structural(plain)) {
    if (maker.judge(made).verdict === "invalid") yield { case: made, about, side: "invalid" };
  }
}

/**
 * Arbitrary of cases with one thing wrong: `violations` calls every one invalid, after it is written and read back.
 * Undefined where nothing that can be sent to the operation is wrong.
 */
export function negativeCases(
  document: OpenApiDocument,
  operation: DocumentedOperation,
  options: CaseOptions = {},
): fc.Arbitrary<{ case: Case; about: CaseAbout }> | undefined {
  const maker = new CaseMaker(document, operation, options);
  const view = viewOf(sourceOf(document), "request");
  const make = (random: fc.Random): { case: Case; about: CaseAbout } | undefined => {
    const c = maker.positive(random);
    if (!c) return undefined;
    const places = [...placesOf(c)];
    const gaps = [...structural(c)];
    const chosen = oneOf(random, [...places, ...places, ...gaps]);
    if (chosen === undefined) return undefined;
    if ("case" in chosen) return maker.judge(chosen.case).verdict === "invalid" ? chosen : undefined;
    const node = nodeOf(view, chosen.schema);
    const broken = breakOne(node, chosen.value ?? maker.example(chosen.schema), random);
    if (!broken) return undefined;
    const { keyword, path, what } = broken;
    const found = { case: chosen.put(broken.value), about: { ...chosen.about, keyword, path, what } };
    return maker.judge(found.case).verdict === "invalid" ? found : undefined;
  };
  const random = randomOf(1);
  const exists = Array.from({ length: 100 }).some(() => make(random) !== undefined);
  return exists ? new Until(`request that ${operation.id} must refuse`, make) : undefined;
}
