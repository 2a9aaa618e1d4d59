import { buildBranch, NONE, otherName } from "./build.ts";
import { inserted } from "./compound-edges.ts";
import { branchSchema, type Child, type Node } from "./node.ts";
import { randomOf } from "./random.ts";
import { allOf, type Branch, isOfType, pointer } from "./shape.ts";
import { exampleOf, isObject, type SpotEdge, type ValueEdge } from "./spot.ts";
import { edgesOfBranch, edgesOfNode } from "./wrongs.ts";

/** A recursive schema is entered this often on the way to a place. */
const ROUNDS = 2;

type Place = {
  readonly node: Node;
  readonly value: unknown;
  readonly path: string;
  /** The whole value with another one in this place. */
  readonly wrap: (value: unknown) => unknown;
  readonly above: readonly Node[];
};

/** Every boundary of a node and below it, on a base value. What is claimed of them is to be checked with `isEdge`. */
export function* edgesOf(node: Node, base: unknown): Iterable<ValueEdge> {
  const value = base !== undefined && node.fits(base) ? base : exampleOf(node);
  if (value === NONE) return;
  const seen = new Set<string>();
  for (const edge of walk({ node, value, path: "", wrap: (one) => one, above: [] })) {
    const key = JSON.stringify([edge.keyword, edge.path, edge.side, edge.value]);
    if (seen.has(key)) continue;
    seen.add(key);
    yield edge;
  }
}

/** Whether a boundary's value is on the side that it claims. */
export const isEdge = (node: Node, { value, side }: ValueEdge): boolean => node.fits(value) === (side === "valid");

function* walk(place: Place): Iterable<ValueEdge> {
  const { node, value, path, above } = place;
  if (above.filter((one) => one === node).length >= ROUNDS) return;
  yield* applied(place, edgesOfNode(node), value);
  const heaviest = Math.max(...node.branches.map(({ weight }) => weight));
  for (const branch of node.branches) {
    if (branch.weight < heaviest / 10) continue;
    const isOwn = isOfType(value, branch.type) && node.view.source.fits(node.view.side, branchSchema(branch), value);
    const own = isOwn ? value : sampleOfBranch(node, branch);
    if (own === NONE) continue;
    if (!isOwn) {
      const [part] = branch.parts;
      const choice = branch.parts
        .map((one) => /\/(oneOf|anyOf)\/\d+$/.exec(one.path)?.[1])
        .find((word) => word !== undefined);
      yield {
        value: place.wrap(own),
        keyword: choice ?? "type",
        path: `${path}${part?.path ?? ""}`,
        what: `a value of type ${branch.type}`,
        side: "valid",
      };
    }
    yield* applied(place, edgesOfBranch(node, branch), own);
    yield* within(place, branch, own);
  }
}

function* applied({ path, wrap }: Place, edges: readonly SpotEdge[], value: unknown): Iterable<ValueEdge> {
  for (const { apply, keyword, path: at, what, side } of edges) {
    const changed = apply(value);
    if (changed !== NONE) yield { value: wrap(changed), keyword, path: `${path}${at}`, what, side };
  }
}

function sampleOfBranch(node: Node, branch: Branch): unknown {
  const random = randomOf(1);
  for (let i = 0; i < 20; i++) {
    const value = buildBranch(node, branch, { random, pool: undefined, nul: false, left: 0 });
    if (value !== NONE && node.fits(value)) return value;
  }
  return NONE;
}

/** The boundaries of the places below: of every field, there or not, and of one item of each kind. */
function* within(place: Place, branch: Branch, own: unknown): Iterable<ValueEdge> {
  const { node, path, above } = place;
  const into = (child: Child, value: unknown, put: (one: unknown) => unknown): Iterable<ValueEdge> =>
    walk({
      node: child.node,
      value,
      path: `${path}${child.path}`,
      wrap: (one) => place.wrap(put(one)),
      above: [...above, node],
    });
  if (Array.isArray(own)) {
    const prefix = Math.max(0, ...allOf(branch.parts, "prefixItems").map(({ value }) => (value as unknown[]).length));
    for (let i = 0; i <= prefix; i++) {
      const child = node.item(branch, i);
      const item = i < own.length ? own[i] : exampleOf(child.node);
      if (item === NONE || i > own.length || child.node.height === Number.POSITIVE_INFINITY) return;
      yield* into(child, item, (one) => [...own.slice(0, i), one, ...own.slice(i + 1)]);
    }
  }
  if (!isObject(own)) return;
  for (const name of [...node.names(branch), ...mapNames(node, branch)]) {
    const child = node.field(branch, name);
    const item = Object.hasOwn(own, name) ? own[name] : exampleOf(child.node);
    if (item === NONE) continue;
    // Some fields exclude each other: then the field is tried on the smallest value that has it.
    const bases = [own, sampleOfBranch(node, branch)].filter(isObject);
    const base = bases.find((one) => node.fits(inserted(node, branch, one, name, item)));
    if (base) yield* into(child, item, (one) => inserted(node, branch, base, name, one));
  }
}

/** One name for each kind of field that has a schema and no name. */
function mapNames(node: Node, branch: Branch): readonly string[] {
  const isMap = branch.parts.some(
    ({ schema }) => schema.patternProperties !== undefined || typeof schema.additionalProperties === "object",
  );
  if (!isMap) return [];
  const random = randomOf(5);
  const named = new Map<string, string>();
  for (let i = 0; i < 12; i++) {
    const name = otherName(node, branch, random);
    if (name === undefined) continue;
    const { path, named: isListed } = node.field(branch, name);
    if (!isListed) named.set(path === "" ? pointer(name) : path, name);
  }
  return [...named.values()];
}
