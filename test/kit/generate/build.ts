import type fc from "fast-check";
import { branchSchema, type Node } from "./node.ts";
import { numberIn, rangeOf } from "./numbers.ts";
import { patternOf } from "./patterns.ts";
import type { ValuePool } from "./pool.ts";
import { oncePer, oneOf } from "./random.ts";
import { allOf, type Branch, bound, isOfType, membersOf } from "./shape.ts";
import type { Schema } from "./source.ts";
import { textsOf } from "./strings.ts";
import { matching, plain } from "./text.ts";

/** What one value is built with. */
export type Making = {
  readonly random: fc.Random;
  readonly pool: ValuePool | undefined;
  /** Whether texts may hold NUL. */
  readonly nul: boolean;
  /** Places that may still be made; when they are used up, only what must be there is. */
  left: number;
};

/** Stands for "no such value was found", which a value of JSON cannot say. */
export const NONE = Symbol("no value");

const TRIES = 30;
/** Levels that a value may have beyond the flattest. */
const EXTRA_LEVELS = 4;
const FEW = 3;

/** A value of a node; nearly always one that fits. NONE where none was found. */
export function build(node: Node, making: Making, name = "", levels = node.height + EXTRA_LEVELS): unknown {
  const branch = choose(node, making, levels);
  if (!branch) return NONE;
  making.left--;
  const pooled = fromPool(node, branch, making, name);
  if (pooled !== undefined) return pooled;
  const tries = node.isLoose(branch) ? TRIES : 1;
  for (let i = 0; i < tries; i++) {
    const value = buildBranch(node, i === 0 ? branch : (choose(node, making, levels) ?? branch), making, levels);
    if (value !== NONE && (tries === 1 || node.fits(value))) return value;
  }
  return NONE;
}

function choose(node: Node, making: Making, levels: number): Branch | undefined {
  const { branches } = node;
  if (node.height === Number.POSITIVE_INFINITY) return undefined;
  if (branches.length === 1 && node.height <= levels) return branches[0];
  const allowed = making.left > 0 && levels > 0 ? levels : node.height;
  const open = branches.filter((branch) => node.branchPossible(branch, allowed));
  let at = making.random.nextDouble() * open.reduce((sum, { weight }) => sum + weight, 0);
  for (const branch of open) {
    at -= branch.weight;
    if (at < 0) return branch;
  }
  return open[0];
}

function fromPool(node: Node, { type }: Branch, { pool, random }: Making, name: string): unknown {
  if (!pool || (type !== "string" && type !== "integer") || !oncePer(random, 5)) return undefined;
  const value = pool.take(random, name);
  return value !== undefined && isOfType(value, type) && node.fits(value) ? value : undefined;
}

const members = new WeakMap<Branch, readonly unknown[]>();

/** The values that a branch lists, where it lists any. */
export function listed(node: Node, branch: Branch): readonly unknown[] | undefined {
  const known = members.get(branch);
  if (known) return known;
  const { source, side } = node.view;
  const all = membersOf(branch.parts)?.filter((one) => isOfType(one, branch.type));
  const found = all?.filter((one) => source.fits(side, branchSchema(branch), one));
  if (found) members.set(branch, found);
  return found;
}

/** A value of one branch of a node. */
export function buildBranch(node: Node, branch: Branch, making: Making, levels = node.height + EXTRA_LEVELS): unknown {
  const values = listed(node, branch);
  if (values) return values.length === 0 ? NONE : oneOf(making.random, values);
  switch (branch.type) {
    case "null":
      return null;
    case "boolean":
      return making.random.nextInt(0, 1) === 1;
    case "integer":
    case "number": {
      const range = ranges.get(branch) ?? rangeOf(branch);
      ranges.set(branch, range);
      return range.least > range.greatest ? NONE : numberIn(making.random, range);
    }
    case "string":
      return textsOf(node.view, branch).make(making.random, making.nul) ?? NONE;
    case "array":
      return buildArray(node, branch, making, levels);
    case "object":
      return buildObject(node, branch, making, levels);
  }
}

const ranges = new WeakMap<Branch, ReturnType<typeof rangeOf>>();

/** The text by which two values are the same: JSON with its names in order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) =>
    typeof item === "object" && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
      : item,
  );

/** Numbers of items that an array may have. */
export function lengths(branch: Branch): { least: number; most: number; unique: boolean } {
  const { parts } = branch;
  return {
    least: bound(parts, "minItems", "most")?.value ?? 0,
    most: bound(parts, "maxItems", "least")?.value ?? Number.POSITIVE_INFINITY,
    unique: allOf(parts, "uniqueItems").some(({ value }) => value === true),
  };
}

function buildArray(node: Node, branch: Branch, making: Making, levels: number): unknown {
  const { least, most, unique } = lengths(branch);
  const contains = node.contains(branch);
  const wanted = contains.reduce((sum, { least: count }) => sum + count, 0);
  const extra = making.left > 0 && levels > 1 ? making.random.nextInt(0, FEW) : 0;
  const length = Math.min(most, Math.max(least + extra, wanted));
  return fillArray(node, branch, making, { length, least: Math.max(least, wanted), unique, levels });
}

