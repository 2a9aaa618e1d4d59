import fc from "fast-check";
import type { DocumentedOperation, OpenApiDocument } from "../document.ts";
import { violations } from "./judge.ts";
import { nodeOf } from "./node.ts";
import type { ValuePool } from "./pool.ts";
import { oncePer, oneOf } from "./random.ts";
import { serialize } from "./serialize.ts";
import { Unmakeable } from "./source.ts";
import { sourceOf } from "./sources.ts";
import { exampleOf, isId, isObject } from "./spot.ts";
import { valid, viewOf } from "./values.ts";
import { type Base, type Case, type Parameter, parametersIn, schemaOf } from "./wire.ts";

export type CaseOptions = {
  /** Known good values: positive cases keep its ids, and stay near its body half of the time. */
  readonly base?: Base;
  readonly pool?: ValuePool | undefined;
  /** Whether texts may hold NUL; true unless told. */
  readonly nul?: boolean;
};

const TRIES = 100;

/** A value in which every id is the one that `base` has in the same place. */
function withIds(value: unknown, base: unknown): unknown {
  if (!isObject(value) || !isObject(base)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => {
      const known = base[name];
      return [name, isId(name) && known !== undefined && item !== null ? known : withIds(item, known)];
    }),
  );
}

/** Makes the values of one operation's requests. */
export class CaseMaker {
  readonly document: OpenApiDocument;
  readonly operation: DocumentedOperation;
  readonly options: CaseOptions;
  readonly base: Base;
  readonly #arbitraries = new Map<unknown, fc.Arbitrary<unknown>>();

  constructor(document: OpenApiDocument, operation: DocumentedOperation, options: CaseOptions) {
    this.document = document;
    this.operation = operation;
    this.options = options;
    this.base = options.base ?? {};
  }

  judge(c: Case) {
    return violations(this.document, this.operation, serialize(this.base, c));
  }

  #value(schema: Parameters<typeof valid>[1], random: fc.Random): unknown {
    const { pool, nul = true } = this.options;
    const known = this.#arbitraries.get(schema) ?? valid(sourceOf(this.document), schema, { pool, nul });
    this.#arbitraries.set(schema, known);
    return known.generate(random, undefined).value;
  }

  /** A case that the contract allows; undefined where luck made one that is not decidedly so. */
  positive(random: fc.Random): Case | undefined {
    const values = (place: Parameter["in"], known: Case["path"] = {}) => {
      const chosen = parametersIn(this.operation, place).flatMap((parameter): [string, unknown][] => {
        const { name, required } = parameter;
        const given = known[name];
        if (place === "path" && given !== undefined) return [[name, given]];
        // Headers mostly change what a request means: `If-Match`, `Range`.
        if (required !== true && given === undefined && !oncePer(random, place === "header" ? 10 : 3)) return [];
        const keeps = given !== undefined && (isId(name) || place === "header" || oncePer(random, 2));
        return [[name, keeps ? given : this.#value(schemaOf(parameter).schema, random)]];
      });
      return Object.fromEntries(chosen);
    };
    const body = this.#body(random);
    const c: Case = {
      operation: this.operation,
      path: values("path", this.base.path),
      query: values("query", this.base.query),
      headers: values("header", this.base.headers),
      cookies: values("cookie", this.base.cookies),
      ...(body ? { body } : {}),
    };
    return this.judge(c).verdict === "valid" ? c : undefined;
  }

  #body(random: fc.Random): Case["body"] {
    const { body } = this.operation;
    const types = Object.keys(body?.content ?? {});
    if (!body || types.length === 0 || (body.required !== true && oncePer(random, 10))) return undefined;
    const known = this.base.body;
    const type = known && !oncePer(random, 4) ? known.type : (oneOf(random, types) ?? "");
    const schema = body.content[type]?.schema ?? {};
    const value =
      schema.type === undefined && Object.keys(schema).every((word) => word === "description")
        ? "some text"
        : this.#value(schema, random);
    if (known?.type !== type) return { type, value };
    const { source, side } = viewOf(sourceOf(this.document), "request");
    const near = oncePer(random, 2) ? this.#mixed(random, known.value, value) : value;
    const found = [withIds(near, known.value), withIds(value, known.value)].find((one) =>
      source.fits(side, schema, one),
    );
    return { type, value: found ?? value };
  }

  /** A known value with some of its fields as in another one. */
  #mixed(random: fc.Random, known: unknown, other: unknown): unknown {
    if (!isObject(known) || !isObject(other)) return other;
    const fields = Object.entries(other).filter(() => oncePer(random, 3));
    return { ...known, ...Object.fromEntries(fields) };
  }

  /** The same simple case each time: what `base` knows, examples for what else must be there. */
  plain(): Case {
    const values = (place: Parameter["in"], known: Case["path"] = {}) =>
      Object.fromEntries(
        parametersIn(this.operation, place).flatMap((parameter): [string, unknown][] => {
          const { name, required } = parameter;
          if (known[name] !== undefined) return [[name, known[name]]];
          return required === true ? [[name, this.example(schemaOf(parameter).schema)]] : [];
        }),
      );
    const [entry] = Object.entries(this.operation.body?.content ?? {});
    const body =
      this.base.body ?? (entry && { type: entry[0], value: this.example(entry[1].schema ?? { type: "string" }) });
    return {
      operation: this.operation,
      path: values("path", this.base.path),
      query: values("query", this.base.query),
      headers: values("header", this.base.headers),
      cookies: values("cookie", this.base.cookies),
      ...(body ? { body } : {}),
    };
  }

  example(schema: Parameters<typeof valid>[1]): unknown {
    return exampleOf(nodeOf(viewOf(sourceOf(this.document), "request"), schema));
  }
}

/** An arbitrary that asks a function until it gives something. */
export class Until<T> extends fc.Arbitrary<T> {
  readonly #make: (random: fc.Random) => T | undefined;
  readonly #name: string;

  constructor(name: string, make: (random: fc.Random) => T | undefined) {
    super();
    this.#name = name;
    this.#make = make;
  }

  override generate(random: fc.Random): fc.Value<T> {
    for (let i = 0; i < TRIES; i++) {
      const made = this.#make(random);
      if (made !== undefined) return new fc.Value(made, undefined);
    }
    throw new Unmakeable(
      `No ${this.#name} was found: look whether its schemas can be met, and give an example or a base`,
    );
  }

  override canShrinkWithoutContext(_: unknown): _ is T {
    return false;
  }

  /** What fails is made smaller by `minimize`, which can wait for a server. */
  override shrink(): fc.Stream<fc.Value<T>> {
    return fc.Stream.nil();
  }
}
