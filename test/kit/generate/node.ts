import type { JsonSchema } from "../document.ts";
import {
  allOf,
  type Branch,
  bound,
  branchesOf,
  expand,
  fieldSchemas,
  isOfType,
  itemSchemas,
  membersOf,
  type RootSchema,
} from "./shape.ts";
import type { Schema, View } from "./source.ts";

/** A node below another, and the JSON pointer from the one to the other. */
export type Child = { readonly node: Node; readonly path: string; readonly named: boolean };

/** Schemas nest without end only by reference: a value deeper than this is none that anybody sends. */
const DEEPEST = 12;

/** Names that nobody listed come and go: only so many places are kept for a branch. */
const MOST_CHILDREN = 1000;

/** Keywords that building a value branch by branch does not heed by itself. */
const LOOSE = [
  "not",
  "oneOf",
  "if",
  "contains",
  "propertyNames",
  "unevaluatedProperties",
  "unevaluatedItems",
  "minProperties",
  "maxProperties",
  "uniqueItems",
  "dependentSchemas",
  "dependentRequired",
];

/** A place where values stand: its schemas, the ways to fit them, and the places below. Made once for each schema. */
export class Node {
  readonly view: View;
  /** One schema that says all that holds here. */
  readonly schema: Schema;
  readonly #roots: readonly RootSchema[];
  #branches: readonly Branch[] | undefined;
  #height: number | undefined;
  readonly #possible = new Map<number, boolean>();
  readonly #children = new Map<Branch, Map<string, Child>>();

  constructor(view: View, roots: readonly RootSchema[]) {
    this.view = view;
    this.#roots = roots;
    const [only] = roots;
    this.schema = roots.length === 1 && only ? only.schema : { allOf: roots.map(({ schema }) => schema) };
  }

  /** The ways to fit, those left out that no value can take. */
  get branches(): readonly Branch[] {
    this.#branches ??= this.#find();
    return this.#branches;
  }

  #find(): readonly Branch[] {
    let conjunctions = [[]] as ReturnType<typeof expand>;
    for (const { schema, path } of this.#roots) {
      const ways = expand(this.view, schema, path);
      conjunctions = conjunctions.flatMap((left) => ways.map((right) => [...left, ...right]));
    }
    return branchesOf(conjunctions);
  }

  fits(value: unknown): boolean {
    return this.view.source.fits(this.view.side, this.schema, value);
  }

  /** How many levels the flattest value has; Infinity where no value fits. */
  get height(): number {
    if (this.#height === undefined) {
      let levels = 0;
      while (levels <= DEEPEST && !this.possible(levels)) levels++;
      this.#height = levels > DEEPEST ? Number.POSITIVE_INFINITY : levels;
    }
    return this.#height;
  }

  /** Whether some value has at most this many levels. */
  possible(levels: number): boolean {
    if (levels < 0) return false;
    const known = this.#possible.get(levels);
    if (known !== undefined) return known;
    const found = this.branches.some((branch) => this.branchPossible(branch, levels));
    this.#possible.set(levels, found);
    return found;
  }

  branchPossible(branch: Branch, levels: number): boolean {
    if (membersOf(branch.parts)) return true;
    if (branch.type === "object") {
      return this.required(branch).every((name) => this.field(branch, name).node.possible(levels - 1));
    }
    if (branch.type !== "array") return true;
    const least = bound(branch.parts, "minItems", "most")?.value ?? 0;
    const places = Math.min(
      least,
      1 + Math.max(0, ...allOf(branch.parts, "prefixItems").map(({ value }) => (value as unknown[]).length)),
    );
    for (let i = 0; i < places; i++) if (!this.item(branch, i).node.possible(levels - 1)) return false;
    return this.contains(branch).every(({ node, least: count }) => count === 0 || node.possible(levels - 1));
  }

  /** Whether values built for a branch are to be judged before they are used. */
  isLoose(branch: Branch): boolean {
    return branch.parts.some(({ schema }) => LOOSE.some((word) => schema[word] !== undefined));
  }

  /** Names of the fields that a value of the branch must have. */
  required(branch: Branch): readonly string[] {
    const names = branch.parts.flatMap(({ schema }) => schema.required ?? []);
    return [...new Set(names)].filter((name) => !this.isLeftOut(branch, name));
  }

  isLeftOut(branch: Branch, name: string): boolean {
    return fieldSchemas(branch.parts, name).found.some(({ schema }) =>
      this.view.source.isLeftOut(schema, this.view.side),
    );
  }

  /** Names that the schemas list, without those that can have no value. */
  names(branch: Branch): readonly string[] {
    const names = new Set(branch.parts.flatMap(({ schema }) => Object.keys(schema.properties ?? {})));
    return [...names].filter((name) => !this.isLeftOut(branch, name) && this.field(branch, name).node.height < DEEPEST);
  }

  field(branch: Branch, name: string): Child {
    return this.#child(branch, `.${name}`, () => fieldSchemas(branch.parts, name));
  }

  item(branch: Branch, index: number): Child {
    return this.#child(branch, `${index}`, () => ({ found: itemSchemas(branch.parts, index), named: true }));
  }

  /** What some items must be, and of how many. */
  contains(branch: Branch): { node: Node; least: number; most: number; path: string }[] {
    return allOf(branch.parts, "contains").map(({ value, path }) => {
      const part = branch.parts.find((one) => one.path === path && one.schema.contains === value)?.schema;
      const { minContains = 1, maxContains = Number.POSITIVE_INFINITY } = (part ?? {}) as Record<
        string,
        number | undefined
      >;
      return { node: nodeOf(this.view, value as Schema), least: minContains, most: maxContains, path };
    });
  }

  /** What names of fields must fit, where any part says. */
  nameNode(branch: Branch): Node | undefined {
    const rules = allOf(branch.parts, "propertyNames").map(({ value }) => value as Schema);
    return rules.length === 0 ? undefined : nodeOf(this.view, { type: "string", allOf: rules });
  }

  #child(branch: Branch, key: string, find: () => { found: RootSchema[]; named: boolean }): Child {
    const known = this.#children.get(branch) ?? new Map<string, Child>();
    this.#children.set(branch, known);
    const before = known.get(key);
    if (before) return before;
    const { found, named } = find();
    const [only] = found;
    const isOne = found.length === 1 && only !== undefined;
    const child: Child = isOne
      ? { node: nodeOf(this.view, only.schema), path: only.path, named }
      : { node: jointNode(this.view, found), path: "", named };
    if (known.size < MOST_CHILDREN) known.set(key, child);
    return child;
  }
}

