import { z } from "@hono/zod-openapi";
import { exampleOf } from "./examples.ts";

export { z };

/** The part of a Zod schema that types are read from: cheap for the compiler, unlike `z.ZodType` constraints. */
export type Schema = { readonly _zod: { readonly input: unknown; readonly output: unknown } };
export type Output<S extends Schema> = S["_zod"]["output"];
export type Input<S extends Schema> = S["_zod"]["input"];
/** `z.core.$ZodType`, as proving a new field to be the far wider `z.ZodType` costs the compiler eight times as much. */
type Fields = Record<string, z.core.$ZodType>;

/** Every schema is made by `z`, and so has all methods; only the constraints above know less, to be cheap. */
const full = (schema: Schema): z.ZodType => schema as z.ZodType;

/** Component name of every schema made by `schema()`, `input()` or `patch()`. */
const names = new WeakMap<object, string>();

/** The component name under which a schema stands in the document, if it has one. */
export function nameOf(schema: object): string | undefined {
  return names.get(schema);
}

function named<S extends z.ZodObject>(name: string, about: string, object: S, apart: readonly string[] = []): S {
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name)) throw new Error(`Schema name "${name}" must be PascalCase`);
  for (const [key, field] of Object.entries(object.shape)) {
    if (!describes(full(field))) throw new Error(`${name}.${key} needs a description: add .describe("…")`);
  }
  // Holds because an object's example is put together from its fields.
  const whole = exampleOf(object, name) as Readonly<Record<string, unknown>>;
  const example = Object.fromEntries(Object.entries(whole).filter(([key]) => !apart.slice(1).includes(key)));
  // Linters want every required property to be named beside.
  const both = { properties: Object.fromEntries(apart.map((key) => [key, {}])), required: [...apart] };
  const not = apart.length > 0 ? { not: both } : {};
  const result = object.openapi(name, { description: about, examples: [example], ...not });
  names.set(result, name);
  // The generator makes of it an allOf of the two; when they are closed, nothing satisfies both.
  Object.assign(result, {
    extend: () => {
      throw new Error(`${name}.extend(): spread the fields into a schema of their own instead`);
    },
  });
  const parsed = result.safeParse(example);
  if (!parsed.success) throw new Error(`The example of ${name} does not fit it: ${parsed.error.message}`);
  return result;
}

function describes(field: z.ZodType): boolean {
  if (field.description || nameOf(field)) return true;
  const def = field.def as { innerType?: z.ZodType; options?: z.ZodType[]; element?: z.ZodType };
  if (def.innerType) return describes(def.innerType);
  return def.options?.some(describes) ?? (def.element ? describes(def.element) : false);
}

/** What the API answers: open for readers, stripped to these fields at run time. */
export function schema<F extends Fields>(name: string, about: string, fields: F): z.ZodObject<F, z.core.$strip> {
  return named(name, about, z.object(fields));
}

/** What the API takes: closed, an unknown field is a 400 (`additionalProperties: false`). */
export function input<F extends Fields>(name: string, about: string, fields: F): z.ZodObject<F, z.core.$strict> {
  return named(name, about, z.strictObject(fields));
}

/** What the API takes, of which two optional fields must not come together; the example has the first. */
export function inputApart<F extends Fields>(
  name: string,
  about: string,
  apart: readonly [keyof F & string, keyof F & string],
  fields: F,
): z.ZodObject<F, z.core.$strict> {
  const [first, second] = apart;
  const both = (value: object) => first in value && second in value;
  const object = z.strictObject(fields).refine((value) => !both(value), {
    path: [second],
    message: `must not come together with ${first}`,
  });
  return named(name, about, object, apart);
}

type Optional<F extends Fields> = { [K in keyof F]: z.ZodOptional<F[K]> };

/** A merge patch (RFC 7396): closed, every field optional; absent keeps, and null clears where a field is nullable. */
export function patch<F extends Fields>(
  name: string,
  about: string,
  fields: F,
): z.ZodObject<Optional<F>, z.core.$strict> {
  const optional: Fields = {};
  for (const [key, field] of Object.entries(fields)) {
    if (full(field).def.type === "default")
      throw new Error(`${name}.${key}: a patch field with a default would overwrite`);
    optional[key] = full(field).optional();
  }
  // Holds because every entry of `fields`, and no other, was wrapped above.
  return named(name, about, z.strictObject(optional as Optional<F>));
}

/**
 * `S` or null. On a named schema it is a union: `.nullable()` there emits a document that never allows null, or that makes
 * the whole component nullable (stack.md, Traps).
 */
export function nullable<S extends Schema>(inner: S): z.ZodType<Output<S> | null, Input<S> | null> {
  const either = nameOf(inner) ? z.union([full(inner), z.null()]) : full(inner).nullable();
  // Holds for both: what `inner` takes and gives, or null.
  return either as z.ZodType<Output<S> | null, Input<S> | null>;
}

/**
 * A schema whose values are under a rule that no keyword says, such as "lies in the future": it stands in the document as
 * `x-rule`, so that tools know a value may be refused though its form is right. The description says it too.
 */
export function ruled<S extends z.ZodType>(inner: S, rule: string): S {
  return inner.meta({ "x-rule": rule });
}

/** A time that must lie ahead when it is sent: `x-future` in the document, so that tools know a past one is refused. */
export function ahead<S extends z.ZodType>(inner: S): S {
  return inner.meta({ "x-future": true });
}

/**
 * A time of an answer that lies so many seconds after the field `from` beside it, or else after the answer: `x-lasts` in the
 * document, so that tools can hold it to that. The description says it too.
 */
