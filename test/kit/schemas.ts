import { type JsonSchema, type OpenApiDocument, resolve } from "./document.ts";
import { NONE } from "./generate/build.ts";
import { nodeOf } from "./generate/node.ts";
import { sourceOf } from "./generate/sources.ts";
import { exampleOf, isId } from "./generate/spot.ts";
import { viewOf } from "./generate/values.ts";
import { schemaValidator } from "./validator.ts";

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A year from now: a time in an example is long past when it is read, and few requests take a past one. */
const AHEAD_MS = 365 * 86_400_000;

/** A text with its last characters replaced by as many of a number, the most first. */
const endings = (text: string, n: number): string[] =>
  Array.from({ length: Math.min(String(n).length, text.length) }, (_, at) => String(n).slice(at)).map(
    (digits) => text.slice(0, -digits.length) + digits,
  );

/** A schema with what its parts say: all fields, and keywords that it does not have itself. */
function merged(schema: JsonSchema, parts: readonly JsonSchema[]): JsonSchema {
  const all = [schema, ...parts];
  const properties = Object.assign({}, ...all.map((one) => one.properties ?? {}));
  const required = [...new Set(all.flatMap((one) => one.required ?? []))];
  const rest = Object.assign({}, ...parts.toReversed(), schema);
  return {
    ...rest,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required } : {}),
  };
}

/** What a document's schemas say of values: their examples, whether one fits, and others like it. */
export class Schemas {
  readonly #document: OpenApiDocument;
  readonly #validator: ReturnType<typeof schemaValidator>;
  readonly #made = new WeakMap<JsonSchema, unknown>();
  /** Schemas with their parts, each known by itself too, so that it is put together once. */
  readonly #merged = new WeakMap<JsonSchema, JsonSchema>();
  readonly #unmade = new WeakSet<JsonSchema>();
  /** Schemas whose example is being put together: one that is met again nests without end. */
  readonly #making = new Set<JsonSchema>();

  constructor(document: OpenApiDocument) {
    this.#document = document;
    this.#validator = schemaValidator(document);
  }

