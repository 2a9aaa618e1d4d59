import type fc from "fast-check";
import { NONE } from "./build.ts";
import { arrayEdges, objectEdges } from "./compound-edges.ts";
import { branchOf, type Child, type Node, nodeOf } from "./node.ts";
import { oncePer, oneOf } from "./random.ts";
import { memberEdges, numberEdges, textEdges } from "./scalar-edges.ts";
import { type Branch, isOfType, type JsonType, membersOf } from "./shape.ts";
import type { Schema } from "./source.ts";
import { isObject, lazily, put, type SpotEdge, sampleOf, type ValueEdge } from "./spot.ts";

const branchEdges = new WeakMap<Branch, readonly SpotEdge[]>();
const ownEdges = new WeakMap<Node, readonly SpotEdge[]>();

/** The boundaries that a branch draws at its place, not below. */
export function edgesOfBranch(node: Node, branch: Branch): readonly SpotEdge[] {
  const known = branchEdges.get(branch);
  if (known) return known;
  const made = makeEdges(node, branch);
  branchEdges.set(branch, made);
  return made;
}

function makeEdges(node: Node, branch: Branch): SpotEdge[] {
  if (membersOf(branch.parts)) return memberEdges(node, branch);
  switch (branch.type) {
    case "integer":
    case "number":
      return numberEdges(branch);
    case "string":
      return textEdges(node, branch);
    case "array":
      return arrayEdges(node, branch);
    case "object":
      return objectEdges(node, branch);
    case "boolean":
      return [true, false].map((one) => put("valid", "type", branch.parts[0]?.path ?? "", `${one}`, one));
    case "null":
      return [];
  }
}

const OF_TYPE: Readonly<Record<JsonType, readonly unknown[]>> = {
  null: [null],
  boolean: [true, false],
  integer: [1, 0],
  number: [1.5],
  string: ["x", "", "1", "true", "null"],
  array: [[], ["x"]],
  object: [{}],
};

/** The boundaries of a place as a whole: its types, and its choices. */
export function edgesOfNode(node: Node): readonly SpotEdge[] {
  const known = ownEdges.get(node);
  if (known) return known;
  const parts = node.branches.flatMap((branch) => branch.parts);
  const holder =
    parts.find(({ schema }) => schema.type !== undefined) ??
    parts.find(({ schema }) => schema.enum || "const" in schema);
  const keyword = holder?.schema.type === undefined ? "enum" : "type";
  const edges: SpotEdge[] = [];
  for (const [type, values] of Object.entries(OF_TYPE)) {
    for (const value of holder ? values : []) {
      if (node.branches.some((branch) => isOfType(value, branch.type))) continue;
      edges.push(put("invalid", keyword, holder?.path ?? "", `${type} ${JSON.stringify(value)}`, value));
    }
  }
  const seen = new Set<Schema>();
  for (const { schema, path } of parts) {
    if (seen.has(schema)) continue;
    seen.add(schema);
    if (Array.isArray(schema.oneOf)) edges.push(...pairEdges(node, schema.oneOf, path));
    if (schema.not !== undefined) {
      const { not, ...rest } = schema;
      // A schema that allows what `not` forbids gives values that are wrong for this reason alone.
      const forbidden = nodeOf(node.view, { allOf: [rest, not as Schema] });
      edges.push(
        lazily("invalid", { keyword: "not", path, what: "what it must not be" }, () => sampleOf(forbidden, 1)),
      );
    }
  }
  ownEdges.set(node, edges);
  return edges;
}

/** Values that fit two of the schemas of which they may fit one. */
function pairEdges(node: Node, choices: readonly Schema[], path: string): SpotEdge[] {
  return choices.flatMap((a, i) =>
    choices.slice(i + 1).map((b, j) => {
      const both = nodeOf(node.view, { allOf: [a, b] });
      const about = { keyword: "oneOf", path, what: `both ${i} and ${i + 1 + j}` };
      return lazily("invalid", about, () => (both.height === Number.POSITIVE_INFINITY ? NONE : sampleOf(both, 1)));
    }),
  );
}

/** The places right below a value, with what stands there. */
function* below(
  node: Node,
  branch: Branch,
  value: unknown,
): Iterable<{ key: string | number; child: Child; item: unknown }> {
  if (Array.isArray(value)) {
    for (const [key, item] of value.entries()) yield { key, child: node.item(branch, key), item };
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) yield { key, child: node.field(branch, key), item };
  }
}

/** The same array or object with another value in one place. */
const replaced = (whole: unknown, key: string | number, item: unknown): unknown =>
  Array.isArray(whole) && typeof key === "number" ? whole.with(key, item) : { ...Object(whole), [key]: item };

/** Breaks one place of a value that fits; undefined where the place that luck chose cannot be broken. */
export function breakOne(node: Node, value: unknown, random: fc.Random, at = ""): ValueEdge | undefined {
  const branch = branchOf(node, value);
  if (!branch) return undefined;
  const places = [...below(node, branch, value)];
  const place = oncePer(random, 3) ? undefined : oneOf(random, places);
  if (place) {
    const broken = breakOne(place.child.node, place.item, random, `${at}${place.child.path}`);
    return broken && { ...broken, value: replaced(value, place.key, broken.value) };
  }
  const all = [...edgesOfBranch(node, branch), ...edgesOfNode(node)];
  const edge = oneOf(
    random,
    all.filter(({ side }) => side === "invalid"),
  );
  const wrong = edge?.apply(value);
  if (!edge || wrong === NONE) return undefined;
  return { value: wrong, keyword: edge.keyword, path: `${at}${edge.path}`, what: edge.what, side: "invalid" };
}
