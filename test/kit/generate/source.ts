import type { ErrorObject, ValidateFunction } from "ajv";
import { type JsonSchema, type OpenApiDocument, resolve } from "../document.ts";
import { schemaValidator, type Validator } from "../validator.ts";
import { PatternTimeout } from "./patterns.ts";

/** JSON Schema as it may stand anywhere: `true` takes every value, `false` none. */
export type Schema = JsonSchema | boolean;

/** Which way a value goes: `readOnly` fields are left out of a request, `writeOnly` ones out of a response. */
export type Side = "request" | "response";

/** A schema in its document, and the way in which its values are judged. */
export type View = { readonly source: SchemaSource; readonly side: Side };

const LEFT_OUT: Readonly<Record<Side, string>> = { request: "readOnly", response: "writeOnly" };

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** No value, or no request, was found that a schema allows, or that it refuses; the message says of which. */
export class Unmakeable extends Error {
  override readonly name = "Unmakeable";
}

/** The schemas of a document: their references, and the judge of their values. */
export class SchemaSource {
  readonly document: OpenApiDocument;
  readonly #all: Record<Side, Validator>;
  readonly #first: Record<Side, Validator>;

  constructor(document: OpenApiDocument) {
    this.document = document;
    const make = (side: Side, allErrors: boolean) =>
      schemaValidator(document, (one) => this.#adapt(one, side), { allErrors });
    this.#all = { request: make("request", true), response: make("response", true) };
    this.#first = { request: make("request", false), response: make("response", false) };
  }

  /** The schema that a reference leads to, without what stands beside the reference. */
  follow(schema: JsonSchema): Schema {
    return resolve<Schema>(this.document, schema);
  }

  /** Whether a field is not to be sent this way. */
  isLeftOut(schema: Schema, side: Side): boolean {
    if (!isObject(schema)) return false;
    if (schema[LEFT_OUT[side]] === true) return true;
    return schema.$ref !== undefined && this.isLeftOut(this.follow(schema), side);
  }

  /** Whether a value fits. A pattern that takes too long counts as no: use `errors` to tell the two apart. */
  fits(side: Side, schema: Schema, value: unknown): boolean {
    try {
      return this.#first[side](schema)(value) === true;
    } catch (error) {
      if (error instanceof PatternTimeout) return false;
      throw error;
    }
  }

  /** Everything that is wrong with a value: none when it fits, undefined when a pattern takes too long to tell. */
  errors(side: Side, schema: Schema, value: unknown): readonly ErrorObject[] | undefined {
    const validate: ValidateFunction = this.#all[side](schema);
    try {
      return validate(value) === true ? [] : (validate.errors ?? []);
    } catch (error) {
      if (error instanceof PatternTimeout) return undefined;
      throw error;
    }
  }

  /** OpenAPI 3.1 §4.8.24: a `readOnly` field that is required is so in the response alone, a `writeOnly` one in the request. */
  #adapt(value: unknown, side: Side): unknown {
    if (Array.isArray(value)) return value.map((item) => this.#adapt(item, side));
    if (!isObject(value)) return value;
    const adapted = Object.entries(value).map(([key, item]) => {
      const isList = key === "required" && Array.isArray(item) && isObject(value.properties);
      return [key, isList ? this.#stillRequired(value, item, side) : this.#adapt(item, side)] as const;
    });
    return Object.fromEntries(adapted);
  }

  #stillRequired(schema: JsonSchema, required: readonly unknown[], side: Side): unknown[] {
    const fields = schema.properties ?? {};
    return required.filter((name) => !(typeof name === "string" && this.isLeftOut(fields[name] ?? true, side)));
  }
}
