import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { withJson } from "../../draft.ts";
import type { Kind } from "../kinds.ts";
import type { Run } from "../run.ts";
import type { Check, Exchange } from "../types.ts";
import { Unmade } from "../world.ts";
import { readAll } from "./walk.ts";

const shown = ({ status, text }: Exchange) => `${status} ${text.slice(0, 160)}`;
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const creates = (op: DocumentedOperation, run: Run): Kind | undefined => {
  const kind = run.world.kindOf(op);
  return kind?.creates.includes(op) ? kind : undefined;
};

/** Fields of what was sent that an answer shows otherwise. Only fields of that name count, and only where both are plain. */
function differences(sent: unknown, shownBody: unknown): string[] {
  if (!isRecord(sent) || !isRecord(shownBody)) return [];
  return Object.entries(sent).flatMap(([name, value]) => {
    if (!(name in shownBody)) return [];
    const seen = shownBody[name];
    if (isRecord(value) && isRecord(seen)) return differences(value, seen).map((at) => `${name}.${at}`);
    return JSON.stringify(seen) === JSON.stringify(value)
      ? []
      : [`${name}: sent ${JSON.stringify(value)}, read ${JSON.stringify(seen)}`];
  });
}

const bodyOf = ({ draft }: Exchange): unknown => {
  if (typeof draft.body?.bytes !== "string" || !draft.body.type.includes("json")) return undefined;
  return JSON.parse(draft.body.bytes);
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
    const { id } = (made.json ?? {}) as { id?: unknown };
    const name = typeof id === "string" || typeof id === "number" ? String(id) : undefined;
    const location = made.headers.get("location");
    const place = name ?? location?.split("/").at(-1);
    if (place === undefined) return;
    const read = await run.world.read(kind, place, ids);
    if (!read) return;
    if (read.status !== 200) {
      run.report(this.name, op, { expected: "200 when it is read", seen: shown(read) }, [made, read]);
      return;
    }
    const lost = differences(bodyOf(made), read.json);
    if (lost.length > 0) run.report(this.name, op, { expected: "what was sent", seen: lost.join("; ") }, [made, read]);
    if (location === null) return;
    const path = new URL(location, run.options.baseUrl).pathname;
    const reader = new URL(`${run.options.baseUrl}${read.draft.path}`).pathname;
    if (path !== reader) run.report("location", op, { expected: `Location: ${reader}`, seen: location }, [made]);
  },
};

export const createdIsListed: Check = {
  name: "created_is_listed",
  about: "What was created stands in the list",
  applies: (op, run) => creates(op, run)?.lists !== undefined,
  async run(op, run) {
    const kind = creates(op, run);
    if (!kind?.lists) return;
    const made = await run.world.make(kind.name);
    const list = await readAll(run, kind.lists, made.ids);
    if (!list || list.some((item) => JSON.stringify(item).includes(made.id))) return;
    const shows = made.exchange ? [made.exchange] : [];
    run.report(this.name, op, { expected: `${made.id} in ${kind.lists.id}`, seen: `${list.length} others` }, shows);
  },
};

const updatesOf = (op: DocumentedOperation, run: Run) => {
  const kind = run.world.kindOf(op);
  const json = Object.keys(op.body?.content ?? {}).some((type) => type.includes("json"));
  return kind?.updates.includes(op) && json && kind.reads && (op.method === "PATCH" || op.method === "PUT")
    ? kind
    : undefined;
};

export const updateIsVisible: Check = {
  name: "update_is_visible",
  about: "What was changed is read as it was sent; a PATCH leaves the rest, a PUT replaces it",
  also: ["patch_merges", "put_replaces"],
  applies: (op, run) => updatesOf(op, run) !== undefined,
  async run(op, run) {
    const kind = updatesOf(op, run);
    const param = pathParams(op).at(-1);
    if (!kind || !run.cast.owner(op)) return;
    const made = param && kind.creates.length > 0 ? await run.world.make(kind.name) : undefined;
    if (param && !made) return;
    const ids = made && param ? { ...made.ids, [`path ${param.name}`]: made.id } : {};
    const read = () => run.world.read(kind, made?.id ?? "", ids);
    const before = await read();
    const { draft } = await run.world.draft(op, ids);
    const whole = bodyOf({ draft } as Exchange);
    if (before?.status !== 200 || !isRecord(whole)) return;
    const changes = op.method === "PATCH" ? Object.entries(whole).map(([name, value]) => ({ [name]: value })) : [whole];
    for (const change of changes) {
      const stood = await read();
      const changed = await run.send(op, withJson(draft, change), run.cast.owner(op));
      if (changed.status >= 300) continue;
      const after = await read();
      if (!after || !stood) continue;
      const lost = differences(change, after.json);
      if (lost.length > 0) {
        run.report(this.name, op, { expected: "what was sent", seen: lost.join("; ") }, [changed, after]);
      } else if (op.method === "PATCH") {
        const others = spoilt(change, stood.json, after.json);
        if (others.length > 0) {
          run.report("patch_merges", op, { expected: "the other fields as they were", seen: others.join("; ") }, [
            changed,
            after,
          ]);
        }
      }
    }
  },
};

/** Plain fields that were not sent and have changed all the same; times and versions change with every write. */
function spoilt(change: Record<string, unknown>, before: unknown, after: unknown): string[] {
  if (!isRecord(before) || !isRecord(after)) return [];
  return Object.keys(before).flatMap((name) => {
    // An answer may wrap what is changed: `{ "user": { "name": … } }`.
    if (isRecord(before[name]) && isRecord(after[name])) return spoilt(change, before[name], after[name]);
    if (name in change || /(_at|_on|At|On|version|etag|revision)$/.test(name)) return [];
    const [old, now] = [JSON.stringify(before[name]), JSON.stringify(after[name])];
    return old === now ? [] : [`${name}: ${old} became ${now}`];
  });
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
    if (list?.some((item) => JSON.stringify(item).includes(made.id))) {
      run.report(this.name, kind.lists, { expected: "no deleted resource", seen: made.id }, [gone]);
    }
  },
};
