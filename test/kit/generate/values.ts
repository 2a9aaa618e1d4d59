import fc from "fast-check";
import { build, type Making, NONE } from "./build.ts";
import { edgesOf, isEdge } from "./edges.ts";
import { type Node, nodeOf } from "./node.ts";
import type { ValuePool } from "./pool.ts";
import { simpler } from "./simplify.ts";
import { type Schema, type SchemaSource, type Side, Unmakeable, type View } from "./source.ts";
import type { ValueEdge } from "./spot.ts";
import { breakOne } from "./wrongs.ts";

export type ValueOptions = {
  /** A request leaves `readOnly` fields out, a response `writeOnly` ones. */
  readonly side?: Side;
  /** Values seen before, preferred now and then where they fit. */
  readonly pool?: ValuePool | undefined;
  /** Whether texts may hold NUL, which JSON allows and many stores refuse. True unless told. */
  readonly nul?: boolean;
  /** A value that fits, on which `boundaries` change one place at a time; one is made where none is given. */
  readonly base?: unknown;
};

/** Tries to build one value that fits before the schema is given up. */
const TRIES = 200;
/** Places in one value: beyond this, only what must be there is made. */
const PLACES = 200;

const views = new WeakMap<SchemaSource, Record<Side, View>>();

/** The view of a document from one side; the same one each time, so that what is found out is kept. */
export function viewOf(source: SchemaSource, side: Side): View {
  const known = views.get(source) ?? { request: { source, side: "request" }, response: { source, side: "response" } };
  views.set(source, known);
  return known[side];
}

/** Arbitrary of values that fit a node; counts how many it built and how many of them it had to drop. */
class Fitting extends fc.Arbitrary<unknown> {
  readonly #node: Node;
  readonly #options: ValueOptions;
  built = 0;
  dropped = 0;

  constructor(node: Node, options: ValueOptions) {
    super();
    this.#node = node;
    this.#options = options;
  }

  override generate(random: fc.Random): fc.Value<unknown> {
    for (let i = 0; i < TRIES; i++) {
      const making: Making = { random, pool: this.#options.pool, nul: this.#options.nul ?? true, left: PLACES };
      const value = build(this.#node, making);
      this.built++;
      if (value !== NONE && this.#node.fits(value)) return new fc.Value(value, undefined);
      this.dropped++;
    }
    throw new Unmakeable(
      `No value was found that fits ${describe(this.#node.schema)}: give the schema an example, or check that it can be met`,
    );
  }

  override canShrinkWithoutContext(value: unknown): value is unknown {
    return this.#node.fits(value);
  }

  override shrink(value: unknown): fc.Stream<fc.Value<unknown>> {
    const node = this.#node;
    function* candidates(): Generator<fc.Value<unknown>> {
      for (const one of simpler(value)) if (node.fits(one)) yield new fc.Value(one, undefined);
    }
    return new fc.Stream(candidates());
  }
}

const describe = (schema: Schema): string => {
  const text = JSON.stringify(schema);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
};

/**
 * Arbitrary of values that fit a schema (JSON Schema 2020-12 in an OpenAPI 3.1 document). Every one is accepted by Ajv;
 * `built` and `dropped` count what that cost. Throws when no value fits.
 */
export function valid(
  source: SchemaSource,
  schema: Schema,
  options: ValueOptions = {},
): fc.Arbitrary<unknown> & { built: number; dropped: number } {
  const node = nodeOf(viewOf(source, options.side ?? "request"), schema);
  if (node.height === Number.POSITIVE_INFINITY) throw new Unmakeable(`No value can fit ${describe(schema)}`);
  return new Fitting(node, options);
}

/**
 * Values at every boundary that a schema draws, each the base value with one place replaced, and what it exercises:
 * the keyword, and the JSON pointer to the schema that holds it. `side` is Ajv's word. The same ones on every call.
 */
export function* boundaries(source: SchemaSource, schema: Schema, options: ValueOptions = {}): Iterable<ValueEdge> {
  const node = nodeOf(viewOf(source, options.side ?? "request"), schema);
  for (const edge of edgesOf(node, options.base)) if (isEdge(node, edge)) yield edge;
}

/** Near misses: values that fit but for one thing, which is named. Ajv refuses every one. Throws where nothing is wrong. */
export function invalid(source: SchemaSource, schema: Schema, options: ValueOptions = {}): fc.Arbitrary<ValueEdge> {
  const node = nodeOf(viewOf(source, options.side ?? "request"), schema);
  return new Breaking(node, valid(source, schema, options), schema);
}

class Breaking extends fc.Arbitrary<ValueEdge> {
  readonly #node: Node;
  readonly #valid: fc.Arbitrary<unknown>;
  readonly #schema: Schema;

  constructor(node: Node, fitting: fc.Arbitrary<unknown>, schema: Schema) {
    super();
    this.#node = node;
    this.#valid = fitting;
    this.#schema = schema;
  }

  override generate(random: fc.Random): fc.Value<ValueEdge> {
    for (let i = 0; i < TRIES; i++) {
      const { value } = this.#valid.generate(random, undefined);
      const broken = breakOne(this.#node, value, random);
      if (broken && !this.#node.fits(broken.value)) return new fc.Value(broken, undefined);
    }
    throw new Unmakeable(`Every value fits ${describe(this.#schema)}, so that nothing can be wrong with one`);
  }

  override canShrinkWithoutContext(_: unknown): _ is ValueEdge {
    return false;
  }

  override shrink(edge: ValueEdge): fc.Stream<fc.Value<ValueEdge>> {
    const node = this.#node;
    function* candidates(): Generator<fc.Value<ValueEdge>> {
      for (const value of simpler(edge.value)) if (!node.fits(value)) yield new fc.Value({ ...edge, value }, undefined);
    }
    return new fc.Stream(candidates());
  }
}
