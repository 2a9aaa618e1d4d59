import type { Contract, Parameter, Route } from "./contract.ts";

type Item = Readonly<Record<string, unknown>>;
const isItem = (value: unknown): value is Item => typeof value === "object" && value !== null && !Array.isArray(value);

const PAGE = 20;
/** A mock's cursor: where to go on, in the alphabet that every cursor has. */
const cursorAt = (at: number) => `mock-${at}`;
const atCursor = (cursor: string | null) => Number(/^mock-(\d{1,6})$/.exec(cursor ?? "")?.[1] ?? 0);

/** Everything with an id in the lists that the document shows, by that id. */
function itemsById(contract: Contract): ReadonlyMap<string, Item> {
  const found = new Map<string, Item>();
  for (const schema of Object.values(contract.components?.schemas ?? {})) {
    const [example] = isItem(schema) && Array.isArray(schema.examples) ? schema.examples : [];
    const items: unknown[] = isItem(example) && Array.isArray(example.data) ? example.data : [];
    for (const item of items) if (isItem(item)) found.set(String(item.id ?? item.user_id), item);
  }
  return found;
}

/** Whether a list's item is under a filter: one that is named as a field of it; all others leave it. */
function isUnder(item: Item, { name, schema }: Parameter, value: string): boolean {
  if (!(name in item)) return true;
  const has = String(item[name]);
  // What has no form of its own is searched for, as the live server does.
  const isExact = schema !== undefined && ("enum" in schema || "pattern" in schema || "$ref" in schema);
  return isExact ? has === value : has.toLowerCase().includes(value.toLowerCase());
}

function pageOf(list: Item, items: readonly unknown[], { parameters }: Route, query: URLSearchParams): Item {
  const filters = parameters.filter(({ name, in: place }) => place === "query" && query.has(name));
  const kept = items.filter(
    (item) => isItem(item) && filters.every((filter) => isUnder(item, filter, query.get(filter.name) ?? "")),
  );
  const from = query.has("cursor") ? atCursor(query.get("cursor")) : Number(query.get("offset") ?? 0);
  const to = from + Number(query.get("limit") ?? PAGE);
  const { count: _, ...rest } = list;
  return {
    ...rest,
    data: kept.slice(from, to),
    ...(query.has("cursor") ? {} : { count: kept.length }),
    next_cursor: to < kept.length ? cursorAt(to) : null,
  };
}

/** Random data of a list as a list: it counts what it holds, and leads nowhere, so that a loop over pages ends. */
export function asList(body: unknown): unknown {
  if (!isItem(body) || !Array.isArray(body.data) || !("next_cursor" in body)) return body;
  return { ...body, ...("count" in body ? { count: body.data.length } : {}), next_cursor: null };
}

/**
 * Makes the function that has an example answer what was asked: the item that the path names, where a list shows it, and of a
 * list the page and the filters. What the examples do not hold stays as it was.
 */
export function follower(contract: Contract): (route: Route, search: string, body: unknown) => unknown {
  const known = itemsById(contract);
  return (route, search, body) => {
    if (!isItem(body)) return body;
    if (Array.isArray(body.data) && "next_cursor" in body)
      return pageOf(body, body.data, route, new URLSearchParams(search));
    const result: Record<string, unknown> = { ...body };
    for (const [name, value] of Object.entries(route.params)) {
      const item = known.get(value);
      const own = name in body ? name : "id";
      const isOfKind = typeof body[own] === "string" && body[own].split("_")[0] === value.split("_")[0];
      if (!isOfKind || body[own] === value) continue;
      if (item && (own === "id" || !("id" in body)))
        for (const key of Object.keys(body)) result[key] = item[key] ?? null;
      if (own === name) result[own] = value;
    }
    return result;
  };
}