export function lasts<S extends z.ZodType>(inner: S, seconds: number, from?: string): S {
  return inner.meta({ "x-lasts": { seconds, ...(from === undefined ? {} : { from }) } });
}

/** A field whose values differ among all items of a list: `x-distinct` in the document. */
export function distinct<S extends z.ZodType>(inner: S): S {
  return inner.meta({ "x-distinct": true });
}

/** A named list of words, documented once and referred to. */
export function choice<const V extends readonly [string, ...string[]]>(name: string, about: string, values: V) {
  const result = z.enum(values).openapi(name, { description: about });
  names.set(result, name);
  return result;
}

/** Crockford base 32 in lower case: no i, l, o, u. 26 of them hold 128 bits, the first at most 7. */
const ID_BODY = "[0-7][0-9a-hjkmnp-tv-z]{25}";

/** An opaque, prefixed, time-ordered id such as `per_01k4…`. Its example depends on the prefix alone, so examples resolve. */
export function id(prefix: string, about = `Opaque id, \`${prefix}_\` and 26 characters`): z.ZodString {
  return z
    .string()
    .regex(new RegExp(`^${prefix}_${ID_BODY}$`), `must be an id that begins with ${prefix}_`)
    .describe(about)
    .meta({ example: exampleId(prefix) });
}

/** The example that every id of a prefix has: for fields that may hold ids of several kinds. */
export const exampleId = (prefix: string): string => `${prefix}_01k4zn8w3v7q2m5t9r6x0h1c${tail(prefix)}`;

const tail = (prefix: string): string => {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const sum = [...prefix].reduce((n, c) => (n * 31 + c.charCodeAt(0)) >>> 0, 7);
  return `${alphabet.charAt(sum % 32)}${alphabet.charAt((sum >>> 5) % 32)}`;
};

const MILLISECONDS = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$/;

/** RFC 3339 in UTC with milliseconds, such as `2026-01-15T09:30:00.000Z`: texts that sort as their times do. */
export function timestamp(about: string): z.ZodISODateTime {
  return (
    z.iso
      .datetime({ precision: 3 })
      .regex(MILLISECONDS, "must be a time such as 2026-01-15T09:30:00.000Z")
      .describe(about)
      // The generator forgets the format of a text that has a pattern too.
      .meta({ example: "2026-01-15T09:30:00.000Z", format: "date-time" })
  );
}

/** What a client may send as a time; years that every store and the answers' form can hold. */
const MOMENT =
  /^(19|[2-8][0-9]|9[0-8])[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$/;

/** A time that a client sends: RFC 3339 with any offset that is in use, and any fraction, in capitals, from the year 1900 to 9899. */
export function moment(about: string): z.ZodISODateTime {
  return (
    z.iso
      .datetime({ offset: true })
      .regex(MOMENT, "must be a time such as 2026-01-15T09:30:00Z, from 1900 to 9899")
      .describe(about)
      // The generator forgets the format of a text that has a pattern too.
      .meta({ example: "2026-01-15T09:30:00.000Z", format: "date-time" })
  );
}

const secrets = z.registry<{ secret: true }>();

/** A field shown once: never stored with an idempotency record, never logged. `x-secret` in the document. */
export function secret<S extends Schema>(field: S): S {
  const marked = full(field).meta({ ...full(field).meta(), "x-secret": true });
  secrets.add(marked, { secret: true });
  // `meta()` copies a schema and keeps its type.
  return marked as unknown as S;
}

/** Whether `secret()` marked this very schema. */
export function isSecret(field: z.ZodType): boolean {
  return secrets.has(field);
}

type QueryInteger = z.ZodType<number, string | undefined>;

/**
 * A query integer. Digits alone: `1e3`, ` 5`, `05`, `+5` and the empty string are refused, where coercion would take
 * them. Documented as `integer`, never `number | null`.
 */
export function whole(range: { min: number; max: number; about: string; default?: number }): QueryInteger {
  const { min, max, about } = range;
  const digits = z
    .string()
    .regex(/^(0|[1-9][0-9]{0,14})$/, `must be a whole number from ${min} to ${max}, in digits`)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
  const documented = { type: "integer", minimum: min, maximum: max } as const;
  if (range.default === undefined) return digits.openapi(documented).describe(about);
  return digits
    .default(range.default)
    .openapi({ ...documented, default: range.default })
    .describe(about);
}

/** A query boolean: exactly `true` or `false`. */
export function flag(about: string): z.ZodType<boolean, string> {
  return z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .openapi({ type: "boolean", description: about })
    .describe(about);
}

function requireDescriptions(fields: Fields): void {
  for (const [key, field] of Object.entries(fields)) {
    if (!describes(full(field))) throw new Error(`query.${key} needs a description`);
  }
}

/** A query: closed, unknown and duplicated parameters are a 400. */
export function query<F extends Fields>(fields: F): z.ZodObject<F, z.core.$strict> {
  requireDescriptions(fields);
  return z.strictObject(fields);
}

/** A query that others add to, with `closedQuery: false`: what it does not name is ignored. */
export function openQuery<F extends Fields>(fields: F): z.ZodObject<F, z.core.$strip> {
  requireDescriptions(fields);
  return z.object(fields);
}

/** Query parameters that may repeat: `?scope=a&scope=b`. One value is a list of one (the library alone refuses it). */
export function many<S extends z.core.$ZodType>(item: S, about: string, max = 100): z.ZodArray<S> {
  return z.array(item).min(1).max(max).describe(about);
}
