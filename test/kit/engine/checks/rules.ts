import type { DocumentedOperation, JsonSchema } from "../../document.ts";
import type { Base, Case } from "../../generate/wire.ts";
import { parametersIn, schemaOf } from "../../generate/wire.ts";
import type { Schemas } from "../../schemas.ts";
import { isRecord } from "./compare.ts";

/** What says that a value may be refused though its schema takes it. */
const RULES = ["x-rule", "x-future"];

/**
 * Whether a case has another value than the known one where the schema states an `x-rule`: a rule in words that no
 * keyword can say, such as "lies in the future". A server may refuse such a value though its schema takes it.
 */
export function touchesRule(schemas: Schemas, op: DocumentedOperation, c: Case, base: Base): boolean {
  const parameters = (["path", "query", "header"] as const).some((place) => {
    const part = place === "header" ? "headers" : place;
    return parametersIn(op, place).some((one) => {
      const { schema } = schemaOf(one);
      return ruled(schemas, schema, c[part][one.name], base[part]?.[one.name]);
    });
  });
  const schema = c.body && op.body?.content[c.body.type]?.schema;
  return parameters || (schema !== undefined && ruled(schemas, schema, c.body?.value, base.body?.value));
}

function ruled(schemas: Schemas, schema: JsonSchema, value: unknown, known: unknown): boolean {
  if (value === undefined || value === null || JSON.stringify(value) === JSON.stringify(known)) return false;
  const found = schemas.of(schema);
  if (RULES.some((rule) => schema[rule] !== undefined || found[rule] !== undefined)) return true;
  if (Array.isArray(value)) return value.some((item) => ruled(schemas, found.items ?? {}, item, undefined));
  if (!isRecord(value)) return false;
  return Object.entries(value).some(([name, one]) =>
    ruled(schemas, found.properties?.[name] ?? {}, one, isRecord(known) ? known[name] : undefined),
  );
}
