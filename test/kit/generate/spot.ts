import { build, NONE } from "./build.ts";
import type { Node } from "./node.ts";
import { randomOf } from "./random.ts";

/** What a boundary exercises: the keyword, the JSON pointer to the schema that holds it, and in words what is done. */
export type About = { readonly keyword: string; readonly path: string; readonly what: string };

/** A value on one side of a boundary, and what it exercises. */
export type ValueEdge = About & { readonly value: unknown; readonly side: "valid" | "invalid" };

/** A change at one place that takes the value there to one side of a boundary; NONE where it cannot be made. */
export type SpotEdge = About & { readonly side: "valid" | "invalid"; readonly apply: (value: unknown) => unknown };

/** An edge that puts a value in the place, whatever stood there. */
export const put = (side: SpotEdge["side"], keyword: string, path: string, what: string, value: unknown): SpotEdge => ({
  side,
  keyword,
  path,
  what,
  apply: () => value,
});

/** The same, where the value is long to build or may not be found. */
export const lazily = (side: SpotEdge["side"], about: About, make: (value: unknown) => unknown): SpotEdge => ({
  ...about,
  side,
  apply: (value) => make(value) ?? NONE,
});

const examples = new WeakMap<Node, unknown>();

/** Some value of a node, always the same: its example where it has one that fits, or else a small one. NONE where none is found. */
export function exampleOf(node: Node): unknown {
  if (examples.has(node)) return examples.get(node);
  const given = node.branches.flatMap(({ parts }) =>
    parts.flatMap(({ schema }) => [...[schema.examples].flat(), schema.example, schema.default]),
  );
  const found = given.find((one) => one !== undefined && node.fits(one)) ?? sampleOf(node, 1);
  examples.set(node, found);
  return found;
}

/** A small value of a node from a seed; NONE where none is found. */
export function sampleOf(node: Node, seed: number): unknown {
  const random = randomOf(seed);
  for (let i = 0; i < 30; i++) {
    const value = build(node, { random, pool: undefined, nul: false, left: 0 });
    if (value !== NONE && node.fits(value)) return value;
  }
  return NONE;
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether a name is one of ids: what stands there has to exist, and cannot be made up. */
export const isId = (name: string): boolean => /(?:^|_)ids?$|[a-z]Ids?$/.test(name);
