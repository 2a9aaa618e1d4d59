import type { ValidateFunction } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { Closing } from "./closed.ts";
import type { JsonSchema, OpenApiDocument } from "./document.ts";
import { ajvPatterns } from "./generate/patterns.ts";

/** Tells whether a value fits a schema of a document; the function keeps Ajv's errors of its last answer. */
export type Validator = (schema: JsonSchema | boolean) => ValidateFunction;

function isTimezone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined && !/^[+-]/.test(name);
  } catch {
    return false;
  }
}

/** Formats where ajv-formats takes more than the RFC: a blank for `T`, `+01`, `urn:uuid:`, one good line of many. */
const STRICTER: Readonly<Record<string, RegExp>> = {
  "date-time": /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  time: /^\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/,
  uuid: /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/,
};
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Every format that the judge knows; one it does not know is not checked. */
function withFormats(ajv: Ajv2020): Ajv2020 {
  addFormats.default(ajv);
  for (const [name, stricter] of Object.entries(STRICTER)) {
    const known = ajv.formats[name];
    const validate = typeof known === "object" && "validate" in known ? known.validate : known;
    ajv.addFormat(name, (text: string) => {
      if (!stricter.test(text)) return false;
      if (validate instanceof RegExp) return validate.test(text);
      // The formats named above check strings, at once.
      return typeof validate === "function" ? (validate as (text: string) => boolean)(text) : true;
    });
  }
  ajv.addFormat("byte", BASE64);
  const INT64 = 2 ** 63;
  ajv.addFormat("int64", { type: "number", validate: (n: number) => Number.isInteger(n) && n >= -INT64 && n < INT64 });
  ajv.addFormat("iana-timezone", isTimezone);
  return ajv;
}

/** Points the `$ref`s inside a schema at the whole document, wherever the schema itself stands. */
function intoDocument(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(intoDocument);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === "$ref" && typeof item === "string" && item.startsWith("#")
        ? [key, `contract${item}`]
        : [key, intoDocument(item)],
    ),
  );
}

/**
 * A JSON Schema 2020-12 validator over a document's components. `adapt` rewrites every schema before it is compiled, such
 * as to make it refuse what it does not name. `allErrors: false` stops at the first error, which is faster.
 */
export function schemaValidator(
  document: OpenApiDocument,
  adapt: (schema: unknown) => unknown = asItIs,
  { allErrors = true }: { allErrors?: boolean } = {},
): Validator {
  // Compiling is most of what a short run costs: runs on one document share it.
  const known = validators.get(document)?.find((one) => one.adapt === adapt && one.allErrors === allErrors);
  if (known) return known.validator;
  const validator = newValidator(document, adapt, allErrors);
  validators.set(document, [...(validators.get(document) ?? []), { adapt, allErrors, validator }]);
  return validator;
}

const asItIs = (schema: unknown) => schema;
const validators = new WeakMap<
  OpenApiDocument,
  readonly {
    readonly adapt: (schema: unknown) => unknown;
    readonly allErrors: boolean;
    readonly validator: Validator;
  }[]
>();

function newAjv(allErrors: boolean): Ajv2020 {
  return withFormats(
    new Ajv2020({
      strict: false,
      allErrors,
      validateFormats: true,
      // A field named `constructor` is missing until the value has one of its own.
      ownProperties: true,
      // 0.3 is a multiple of 0.1, whatever binary fractions make of it.
      multipleOfPrecision: 9,
      code: { regExp: ajvPatterns },
      logger: false,
    }),
  );
}

function newValidator(document: OpenApiDocument, adapt: (schema: unknown) => unknown, allErrors: boolean): Validator {
  const ajv = newAjv(allErrors).addSchema(adapt(document) as object, "contract");
  return compiler(ajv, (schema) => intoDocument(adapt(schema)) as JsonSchema | boolean);
}

/** Compiles every schema once. */
function compiler(ajv: Ajv2020, read: (schema: JsonSchema | boolean) => JsonSchema | boolean): Validator {
  const made = new Map<JsonSchema | boolean, ValidateFunction>();
  return (schema) => {
    const known = made.get(schema);
    if (known) return known;
    const validate = ajv.compile(read(schema));
    made.set(schema, validate);
    return validate;
  };
}

const closedValidators = new WeakMap<OpenApiDocument, Validator>();

/** The same for answers, with every object closed: a field that its schema does not name is an error, too. */
export function closedValidator(document: OpenApiDocument): Validator {
  const known = closedValidators.get(document);
  if (known) return known;
  const ajv = newAjv(true).addSchema(document, "contract");
  const made = compiler(ajv, new Closing(document, ajv).close);
  closedValidators.set(document, made);
  return made;
}

/** The formats that `schemaValidator` checks. */
export const KNOWN_FORMATS: ReadonlySet<string> = new Set(Object.keys(withFormats(new Ajv2020()).formats));