type Nodes = {
  readonly made: WeakMap<JsonSchema, Node>;
  readonly joint: Map<string, Node>;
  readonly yes: Node;
  readonly no: Node;
};
const nodes = new WeakMap<View, Nodes>();

const rootNode = (view: View, schema: Schema): Node => new Node(view, [{ schema, path: "" }]);

function nodesOf(view: View): Nodes {
  const known = nodes.get(view) ?? {
    made: new WeakMap<JsonSchema, Node>(),
    joint: new Map<string, Node>(),
    yes: rootNode(view, true),
    no: rootNode(view, false),
  };
  nodes.set(view, known);
  return known;
}

const numbers = new WeakMap<JsonSchema, number>();
let next = 0;

function numberOf(schema: Schema): string {
  if (typeof schema === "boolean") return String(schema);
  const number = numbers.get(schema) ?? next++;
  numbers.set(schema, number);
  return String(number);
}

/** The node where several schemas hold at once; the same one for the same schemas, or recursion would find no end. */
function jointNode(view: View, roots: readonly RootSchema[]): Node {
  if (roots.length === 0) return nodeOf(view, true);
  const { joint } = nodesOf(view);
  const key = roots.map(({ schema, path }) => `${numberOf(schema)} ${path}`).join("\n");
  const made = joint.get(key) ?? new Node(view, roots);
  joint.set(key, made);
  return made;
}

/** The node of a schema; the same one for the same schema, so that what is found out about it is found out once. */
export function nodeOf(view: View, schema: Schema): Node {
  const known = nodesOf(view);
  if (typeof schema === "boolean") return schema ? known.yes : known.no;
  const before = known.made.get(schema);
  if (before) return before;
  const made = rootNode(view, schema);
  known.made.set(schema, made);
  return made;
}

/** The first branch that a value fits, or else the first of its type. */
export function branchOf(node: Node, value: unknown): Branch | undefined {
  const typed = node.branches.filter(({ type }) => isOfType(value, type));
  if (typed.length < 2) return typed[0];
  const { source, side } = node.view;
  return typed.find((branch) => source.fits(side, branchSchema(branch), value)) ?? typed[0];
}

const branchSchemas = new WeakMap<Branch, JsonSchema>();

/** One schema that says all of a branch. */
export function branchSchema(branch: Branch): JsonSchema {
  const known = branchSchemas.get(branch);
  if (known) return known;
  const parts = branch.parts.map(({ schema }) => schema);
  const made = { type: branch.type, ...(parts.length > 0 ? { allOf: parts } : {}) };
  branchSchemas.set(branch, made);
  return made;
}
