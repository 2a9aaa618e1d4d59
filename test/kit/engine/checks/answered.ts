import { isDeepStrictEqual } from "node:util";
import type { DocumentedOperation } from "../../document.ts";
import { idIn, type Kind } from "../kinds.ts";
import { itemsOf } from "../lists.ts";
import type { Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { isRecord, LAST_USED } from "./compare.ts";
import { readPages } from "./walk.ts";

/** Longer than the second in which many clocks and counters count. */
export const NEXT_SECOND_MS = 1100;

/** The fields of a kind that clients write. What a server derives of them, such as why something is off, is not among them. */
export function writableOf(kind: Kind | undefined, run: Run): ReadonlySet<string> {
  const bodies = [...(kind?.creates ?? []), ...(kind?.updates ?? [])].map((one) => run.api.body(one)?.schema ?? {});
  return new Set(bodies.flatMap((schema) => Object.keys(run.api.schemas.of(schema).properties ?? {})));
}

/** A resource as its owner reads it, or else as it stands in the list of its kind; undefined where neither shows it. */
export async function readOne(run: Run, kind: Kind, id: string, ids: Ids): Promise<Exchange | undefined> {
  if (kind.reads) return run.world.read(kind, id, ids);
  const pages = kind.lists && (await readPages(run, kind.lists, ids));
  for (const page of pages ?? []) {
    const item = itemsOf(page)?.find((one) => idIn(kind, one) === id);
    if (item !== undefined) return { ...page, headers: new Headers(), json: item };
  }
  return undefined;
}

/** Whether a server moves resources of a kind on by itself: long operations do, and a state that no client writes. */
function livesOn(run: Run, kind: Kind, written: ReadonlySet<string>): boolean {
  const long = [...kind.creates, ...kind.updates].some((op) => "x-async" in op.extensions || op.responses.has(202));
  const fields = [kind.reads, ...kind.creates, ...kind.updates].flatMap((op) => {
    const shown = op && run.api.success(op).schema;
    return Object.entries((shown && run.api.schemas.of(shown).properties) ?? {});
  });
  return long || fields.some(([name, schema]) => run.api.schemas.of(schema).enum !== undefined && !written.has(name));
}

/** Whether two answers show the same resource: by the schema that both have, or by its id. */
function showsSame(run: Run, kind: Kind, one: Exchange, other: Exchange): boolean {
  const name = ({ op }: Exchange) => op && run.api.success(op).schema?.$ref;
  const id = idIn(kind, one.json);
  if (id !== undefined) return id === idIn(kind, other.json);
  return name(one) !== undefined && name(one) === name(other);
}

/** Places of what both values show where they differ. */
export function apart(one: unknown, other: unknown, place = ""): string[] {
  if (isRecord(one) && isRecord(other)) {
    const shared = Object.keys(one).filter((name) => name in other && !LAST_USED.test(name));
    return shared.flatMap((name) => apart(one[name], other[name], place === "" ? name : `${place}.${name}`));
  }
  // A plan may be named in one answer, and shown whole in another.
  const isOther = one !== null && other !== null && typeof one !== typeof other;
  return isOther || isDeepStrictEqual(one, other)
    ? []
    : [`${place}: answered ${JSON.stringify(one)}, read ${JSON.stringify(other)}`];
}

const fieldOf = (difference: string) => difference.split(/[.:]/)[0] ?? "";

/**
 * Where the answer to a write and the next read of the same resource contradict each other: in fields that both show, and
 * in the ETag that both carry (RFC 9110 §8.8.3). What the server may change by itself meanwhile does not count.
 */
export async function contradictions(
  run: Run,
  kind: Kind,
  written: Exchange,
  read: Exchange,
  again: () => Promise<Exchange | undefined>,
): Promise<string[]> {
  if (!isRecord(written.json) || !isRecord(read.json) || !showsSame(run, kind, written, read)) return [];
  const clients = writableOf(kind, run);
  const still = written.who === read.who && !livesOn(run, kind, clients);
  const found = apart(written.json, read.json).filter((one) => still || clients.has(fieldOf(one)));
  const [tag, readTag] = [written.headers.get("etag"), read.headers.get("etag")];
  const whole = isDeepStrictEqual(Object.keys(written.json).sort(), Object.keys(read.json).sort());
  if (still && whole && found.length === 0 && tag !== null && readTag !== null && tag !== readTag)
    found.push(`ETag: answered ${tag}, read ${readTag}`);
  if (found.length === 0) return [];
  // What goes on changing, such as seconds that are left, is no contradiction.
  await run.clock.sleep(NEXT_SECOND_MS);
  const later = await again();
  const moving = new Set(later ? apart(read.json, later.json).map(fieldOf) : []);
  return found.filter((one) => !moving.has(fieldOf(one)));
}

/** The fields by which resources say when they last changed. */
const CHANGED = /^(last_?)?(updated|modified|changed)(_?(at|on))?$/i;

/** The field that says when a resource last changed, where it has one that is the server's own. */
export const changeTimeOf = (op: DocumentedOperation, run: Run, shown: unknown): string | undefined => {
  const clients = writableOf(run.world.kindOf(op), run);
  return isRecord(shown)
    ? Object.keys(shown).find((name) => CHANGED.test(name) && typeof shown[name] === "string" && !clients.has(name))
    : undefined;
};
