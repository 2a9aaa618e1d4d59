import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import type { JsonSchema, OpenApiDocument } from "./document.ts";

/** Tells whether a value fits a schema of a document; the function keeps Ajv's errors of its last answer. */
export type Validator = (schema: JsonSchema) => ValidateFunction;

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/**
 * A JSON Schema 2020-12 validator over a document's components. `adapt` rewrites every schema before it is compiled, such
 * as to make it refuse what it does not name.
 */
export function schemaValidator(
  document: OpenApiDocument,
  adapt: (schema: unknown) => unknown = (schema) => schema,
): Validator {
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  ajv.addFormat("iana-timezone", isTimezone);
  ajv.addSchema(adapt(document) as object, "contract");
  const made = new Map<JsonSchema, ValidateFunction>();
  return (schema) => {
    const known = made.get(schema);
    if (known) return known;
    const text = JSON.stringify(adapt(schema)).replaceAll('"#/components/', '"contract#/components/');
    const validate = ajv.compile(JSON.parse(text) as object);
    made.set(schema, validate);
    return validate;
  };
}
