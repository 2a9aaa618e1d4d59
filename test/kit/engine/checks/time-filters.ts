import type { ParameterObject } from "../../document.ts";
import type { Exchange } from "../types.ts";
import { type Item, type List, type Looked, type Mistake, nameOf } from "./filtered.ts";

/** Names of filters that bound a time: what comes before is the field, the end says which side. */
const FROM = /^(?:(.+)_)?(since|after|from|gte|min)$/;
const TO = /^(?:(.+)_)?(until|before|to|lte|lt|max)$/;

type Bound = { readonly field: string; readonly side: "from" | "to"; readonly equal: boolean | undefined };

/** Whether the words of a filter say that it holds the very time; undefined where they leave it open. */
function holdsEqual({ schema, description }: ParameterObject, side: "from" | "to"): boolean | undefined {
  const words = String(description ?? schema.description ?? "").toLowerCase();
  if (side === "from") return /\b(at|on) or after\b/.test(words) ? true : undefined;
  return /\bbefore\b/.test(words) && !/\bor before\b|\bbefore or\b|\binclu/.test(words) ? false : undefined;
}

/** What a bound without a name is one of: the one time that items have. */
function onlyTime({ fields, run }: List): string | undefined {
  const times = Object.keys(fields).filter((name) => run.api.schemas.of(fields[name] ?? {}).format === "date-time");
  return times.length === 1 ? times[0] : undefined;
}

function boundOf(list: List, filter: ParameterObject): Bound | undefined {
  const { fields, run } = list;
  const { name, schema } = filter;
  // A cursor may be called `after`, too: a time is what takes nothing but one.
  if (!run.api.schemas.fits(schema, "2026-01-01T00:00:00.000Z") || run.api.schemas.fits(schema, "x")) return undefined;
  const [from, to] = [FROM.exec(name), TO.exec(name)];
  const match = from ?? to;
  if (!match) return undefined;
  const base = match[1];
  const named = [`${base}_at`, base ?? "", `${base}_on`].find((one) => one in fields);
  const field = base === undefined ? onlyTime(list) : named;
  const side = from ? "from" : "to";
  return field === undefined ? undefined : { field, side, equal: holdsEqual(filter, side) };
}

const timeOf = (item: Item, field: string): number | undefined => {
  const value = item[field];
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
};

/**
 * What is wrong under a filter that bounds a time. Of items of the very time only that counts which the filter's own words
 * say, and only where a time that a server shows with fewer digits than it keeps stands on the same side.
 */
export async function timeMistakes(list: List, filter: ParameterObject, all: Looked): Promise<Mistake[]> {
  const bound = boundOf(list, filter);
  if (!bound) return [];
  const { field, side, equal } = bound;
  const timed = all.items.filter((item) => timeOf(item, field) !== undefined);
  // One that has items on both sides, where there are such.
  const pivot = timed[Math.min(1, timed.length - 1)]?.[field];
  if (typeof pivot !== "string") return [];
  const some = await list.look([filter.name, pivot]);
  if (!some) return [];
  const at = Date.parse(pivot);
  const fits = (item: Item): boolean | undefined => {
    const time = timeOf(item, field);
    if (time === undefined) return undefined;
    return time === at ? equal : time > at === (side === "from");
  };
  const found: Mistake[] = [];
  const says = (expected: string, item: Item, pages: readonly Exchange[]) => {
    const seen = `${nameOf(list.kind, item)} of ${item[field]}`;
    found.push({ what: { expected, seen }, pages: pages.slice(0, 2) });
  };
  const wrong = some.items.find((item) => fits(item) === false);
  if (wrong) says(`only what fits ${filter.name}=${pivot}`, wrong, some.pages);
  const shown = new Set(some.items.map((item) => nameOf(list.kind, item)));
  const missing = some.whole && timed.find((item) => fits(item) && !shown.has(nameOf(list.kind, item)));
  if (missing) says(`everything that fits ${filter.name}=${pivot}, which leaves out what is seen`, missing, some.pages);
  return found;
}