  /**
   * The schema itself: its `$ref` followed, of a choice the first branch that is not null, and with the fields that
   * parts of it name (`allOf`, a choice beside fields).
   */
  of(schema: JsonSchema): JsonSchema {
    const found = resolve<JsonSchema>(this.#document, schema);
    const branches = (found.anyOf ?? found.oneOf) as readonly JsonSchema[] | undefined;
    const branch = branches?.find((one) => one.type !== "null");
    if (branch && found.properties === undefined && found.allOf === undefined) return this.of(branch);
    const parts = [...((found.allOf ?? []) as readonly JsonSchema[]), ...(branch ? [branch] : [])].filter(isObject);
    if (parts.length === 0) return found;
    const known =
      this.#merged.get(found) ??
      merged(
        found,
        parts.map((one) => this.of(one)),
      );
    this.#merged.set(found, known).set(known, known);
    return known;
  }

  fits(schema: JsonSchema, value: unknown): boolean {
    return this.#validator(schema)(value) === true;
  }

  /** The schema's own example, or one put together from its parts. */
  example(schema: JsonSchema): unknown {
    const own = resolve<JsonSchema | boolean>(this.#document, schema);
    // JSON Schema 2020-12 §4.3.2: `true` takes anything, `false` nothing.
    if (typeof own === "boolean") return own ? "text" : undefined;
    const shown = [...[own.examples].flat(), own.example].find((one) => one !== undefined);
    if (shown !== undefined) return shown;
    const found = this.of(schema);
    if (found !== own) {
      const value = this.example(found);
      if (!this.#made.has(own)) this.#made.set(own, this.fits(own, value) ? value : this.#generated(own, value));
      return this.#made.get(own);
    }
    if (found.const !== undefined) return found.const;
    if (found.default !== undefined) return found.default;
    if (found.enum) return found.enum[0];
    if (!this.#made.has(found)) {
      this.#making.add(found);
      this.#made.set(found, this.#makeUp(found));
      this.#making.delete(found);
    }
    return this.#made.get(found);
  }

  /** Whether a schema is one of those that are being put together, so that an example of it would have no end. */
  #nests(schema: JsonSchema): boolean {
    return this.#making.has(this.of(schema));
  }

  /** A value for a schema that shows none: the same one each time. */
  #makeUp(found: JsonSchema): unknown {
    const assembled = this.#assembled(found);
    if (this.fits(found, assembled)) return assembled;
    return this.#generated(found, assembled);
  }

  /** A value where no plain one fits: a format, a pattern, bounds, a choice. The plain one where none is found. */
  #generated(schema: JsonSchema, plain: unknown): unknown {
    const made = exampleOf(nodeOf(viewOf(sourceOf(this.#document), "request"), schema));
    if (made !== NONE) return made;
    this.#unmade.add(schema);
    return plain;
  }

  /** Whether no value was found that fits a schema, so that its example is none. */
  isUnmade(schema: JsonSchema): boolean {
    this.example(schema);
    const own = resolve<JsonSchema | boolean>(this.#document, schema);
    return own === false || (own !== true && (this.#unmade.has(own) || this.#unmade.has(this.of(own))));
  }

  /** A value as a client may send it: without the fields that are the server's alone (`readOnly`). */
  writable(schema: JsonSchema, value: unknown): unknown {
    const found = this.of(schema);
    if (Array.isArray(value)) return value.map((item) => (found.items ? this.writable(found.items, item) : item));
    if (!isObject(value)) return value;
    const fields = found.properties ?? {};
    const kept = Object.entries(value).filter(([name]) => !fields[name] || this.of(fields[name]).readOnly !== true);
    return Object.fromEntries(
      kept.map(([name, item]) => [name, fields[name] ? this.writable(fields[name], item) : item]),
    );
  }

  #assembled(found: JsonSchema): unknown {
    switch (this.types(found)[0]) {
      case "object":
        return Object.fromEntries(
          Object.entries(found.properties ?? {})
            .filter(([, field]) => !this.#nests(field))
            .map(([name, field]) => [name, this.example(field)]),
        );
      case "array":
        return found.items && !this.#nests(found.items) ? [this.example(found.items)] : [];
      case "integer":
      case "number":
        return found.minimum ?? 1;
      case "boolean":
        return true;
      default:
        return "text";
    }
  }

  types(schema: JsonSchema): readonly string[] {
    const { type } = this.of(schema);
    if (type === undefined) return [];
    return typeof type === "string" ? [type] : type;
  }

  /**
   * A value like `value` that no other call has given: every free text carries `n`, and every time lies ahead. Texts of a
   * pattern or format that leaves no room (ids, time zones) stay; with `isTight` their last characters make the room, where
   * they name nothing else.
   */
  fresh(schema: JsonSchema, value: unknown, n: number, isTight = false): unknown {
    const found = this.of(schema);
    if (Array.isArray(value)) {
      return value.map((item) => (found.items ? this.fresh(found.items, item, n, isTight) : item));
    }
    if (isObject(value)) {
      const fields = found.properties ?? {};
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [
          name,
          fields[name] ? this.fresh(fields[name], item, n, isTight && !isId(name)) : item,
        ]),
      );
    }
    if (typeof value !== "string" || found.enum || found.const !== undefined) return value;
    if (found.format === "date-time") return new Date(Math.ceil((Date.now() + AHEAD_MS) / 1000) * 1000).toISOString();
    if (found.format === "email") return `${n}-${value}`;
    if (found.format === "uri") return [`${value}-${n}`].find((text) => this.fits(schema, text)) ?? value;
    if (found.format !== undefined) return value;
    const roomy = [`${value}-${n}`, `${n}-${value}`, `${value}${n}`];
    return [...roomy, ...(isTight ? endings(value, n) : [])].find((text) => this.fits(schema, text)) ?? value;
  }

  /** Names and values of the fields marked `x-secret` in an object of this schema. */
  secrets(schema: JsonSchema, value: unknown): string[] {
    if (!isObject(value)) return [];
    return Object.entries(this.of(schema).properties ?? {}).flatMap(([name, field]) => {
      const item = value[name];
      return this.of(field)["x-secret"] === true && typeof item === "string" ? [item] : this.secrets(field, item);
    });
  }
}
