import { fillArray, lengths, NONE, otherName, sizes, withDependents } from "./build.ts";
import type { Node } from "./node.ts";
import { randomOf } from "./random.ts";
import { allOf, type Branch, bound, fieldSchemas } from "./shape.ts";
import { exampleOf, isObject, lazily, type SpotEdge } from "./spot.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Arrays longer than this prove what shorter ones prove: they are not built. */
const MOST_ITEMS = 10_000;

const without = (value: unknown, names: Iterable<string>): unknown => {
  const gone = new Set(names);
  return isObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !gone.has(name))) : NONE;
};

/** An object with a field, and with the fields that this one asks for. NONE where one of them has no value. */
export function inserted(node: Node, branch: Branch, value: Fields, name: string, item: unknown): unknown {
  const fields: Record<string, unknown> = { ...value, [name]: item };
  for (const other of withDependents(branch, [name])) {
    if (Object.hasOwn(fields, other)) continue;
    fields[other] = exampleOf(node.field(branch, other).node);
    if (fields[other] === NONE) return NONE;
  }
  return fields;
}

/** The boundaries of an object: what must be there, what may not, how much. */
export function objectEdges(node: Node, branch: Branch): SpotEdge[] {
  const required = withDependents(branch, node.required(branch));
  const names = node.names(branch);
  const edges: SpotEdge[] = [];
  for (const name of required) {
    const path = branch.parts.find(({ schema }) => schema.required?.includes(name))?.path ?? "";
    edges.push(
      lazily("invalid", { keyword: "required", path, what: `without ${name}` }, (value) => without(value, [name])),
    );
  }
  const path = branch.parts.find(({ schema }) => schema.required)?.path ?? branch.parts[0]?.path ?? "";
  const optional = names.filter((name) => !required.has(name));
  if (optional.length > 0) {
    edges.push(
      lazily("valid", { keyword: "required", path, what: "only what is required" }, (value) =>
        without(value, isObject(value) ? Object.keys(value).filter((name) => !required.has(name)) : []),
      ),
    );
    edges.push(
      lazily("valid", { keyword: "properties", path, what: "every field" }, (value) =>
        names.reduce<unknown>(
          (all, name) =>
            !isObject(all) || Object.hasOwn(all, name)
              ? all
              : inserted(node, branch, all, name, exampleOf(node.field(branch, name).node)),
          value,
        ),
      ),
    );
  }
  edges.push(...closedEdges(node, branch, names), ...sizeEdges(node, branch, required));
  for (const { value: rules, path: at } of allOf(branch.parts, "dependentRequired")) {
    for (const [name, others] of Object.entries(rules as Record<string, readonly string[]>)) {
      for (const other of others) {
        const about = { keyword: "dependentRequired", path: at, what: `${name} without ${other}` };
        edges.push(
          lazily("invalid", about, (value) =>
            isObject(value)
              ? without(inserted(node, branch, value, name, exampleOf(node.field(branch, name).node)), [other])
              : NONE,
          ),
        );
      }
    }
  }
  const wanted = node.nameNode(branch);
  for (const bad of wanted
    ? ["", " ", "UPPER", "lower", "two words", "0", "é", "a-b", "x".repeat(300)].filter((one) => !wanted.fits(one))
    : []) {
    const about = {
      keyword: "propertyNames",
      path: allOf(branch.parts, "propertyNames")[0]?.path ?? "",
      what: `the name "${bad.slice(0, 20)}"`,
    };
    edges.push(
      lazily("invalid", about, (value) =>
        isObject(value) ? { ...value, [bad]: exampleOf(node.field(branch, bad).node) } : NONE,
      ),
    );
  }
  return edges;
}

/** Fields that no schema names: wrong where the schema is closed, right where it says that it is open. */
function closedEdges(node: Node, branch: Branch, names: readonly string[]): SpotEdge[] {
  const [first = "name"] = names;
  const strangers = ["unknown_field", "__proto__", "constructor", `${first} `, first.toUpperCase(), `${first}[]`];
  return strangers.flatMap((name): SpotEdge[] => {
    const { found, named } = fieldSchemas(branch.parts, name);
    if (named) return [];
    const closing =
      found.find(({ schema }) => schema === false) ??
      found.find(({ path }) => /\/(?:additional|unevaluated)Properties$/.test(path));
    const cut = closing?.path.lastIndexOf("/") ?? -1;
    if (!closing || cut < 0) return [];
    const about = {
      keyword: closing.path.slice(cut + 1),
      path: closing.path.slice(0, cut),
      what: `the field ${JSON.stringify(name)}`,
    };
    const isWrong = node.field(branch, name).node.height === Number.POSITIVE_INFINITY;
    const item = isWrong ? "x" : exampleOf(node.field(branch, name).node);
    if (item === NONE) return [];
    return [
      lazily(isWrong ? "invalid" : "valid", about, (value) => (isObject(value) ? { ...value, [name]: item } : NONE)),
    ];
  });
}

