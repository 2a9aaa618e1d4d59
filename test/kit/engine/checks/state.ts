import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Kind, stands } from "../kinds.ts";
import type { Check, Run } from "../run.ts";
import { idFrom, type Made, Unmade } from "../world.ts";
import { contradictions, readOne } from "./answered.ts";
import { bodyOf, differences, shown, takesIn } from "./compare.ts";
import { itemSchema } from "./filtered.ts";
import { readAll } from "./walk.ts";

const creates = (op: DocumentedOperation, run: Run): Kind | undefined => {
  const kind = run.world.kindOf(op);
  return kind?.creates.includes(op) ? kind : undefined;
};

export const createdIsReadable: Check = {
  name: "created_is_readable",
  about: "What was created can be read at once, as it was sent and as the answer showed it; Location leads there",
  also: ["location"],
  applies: (op, run) => creates(op, run)?.reads !== undefined,
  async run(op, run) {
    const kind = creates(op, run);
    const who = run.cast.owner(op);
    if (!kind || !who) return;
    const { draft, ids } = await run.world.draft(op);
    const made = await run.send(op, draft, who);
    if (made.status >= 300) return;
    const location = made.headers.get("location");
    const place = idFrom(kind, made);
    if (place === undefined) return;
    const read = await run.world.read(kind, place, ids);
    if (!read) return;
    if (read.status !== 200) {
      run.report(this.name, op, { expected: "200 when it is read", seen: shown(read) }, [made, read]);
      return;
    }
    const lost = differences(bodyOf(made.draft), read.json, takesIn(run.api, kind.reads));
    if (lost.length > 0) run.report(this.name, op, { expected: "what was sent", seen: lost.join("; ") }, [made, read]);
    const other = await contradictions(run, kind, made, read, () => run.world.read(kind, place, ids));
    if (lost.length === 0 && other.length > 0)
      run.report(this.name, op, { expected: "what its making answered", seen: other.join("; ") }, [made, read]);
    if (location === null) return;
    const path = new URL(location, run.options.baseUrl).pathname;
    const reader = new URL(`${run.options.baseUrl}${read.draft.path}`).pathname;
    if (path !== reader) run.report("location", op, { expected: `Location: ${reader}`, seen: location }, [made]);
  },
};

export const createdIsListed: Check = {
  name: "created_is_listed",
  about: "What was created stands in the list, as its answer showed it",
  applies: (op, run) => creates(op, run)?.lists !== undefined,
  async run(op, run) {
    const kind = creates(op, run);
    if (!kind?.lists) return;
    const sibling = await run.world.make(kind.name);
    // A list that was read before must show what has come since.
    await readAll(run, kind.lists, sibling.ids);
    const made = await run.world.make(kind.name, sibling.ids);
    const list = await readAll(run, kind.lists, made.ids);
    for (const one of [sibling, made]) {
      if (!list || stands(kind, list, one.id) !== false) continue;
      const shows = one.exchange ? [one.exchange] : [];
      run.report(this.name, op, { expected: `${one.id} in ${kind.lists.id}`, seen: `${list.length} others` }, shows);
    }
    await listedAsAnswered(run, op, kind, made);
  },
};

/** The item of a list is what the answer to its making showed. */
async function listedAsAnswered(run: Run, op: DocumentedOperation, kind: Kind, made: Made): Promise<void> {
  const { exchange, id, ids } = made;
  // A list may show less of a text: it is the same only where it says so, or where nothing else shows it.
  const listed = kind.lists && itemSchema(kind.lists, run);
  if (kind.reads && (listed?.$ref === undefined || listed.$ref !== run.api.success(op).schema?.$ref)) return;
  const look = () => readOne(run, { ...kind, reads: undefined }, id, ids);
  const item = exchange && (await look());
  if (!exchange || !item) return;
  const other = await contradictions(run, kind, exchange, item, look);
  if (other.length === 0) return;
  run.report("created_is_listed", op, { expected: "what its making answered", seen: other.join("; ") }, [
    exchange,
    item,
  ]);
}

export const useAfterDelete: Check = {
  name: "use_after_delete",
  about: "What was deleted is gone: reading, changing and deleting it again is a 404, and no list shows it",
  also: ["delete_is_idempotent"],
  applies(op, run) {
    const kind = run.world.kindOf(op);
    return kind?.deletes === op && kind.creates.length > 0 && pathParams(op).length > 0;
  },
  async run(op, run) {
    const kind = run.world.kindOf(op);
    const param = pathParams(op).at(-1);
    if (!kind || !param) return;
    const made = await run.world.make(kind.name);
    const ids = { ...made.ids, [`path ${param.name}`]: made.id };
    const { draft } = await run.world.draft(op, ids);
    // What was read before must not be shown from memory afterwards.
    await run.world.read(kind, made.id, ids);
    if (kind.lists) await readAll(run, kind.lists, made.ids);
    const gone = await run.send(op, draft, run.cast.owner(op));
    if (gone.status >= 300) throw new Unmade(`${op.id} answered ${gone.status} to a resource that it made`, gone);
    for (const user of [kind.reads, ...kind.updates]) {
      if (!user || pathParams(user).at(-1)?.name !== param.name || !run.cast.owner(user)) continue;
      const { draft: use } = await run.world.draft(user, ids);
      const exchange = await run.send(user, use, run.cast.owner(user));
      if (exchange.status === 404 || exchange.status === 410) continue;
      run.report(this.name, user, { expected: "404 after it was deleted", seen: shown(exchange) }, [gone, exchange]);
    }
    const again = await run.send(op, draft, run.cast.owner(op));
    // RFC 9110 §9.2.2: twice is as once. Which of the two a server says is its own choice; an error of its own is not.
    if (![404, 410, 204, 200].includes(again.status)) {
      run.report("delete_is_idempotent", op, { expected: "404 or the same answer", seen: shown(again) }, [gone, again]);
    }
    const list = kind.lists && (await readAll(run, kind.lists, made.ids));
    if (list && stands(kind, list, made.id) === true) {
      run.report(this.name, kind.lists, { expected: "no deleted resource", seen: made.id }, [gone]);
    }
  },
};
