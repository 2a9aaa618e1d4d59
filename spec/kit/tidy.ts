/** JSON as it stands in a document. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Obj = { [key: string]: Json };
const isObject = (value: Json | undefined): value is Obj =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Keys whose objects map free names to things, so that their own keys are no schema words. */
const MAPS = new Set(["properties", "examples", "headers", "responses", "paths", "webhooks", "content"]);

/**
 * Puts right what the generator leaves: `example` of a schema becomes `examples` (OpenAPI 3.1 §4.8.24 deprecates it), a
 * one-value `enum` becomes `const`, parameters carry their description once, and empty maps go.
 */
export function tidy(value: Json, key = ""): Json {
  if (Array.isArray(value)) return value.map((item) => tidy(item, key === "required" ? "" : key));
  if (!isObject(value)) return value;
  const isMap = MAPS.has(key);
  const result: Obj = {};
  for (const [name, child] of Object.entries(value)) {
    if (isMap) result[name] = tidy(child);
    else if (name === "examples" || name === "example" || name === "x-effect" || name === "default")
      result[name] = child;
    else result[name] = tidy(child, name);
  }
  if (isMap) return result;
  const { example, ...rest } = result;
  const clean: Obj = rest;
  if (example !== undefined) {
    if ("type" in clean || "oneOf" in clean || "anyOf" in clean) clean.examples = [example];
    else clean.example = example;
  }
  if (Array.isArray(clean.enum) && clean.enum.length === 1 && clean.enum[0] !== undefined) {
    clean.const = clean.enum[0];
    delete clean.enum;
  }
  if ("in" in clean && "name" in clean && isObject(clean.schema)) return parameter(clean, clean.schema);
  return clean;
}

function parameter(whole: Obj, schema: Obj): Obj {
  const { description, examples, ...bare } = schema;
  const optional = whole.required !== true;
  // An example on an optional query parameter would be filled into every try-it request by the reference page.
  const kept = optional && whole.in === "query" ? bare : { ...bare, ...(examples === undefined ? {} : { examples }) };
  return { ...whole, ...(description === undefined ? {} : { description }), schema: kept };
}