function sizeEdges(node: Node, branch: Branch, required: ReadonlySet<string>): SpotEdge[] {
  const { least, most } = sizes(branch);
  const resized = (value: unknown, size: number): unknown => {
    if (!isObject(value) || size < 0 || size > MOST_ITEMS) return NONE;
    const kept = Object.entries(value)
      .sort(([a], [b]) => Number(required.has(b)) - Number(required.has(a)))
      .slice(0, size);
    const fields: Record<string, unknown> = Object.fromEntries(kept);
    for (const name of node.names(branch))
      if (Object.keys(fields).length < size) fields[name] ??= exampleOf(node.field(branch, name).node);
    const random = randomOf(size);
    for (let i = 0; i < size * 4 && Object.keys(fields).length < size; i++) {
      const name = otherName(node, branch, random);
      const item = name === undefined ? NONE : exampleOf(node.field(branch, name).node);
      if (name !== undefined && item !== NONE) fields[name] = item;
    }
    return Object.keys(fields).length === size ? fields : NONE;
  };
  const edges: SpotEdge[] = [];
  for (const [keyword, limit, beyond] of [
    ["minProperties", least, -1],
    ["maxProperties", most, 1],
  ] as const) {
    const held = bound(branch.parts, keyword, keyword === "minProperties" ? "most" : "least");
    if (!held) continue;
    edges.push(
      lazily("valid", { keyword, path: held.path, what: `${limit} fields` }, (value) => resized(value, limit)),
    );
    edges.push(
      lazily("invalid", { keyword, path: held.path, what: `${limit + beyond} fields` }, (value) =>
        resized(value, limit + beyond),
      ),
    );
  }
  return edges;
}

/** The boundaries of an array: how many items, each once, and what some must be. */
export function arrayEdges(node: Node, branch: Branch): SpotEdge[] {
  const { unique } = lengths(branch);
  const edges: SpotEdge[] = [];
  const levels = node.height + 2;
  const filled = (length: number, isUnique: boolean): unknown => {
    if (length < 0 || length > MOST_ITEMS) return NONE;
    const making = { random: randomOf(length + 1), pool: undefined, nul: false, left: MOST_ITEMS };
    const items = fillArray(node, branch, making, { length, least: length, unique: isUnique, levels });
    return Array.isArray(items) && items.length === length ? items : NONE;
  };
  for (const [keyword, tightest, beyond] of [
    ["minItems", "most", -1],
    ["maxItems", "least", 1],
  ] as const) {
    const held = bound(branch.parts, keyword, tightest);
    if (!held) continue;
    const { value: n, path } = held;
    edges.push(lazily("valid", { keyword, path, what: `${n} items` }, () => filled(n, unique)));
    edges.push(
      lazily("invalid", { keyword, path, what: `${n + beyond} items` }, (value) => {
        if (beyond < 0) return n > 0 && Array.isArray(value) ? value.slice(0, n - 1) : NONE;
        const found = filled(n + 1, unique);
        // Where there are not so many different items, some are there twice.
        return found === NONE ? filled(n + 1, false) : found;
      }),
    );
  }
  const repeat = allOf(branch.parts, "uniqueItems").find(({ value }) => value === true);
  if (repeat) {
    const about = { keyword: "uniqueItems", path: repeat.path, what: "one item twice" };
    edges.push(
      lazily("invalid", about, (value) => {
        const items = Array.isArray(value) && value.length > 0 ? value : filled(1, false);
        return Array.isArray(items) ? [...items.slice(0, Math.max(1, lengths(branch).most - 1)), items[0]] : NONE;
      }),
    );
  }
  edges.push(...itemEdges(node, branch));
  return edges;
}

function itemEdges(node: Node, branch: Branch): SpotEdge[] {
  const edges: SpotEdge[] = [];
  const prefix = Math.max(0, ...allOf(branch.parts, "prefixItems").map(({ value }) => (value as unknown[]).length));
  if (node.item(branch, prefix).node.height === Number.POSITIVE_INFINITY) {
    const part = branch.parts.find(
      ({ schema }) => (schema.items as unknown) === false || schema.unevaluatedItems === false,
    );
    const keyword = (part?.schema.items as unknown) === false ? "items" : "unevaluatedItems";
    edges.push(
      lazily("invalid", { keyword, path: part?.path ?? "", what: "one item too many" }, (value) => {
        const items = Array.isArray(value) ? [...value] : [];
        while (items.length < prefix) items.push(exampleOf(node.item(branch, items.length).node));
        return items.includes(NONE) ? NONE : [...items, "x"];
      }),
    );
  }
  for (const { node: one, least, most, path } of node.contains(branch)) {
    const item = exampleOf(one);
    const isOne = (value: unknown) => one.fits(value);
    if (least > 0) {
      const keyword = least === 1 ? "contains" : "minContains";
      edges.push(
        lazily("invalid", { keyword, path, what: `${least - 1} of what it must contain` }, (value) => {
          const others = Array.isArray(value) ? value.filter((each) => !isOne(each)) : [];
          return [...others, ...Array.from({ length: least - 1 }, () => item)];
        }),
      );
      edges.push(
        lazily("valid", { keyword, path, what: `${least} of what it must contain` }, (value) => {
          const others = Array.isArray(value) ? value.filter((each) => !isOne(each)) : [];
          return [...others, ...Array.from({ length: least }, () => item)];
        }),
      );
    }
    if (most < MOST_ITEMS) {
      edges.push(
        lazily("valid", { keyword: "maxContains", path, what: `${most} of what it may contain` }, () =>
          Array.from({ length: most }, () => item),
        ),
      );
      edges.push(
        lazily("invalid", { keyword: "maxContains", path, what: `${most + 1} of what it may contain` }, () =>
          Array.from({ length: most + 1 }, () => item),
        ),
      );
    }
  }
  return edges;
}
