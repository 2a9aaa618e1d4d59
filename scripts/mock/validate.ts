import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { parseQuery } from "../../server/kit/query.ts";
import { badText } from "../../server/kit/validate.ts";
import type { Issue } from "../../spec/kit/errors.ts";
import { type Contract, jsonSchema, type Parameter, type Route, type Schema } from "./contract.ts";

const article = (type: unknown) => (/^[aeio]/.test(String(type)) ? `an ${type}` : `a ${type}`);
const count = (n: unknown, unit: string) => `${n} ${unit}${n === 1 ? "" : "s"}`;

/** JSON Schema keyword to the code and words that the live server (server/kit/validate.ts) has for the same mistake. */
const WORDS: Record<string, [code: string, words: (params: Record<string, unknown>) => string]> = {
  type: ["invalid_type", ({ type }) => `must be ${[type].flat().map(article).join(" or ")}`],
  minLength: ["too_small", ({ limit }) => `must have at least ${count(limit, "character")}`],
  maxLength: ["too_big", ({ limit }) => `must have at most ${count(limit, "character")}`],
  minItems: ["too_small", ({ limit }) => `must have at least ${count(limit, "item")}`],
  maxItems: ["too_big", ({ limit }) => `must have at most ${count(limit, "item")}`],
  items: ["too_big", ({ limit }) => `must have at most ${count(limit, "item")}`],
  minimum: ["too_small", ({ limit }) => `must be at least ${limit}`],
  maximum: ["too_big", ({ limit }) => `must be at most ${limit}`],
  exclusiveMinimum: ["too_small", ({ limit }) => `must be more than ${limit}`],
  exclusiveMaximum: ["too_big", ({ limit }) => `must be less than ${limit}`],
  enum: ["invalid_value", ({ allowedValues }) => `must be one of ${[allowedValues].flat().slice(0, 50).join(", ")}`],
  const: ["invalid_value", ({ allowedValue }) => `must be ${allowedValue}`],
  format: ["invalid_format", ({ format }) => `must be a valid ${format}`],
  pattern: ["invalid_format", ({ pattern }) => `must match ${pattern}`],
  anyOf: ["invalid_union", () => "must be one of the kinds that the reference lists"],
  oneOf: ["invalid_union", () => "must be one of the kinds that the reference lists"],
};

/** A request as far as it is checked: its query string with the `?`, its headers by name, its body parsed if it is JSON. */
export type Checked = { search: string; header: (name: string) => string | undefined; body?: unknown };

function toIssue(where: string, error: ErrorObject): Issue {
  const { missingProperty, additionalProperty, unevaluatedProperty } = error.params;
  const inside = error.instancePath
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  const key: unknown = missingProperty ?? additionalProperty ?? unevaluatedProperty;
  const path = [where, ...inside, ...(typeof key === "string" ? [key] : [])].join(".");
  if (missingProperty !== undefined) return { path, code: "required", message: "is required" };
  if (key !== undefined) return { path, code: "unrecognized_key", message: "is not a field of this request" };
  const [code, words] = WORDS[error.keyword] ?? ["custom", () => error.message ?? "does not fit the contract"];
  return { path, code, message: words(error.params) };
}

/** Drops what a union with null adds to each mistake in its other branch: "must be null", "must match a schema in anyOf". */
function plain(errors: ErrorObject[]): ErrorObject[] {
  const unions = new Set(errors.filter(({ keyword }) => keyword === "anyOf" || keyword === "oneOf"));
  const noise = (error: ErrorObject) =>
    unions.has(error) ||
    (error.keyword === "type" &&
      error.params.type === "null" &&
      [...unions].some((union) => union.instancePath === error.instancePath));
  const kept = errors.filter((error) => !noise(error));
  return kept.length > 0 ? kept : errors;
}

/** What a parameter's text says in the type that its schema wants; text that says nothing of the kind stays text. */
function typed(text: string, type: string | string[] | undefined): unknown {
  const types = [type].flat();
  if (types.includes("integer") && /^-?(0|[1-9]\d{0,14})$/.test(text)) return Number(text);
  if (types.includes("number") && /^-?(0|[1-9]\d{0,14})(\.\d+)?$/.test(text)) return Number(text);
  if (types.includes("boolean") && (text === "true" || text === "false")) return text === "true";
  return text;
}

function isTimeZone(name: string): boolean {
  try {
    // An offset, which newer engines take for a zone, is none by name.
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/**
 * Makes the function that holds a request against its operation and returns every issue, in the live server's words.
 * Ajv does it rather than Prism, which knows half of JSON Schema 2020-12 and is lax on query strings.
 */
export function validator(contract: Contract): (route: Route, request: Checked) => Issue[] {
  const ajv = new Ajv2020({ strict: false, allErrors: true, logger: false });
  formats.default(ajv);
  ajv.addFormat("iana-timezone", isTimeZone);
  ajv.addSchema(contract, "contract", undefined, false);
  const compiled = new WeakMap<Schema, ValidateFunction>();
  const check = (schema: Schema | undefined, where: string, value: unknown): Issue[] => {
    if (!schema) return [];
    let validate = compiled.get(schema);
    if (!validate) {
      const rebased: Schema = JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"contract#/'));
      validate = ajv.compile(rebased);
      compiled.set(schema, validate);
    }
    return validate(value) ? [] : plain(validate.errors ?? []).map((error) => toIssue(where, error));
  };

  const queryIssues = (route: Route, search: string): Issue[] => {
    const known = new Map(route.parameters.filter((one) => one.in === "query").map((one) => [one.name, one]));
    const isList = ({ schema }: Parameter) => [schema?.type].flat().includes("array");
    const shape = new Map([...known].map(([name, one]) => [name, isList(one) ? "many" : "one"] as const));
    const { values, issues } = parseQuery(search, shape);
    for (const [name, value] of Object.entries(values)) {
      const schema = known.get(name)?.schema;
      const where = `query.${name}`;
      if (known.has(name)) {
        const read = Array.isArray(value)
          ? value.map((item) => typed(String(item), schema?.items?.type))
          : typed(String(value), schema?.type);
        issues.push(...check(schema, where, read), ...badText(where, read));
      } else if (route.operation["x-closed-query"] !== false) {
        issues.push({ path: where, code: "unrecognized_key", message: "is not a parameter of this operation" });
      }
    }
    for (const { name, required } of known.values()) {
      if (required && !(name in values))
        issues.push({ path: `query.${name}`, code: "required", message: "is required" });
    }
    return issues;
  };

  const headerIssues = ({ name, required, schema }: Parameter, value: string | undefined): Issue[] => {
    const where = `headers.${name.toLowerCase()}`;
    if (value === undefined) return required ? [{ path: where, code: "required", message: "is required" }] : [];
    // One sentence a header: a bad one breaks its length and its pattern at once, and the pattern says more.
    return check(schema, where, typed(value, schema?.type)).slice(-1);
  };

  return (route, { search, header, body }) => {
    const issues: Issue[] = [];
    if (body !== undefined) issues.push(...badText("body", body), ...check(jsonSchema(route), "body", body));
    for (const { name, schema } of route.parameters.filter((one) => one.in === "path")) {
      issues.push(...check(schema, `params.${name}`, typed(route.params[name] ?? "", schema?.type)));
    }
    issues.push(...queryIssues(route, search));
    for (const parameter of route.parameters.filter((one) => one.in === "header")) {
      issues.push(...headerIssues(parameter, header(parameter.name.toLowerCase())));
    }
    return issues;
  };
}
