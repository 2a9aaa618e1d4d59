import type { z } from "@hono/zod-openapi";

type Def = {
  type: string;
  innerType?: z.ZodType;
  options?: readonly z.ZodType[];
  element?: z.ZodType;
  entries?: Record<string, string>;
  values?: unknown[];
  defaultValue?: unknown;
  shape?: Record<string, z.ZodType>;
  in?: z.ZodType;
};

/** The example that a schema was given itself, if any. */
function exampleGiven(schema: z.ZodType | undefined): unknown {
  const meta = schema?.meta() as { example?: unknown; examples?: unknown[] } | undefined;
  // An example may be null.
  return meta?.example === undefined ? meta?.examples?.[0] : meta.example;
}

/**
 * The example of a schema, put together from its fields' `.meta({ example })`. Mock, docs, CLI and MCP live off these,
 * so a field that yields none is an error at load: `where` names it.
 */
export function exampleOf(schema: z.ZodType, where: string): unknown {
  const given = exampleGiven(schema);
  if (given !== undefined) return given;
  // Every Zod schema carries `def`; the union of its shapes is too wide for the compiler, so only what is read is named.
  const def = schema.def as Def;
  switch (def.type) {
    case "object":
      return Object.fromEntries(
        Object.entries(def.shape ?? {}).map(([key, field]) => [key, exampleOf(field, `${where}.${key}`)]),
      );
    case "array":
      return def.element ? [exampleOf(def.element, `${where}[]`)] : [];
    case "enum":
      return Object.values(def.entries ?? {})[0];
    case "literal":
      return def.values?.[0];
    case "boolean":
      return true;
    case "null":
      return null;
    case "default":
      return exampleGiven(def.innerType) ?? def.defaultValue;
    case "optional":
    case "nullable":
    case "readonly":
      return def.innerType ? exampleOf(def.innerType, where) : null;
    case "union":
      return def.options?.[0] ? exampleOf(def.options[0], where) : null;
    case "record":
      return {};
    default:
      throw new Error(`${where} needs an example: add .meta({ example: … })`);
  }
}
