import { queryParams } from "../../api.ts";
import type { DocumentedOperation, ParameterObject } from "../../document.ts";
import { withJson } from "../../draft.ts";
import { countOf, pagingOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { bodyOf, isRecord } from "./compare.ts";
import { type Item, itemSchema, type List, type Looked, type Mistake, nameOf } from "./filtered.ts";
import { settled } from "./snapshot.ts";
import { textMistakes } from "./text-filters.ts";
import { timeMistakes } from "./time-filters.ts";
import { largest, walk } from "./walk.ts";

/** Longer lists are read from their beginning only: what is missing in them is not looked for. */
const MOST_PAGES = 5;
/** A filter of more values is tried with these many. */
const MOST_VALUES = 8;

function listOf(op: DocumentedOperation, run: Run, ids: Ids): List | undefined {
  const kind = run.world.kindOf(op);
  if (!kind) return undefined;
  const { size, by } = largest(op);
  return {
    op,
    run,
    kind,
    ids,
    fields: run.api.schemas.of(itemSchema(op, run) ?? {}).properties ?? {},
    worded: new Map(),
    async look(...filter) {
      const walked = await walk(run, op, size, by, ids, { filter, most: MOST_PAGES });
      return walked && { pages: walked.pages, items: walked.items.filter(isRecord), whole: walked.whole };
    },
  };
}

/** The parameters of a list that are no part of its paging. */
function filtersOf(op: DocumentedOperation): readonly ParameterObject[] {
  const own: readonly (string | undefined)[] = Object.values(pagingOf(op));
  return queryParams(op).filter(({ name, required, schema }) => !own.includes(name) && !required && schema);
}

/** The values of a filter that takes one of a few: of an enum, true and false, or ids that items name. */
function valuesOf({ fields, run }: List, { name, schema }: ParameterObject, all: readonly Item[]): unknown[] {
  const { schemas } = run.api;
  const own = schemas.of(schema);
  const of = own.items ? schemas.of(own.items) : own;
  if (!(name in fields)) return [];
  if (of.enum) return of.enum.slice(0, MOST_VALUES);
  if (schemas.types(of).includes("boolean")) return [true, false];
  if (run.api.kindOfParameter(own.items ?? schema) === undefined) return [];
  return [...new Set(all.map((item) => item[name]).filter((one) => typeof one === "string"))].slice(0, 2);
}

const has = (item: Item, name: string, value: unknown): boolean => {
  const own = item[name];
  return Array.isArray(own) ? own.includes(value) : own === value;
};

/** Makes an item with each value of a field that the list has none of, where clients can write it. */
async function vary(list: List, { name }: ParameterObject, values: readonly unknown[]): Promise<void> {
  const { run, kind, ids } = list;
  const takes = (op: DocumentedOperation, value: unknown) => {
    const schema = run.api.schemas.of(run.api.body(op)?.schema ?? {}).properties?.[name];
    return schema !== undefined && run.api.schemas.fits(schema, value) && run.cast.owner(op) !== undefined;
  };
  const patch = kind.updates.find((op) => op.method === "PATCH" && values.some((value) => takes(op, value)));
  const present = (await list.look())?.items ?? [];
  for (const value of values) {
    if (kind.creates.length === 0 || present.some((item) => has(item, name, value))) continue;
    const create = kind.creates.find((op) => takes(op, value));
    if (create) {
      const { draft } = await run.world.draft(create, ids);
      const body = bodyOf(draft);
      if (isRecord(body)) await run.send(create, withJson(draft, { ...body, [name]: value }), run.cast.owner(create));
    } else if (patch && takes(patch, value)) {
      const made = await run.world.make(kind.name, ids);
      const last = patch.parameters.findLast((one) => one.in === "path")?.name;
      const { draft } = await run.world.draft(patch, { ...made.ids, [`path ${last}`]: made.id });
      await run.send(patch, withJson(draft, { [name]: value }), run.cast.owner(patch));
    }
  }
}

/** Whether a default, or the words of a filter, say which items a list without it shows. */
function hasDefault({ schema, description }: ParameterObject): boolean {
  const words = `${description ?? ""} ${schema.description ?? ""}`;
  return schema.default !== undefined || /default|unless|otherwise|except|absent|left out|without/i.test(words);
}

/** What is wrong under a filter by the values of a field. */
async function valueMistakes(list: List, filter: ParameterObject, all: Looked): Promise<Mistake[]> {
  const { name } = filter;
  const found: Mistake[] = [];
  const says = (expected: string, seen: string, pages: readonly Exchange[]) =>
    void found.push({ what: { expected, seen }, pages: pages.slice(0, 2) });
  const called = (item: Item) => nameOf(list.kind, item);
  const known = new Set(all.items.map(called));
  for (const value of valuesOf(list, filter, all.items)) {
    const some = await list.look([name, String(value)]);
    if (!some) continue;
    const asked = `${name}=${String(value)}`;
    const other = some.items.find((item) => name in item && !has(item, name, value));
    if (other) says(`only items of ${asked}`, `${called(other)} has ${JSON.stringify(other[name])}`, some.pages);
    const count = countOf(some.pages[0] ?? { json: undefined });
    if (some.whole && count !== undefined && count !== some.items.length)
      says(`count ${some.items.length} for ${asked}`, `count ${count}`, some.pages);
    const shown = new Set(some.items.map(called));
    const missing = some.whole && all.items.find((item) => has(item, name, value) && !shown.has(called(item)));
    if (missing) says(`${called(missing)} for ${asked}`, `${shown.size} others`, [...some.pages, ...all.pages]);
    const hidden = all.whole && !hasDefault(filter) && some.items.find((item) => !known.has(called(item)));
    if (hidden)
      says(`${called(hidden)} without ${name}, as with ${asked}`, `${known.size} others`, [
        ...all.pages,
        ...some.pages,
      ]);
  }
  return found;
}

async function mistakes(list: List): Promise<Mistake[]> {
  const all = await list.look();
  if (!all) return [];
  const found: Mistake[] = [];
  for (const filter of filtersOf(list.op)) {
    found.push(...(await valueMistakes(list, filter, all)));
    found.push(...(await timeMistakes(list, filter, all)));
    found.push(...(await textMistakes(list, filter, all)));
  }
  return found;
}

export const listFilters: Check = {
  name: "list_filters",
  about:
    "A filter that is named after a field, or after its time, gives just what fits it, and the count says how many",
  applies: (op, run) => run.world.kindOf(op)?.lists === op && filtersOf(op).length > 0,
  async run(op, run) {
    const { ids } = await run.world.draft(op);
    const list = listOf(op, run, ids);
    if (!list) return;
    if (list.kind.creates.length > 0) await run.world.make(list.kind.name, ids);
    for (const filter of filtersOf(op)) {
      await vary(list, filter, valuesOf(list, filter, []));
    }
    if ((await mistakes(list)).length === 0) return;
    // What a server still does with what was made, such as to deliver it, moves it from one filter to another.
    await settled(op, run, ids);
    for (const { what, pages } of await mistakes(list)) run.report(this.name, op, what, pages);
  },
};