type Filling = { length: number; least: number; unique: boolean; levels: number };

/** An array of a branch with `length` items, or at least `least` where no more can be found. NONE where not even that. */
export function fillArray(node: Node, branch: Branch, making: Making, filling: Filling): unknown {
  const { length, least, unique, levels } = filling;
  const wanted = node
    .contains(branch)
    .flatMap(({ node: one, least: count }) => Array.from({ length: count }, () => one));
  const items: unknown[] = [];
  const seen = new Set<string>();
  for (let misses = 0; items.length < length && misses < TRIES; ) {
    const { node: child } = node.item(branch, items.length);
    if (child.height > levels - 1 && items.length >= least) break;
    const item = build(wanted[items.length] ?? child, making, "", Math.max(levels - 1, child.height));
    const key = unique ? canonical(item === NONE ? null : item) : "";
    if (item === NONE || (unique && seen.has(key))) misses++;
    else {
      items.push(item);
      seen.add(key);
    }
  }
  return items.length < least ? NONE : items;
}

/** The numbers of fields that an object may have. */
export const sizes = ({ parts }: Branch): { least: number; most: number } => ({
  least: bound(parts, "minProperties", "most")?.value ?? 0,
  most: bound(parts, "maxProperties", "least")?.value ?? Number.POSITIVE_INFINITY,
});

/** The names that must be there when these are: `dependentRequired`, followed to its end. */
export function withDependents({ parts }: Branch, names: Iterable<string>): Set<string> {
  const rules = allOf(parts, "dependentRequired").map(
    ({ value }) => value as Readonly<Record<string, readonly string[]>>,
  );
  const all = new Set(names);
  // A set that grows while it is walked is walked to its end.
  for (const name of all)
    for (const rule of rules) if (Object.hasOwn(rule, name)) for (const other of rule[name] ?? []) all.add(other);
  return all;
}

function buildObject(node: Node, branch: Branch, making: Making, levels: number): unknown {
  const { random } = making;
  const required = withDependents(branch, node.required(branch));
  const { least, most } = sizes(branch);
  const chosen = new Set(required);
  if (making.left > 0) {
    const share = random.nextInt(0, 4);
    for (const name of node.names(branch)) {
      if (chosen.has(name) || node.field(branch, name).node.height > levels - 1) continue;
      if (random.nextInt(0, 3) < share || chosen.size < least)
        for (const one of withDependents(branch, [name])) chosen.add(one);
    }
  }
  const fields: [string, unknown][] = [];
  for (const name of chosen) {
    if (fields.length >= most && !required.has(name)) continue;
    const { node: child } = node.field(branch, name);
    const value = build(child, making, name, Math.max(levels - 1, child.height));
    if (value !== NONE) fields.push([name, value]);
    else if (required.has(name)) return NONE;
  }
  addOthers(node, branch, making, { fields, least, most, levels });
  return Object.fromEntries(fields);
}

type Others = { fields: [string, unknown][]; least: number; most: number; levels: number };

/** Adds fields that no schema names, where they are allowed: as many as must be, a few in maps, seldom elsewhere. */
function addOthers(node: Node, branch: Branch, making: Making, { fields, least, most, levels }: Others): void {
  const { random } = making;
  const isMap = branch.parts.some(
    ({ schema }) => schema.patternProperties || typeof schema.additionalProperties === "object",
  );
  const some = making.left <= 0 ? 0 : isMap ? random.nextInt(0, FEW) : oncePer(random, 25) ? 1 : 0;
  const goal = Math.min(most, Math.max(least, fields.length + some));
  for (let misses = 0; fields.length < goal && misses < TRIES; ) {
    const name = otherName(node, branch, random);
    const child =
      name !== undefined && !fields.some(([taken]) => taken === name) ? node.field(branch, name) : undefined;
    const isPossible = child && !child.named && child.node.height < levels;
    const value = isPossible && name !== undefined ? build(child.node, making, name, levels - 1) : NONE;
    if (value === NONE) misses++;
    else fields.push([name ?? "", value]);
  }
}

/** A name that no schema lists and that `patternProperties` or `propertyNames` may want. */
export function otherName(node: Node, branch: Branch, random: fc.Random): string | undefined {
  const wanted = node.nameNode(branch);
  const patterns = allOf(branch.parts, "patternProperties").flatMap(({ value }) =>
    Object.keys(value as Record<string, Schema>),
  );
  const pattern = oncePer(random, 4) ? undefined : oneOf(random, patterns);
  const found = pattern === undefined ? undefined : matching(pattern)?.generate(random, undefined).value;
  if (found !== undefined && patternOf(pattern ?? "").test(found) && (wanted?.fits(found) ?? true)) return found;
  if (!wanted) return `extra_${plain(random, 4).replace(/[^a-z]/gi, "x")}`;
  const name = build(wanted, { random, pool: undefined, nul: false, left: 1 });
  return typeof name === "string" ? name : undefined;
}
