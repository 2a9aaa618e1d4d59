import type { ParameterObject } from "../../document.ts";
import { withJson } from "../../draft.ts";
import { itemsOf } from "../lists.ts";
import type { Exchange } from "../types.ts";
import { bodyOf, isRecord } from "./compare.ts";
import { type List, type Looked, type Mistake, nameOf } from "./filtered.ts";

const plussed = (text: string) => text.split(" ").map(encodeURIComponent).join("+");

/** Whether a filter takes any text and is named after a field of text. */
function isText({ fields, run }: List, { name, schema }: ParameterObject): boolean {
  const { schemas } = run.api;
  const field = fields[name];
  return (
    field !== undefined &&
    schemas.types(schema).includes("string") &&
    schemas.types(field).includes("string") &&
    schemas.fits(schema, "a b c") &&
    schemas.fits(field, "a b c")
  );
}

/** An item whose field has a text of several words, where clients can write it: its name, and the text. Made once. */
async function worded(list: List, field: string, words: string) {
  const key = `${field} ${words}`;
  if (!list.worded.has(key)) list.worded.set(key, await makeWorded(list, field, words));
  return list.worded.get(key);
}

async function makeWorded({ run, kind, ids }: List, field: string, words: string) {
  const create = kind.creates.find((op) => {
    const schema = run.api.schemas.of(run.api.body(op)?.schema ?? {}).properties?.[field];
    return schema !== undefined && run.api.schemas.fits(schema, "a b c");
  });
  const who = create && run.cast.owner(create);
  if (!create || !who) return undefined;
  const { draft } = await run.world.draft(create, ids);
  const body = bodyOf(draft);
  if (!isRecord(body)) return undefined;
  // The number makes it a text that nobody has used.
  const text = `${words} ${String(body[field]).split(/\D+/).at(-1)}`;
  const made = await run.send(create, withJson(draft, { ...body, [field]: text }), who);
  if (made.status >= 300 || !isRecord(made.json) || made.json[field] !== text) return undefined;
  return { id: nameOf(kind, made.json), text };
}

/**
 * What is wrong under a filter by text: an item is found by the very text that it has, and where a plus stands for one
 * blank it does for all (the form encoding of the URL standard).
 */
export async function textMistakes(list: List, filter: ParameterObject, all: Looked): Promise<Mistake[]> {
  const { op, run, kind } = list;
  const { name } = filter;
  if (!isText(list, filter)) return [];
  const found: Mistake[] = [];
  const finds = ({ items }: Looked, id: string) => items.some((item) => nameOf(kind, item) === id);
  const [one, several] = [await worded(list, name, "Quiet"), await worded(list, name, "Quiet morning light and")];
  const some = all.items.find((item) => typeof item[name] === "string" && item[name] !== "");
  const known = one ?? (some && { id: nameOf(kind, some), text: String(some[name]) });
  if (!known || !run.api.schemas.fits(filter.schema, known.text)) return [];
  const own = await list.look([name, known.text]);
  if (own?.whole && !finds(own, known.id)) {
    const expected = `${known.id}, whose ${name} is ${JSON.stringify(known.text)}`;
    found.push({ what: { expected, seen: `${own.items.length} others` }, pages: own.pages.slice(0, 2) });
  }
  if (!one || !several) return found;
  const { draft } = await run.world.draft(op, list.ids);
  const ask = (text: string): Promise<Exchange> =>
    run.send(op, { ...draft, path: `${draft.path}?${name}=${plussed(text)}`, query: [] }, run.cast.owner(op));
  const shows = (page: Exchange, id: string) =>
    (itemsOf(page) ?? []).some((item) => isRecord(item) && nameOf(kind, item) === id);
  const single = await ask(one.text);
  const multiple = await ask(several.text);
  const whole = await list.look([name, several.text]);
  if (!shows(single, one.id) || shows(multiple, several.id) || !whole || !finds(whole, several.id)) return found;
  const expected = `${several.id}: a plus stands for each blank, as it does for one`;
  found.push({ what: { expected, seen: `${(itemsOf(multiple) ?? []).length} others` }, pages: [multiple] });
  return found;
}
