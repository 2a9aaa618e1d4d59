import { isDeepStrictEqual } from "node:util";
import { headerParam, pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withHeaders } from "../../draft.ts";
import type { Kind } from "../kinds.ts";
import { itemsOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange } from "../types.ts";
import type { Ids } from "../world.ts";
import { bodyOf, differences } from "./compare.ts";
import { itemSchema } from "./filtered.ts";
import { readPages } from "./walk.ts";

/** So many requests are sent at the same moment. */
const AT_ONCE = 4;
/** What goes wrong between two requests goes wrong by chance: so often it is tried. */
const ROUNDS = 2;

const atOnce = (run: Run, op: DocumentedOperation, drafts: readonly Draft[]): Promise<Exchange[]> =>
  Promise.all(drafts.map((draft) => run.send(op, draft, run.cast.owner(op))));

const inWords = (exchanges: readonly Exchange[]) => exchanges.map(({ status }) => status).join(", ");
const good = (exchanges: readonly Exchange[]) => exchanges.filter(({ status }) => status >= 200 && status < 300);

/** The kind that an operation changes, where its reader stands at the same path and tells the version. */
function versioned(op: DocumentedOperation, run: Run): Kind | undefined {
  const kind = run.world.kindOf(op);
  const isChange = (op.method === "PATCH" || op.method === "PUT") && run.api.body(op)?.type.includes("json") === true;
  const isSame = kind?.updates.includes(op) === true && kind.reads?.path === op.path;
  return isChange && isSame && headerParam(op, "If-Match") !== undefined && run.cast.owner(op) ? kind : undefined;
}

/** Requests that change one version, each in another way; what would change nothing is left out. */
async function changes(op: DocumentedOperation, run: Run, ids: Ids, read: Exchange): Promise<Draft[]> {
  const drafts: Draft[] = [];
  for (let n = 0; n < AT_ONCE; n++) {
    const { draft } = await run.world.draft(op, ids);
    const body = bodyOf(draft);
    const isNew = drafts.every((one) => !isDeepStrictEqual(bodyOf(one), body));
    if (isNew && differences(body, read.json).length > 0) drafts.push(draft);
  }
  return drafts.map((draft) => withHeaders(draft, { "if-match": read.headers.get("etag") ?? "" }));
}

export const lostUpdate: Check = {
  name: "lost_update",
  about: "Of several writes at once with the same If-Match one is done, and no other overwrites it (RFC 9110 §13.1.1)",
  applies: (op, run) => versioned(op, run) !== undefined,
  async run(op, run) {
    const kind = versioned(op, run);
    const param = pathParams(op).at(-1);
    if (!kind?.reads) return;
    const made = param ? await run.world.make(kind.name) : undefined;
    const ids: Ids = made && param ? { ...made.ids, [`path ${param.name}`]: made.id } : {};
    const read = () => run.world.read(kind, made?.id ?? "", ids);
    const ready = async () => {
      const before = await read();
      const tag = before?.headers.get("etag");
      return before?.status === 200 && tag && !tag.startsWith("W/") ? changes(op, run, ids, before) : [];
    };
    // One after the other first: where that is not refused, or the first is, nothing follows from what is done at once.
    const [first, second] = await ready();
    if (!first || !second) return;
    const [one, other] = [await atOnce(run, op, [first]), await atOnce(run, op, [second])];
    if (good(one).length === 0 || other[0]?.status !== 412) return;
    for (let round = 0; round < ROUNDS; round++) {
      const drafts = await ready();
      if (drafts.length < 2) return;
      const done = await atOnce(run, op, drafts);
      if (good(done).length < 2) continue;
      const expected = `one 2xx and ${drafts.length - 1} times 412, sent at once with the same If-Match`;
      run.report(this.name, op, { expected, seen: inWords(done) }, good(done));
      return;
    }
  },
};

/** The fields of a kind's items that the document says differ from item to item. */
function distinctFields(kind: Kind, run: Run): string[] {
  const item = kind.lists && itemSchema(kind.lists, run);
  const fields = Object.entries((item && run.api.schemas.of(item).properties) ?? {});
  return fields
    .filter(([, one]) => (run.api.schemas.of(one)["x-distinct"] ?? one["x-distinct"]) === true)
    .map(([name]) => name);
}

/** Two items that have the same value where each has its own. */
function double(items: readonly unknown[], field: string): string | undefined {
  const seen = new Map<string, unknown>();
  for (const item of items) {
    const { id, [field]: value } = (item ?? {}) as Readonly<Record<string, unknown>>;
    if (value === undefined || value === null) continue;
    const key = JSON.stringify(value);
    // One that moved between two pages is no second one.
    if (seen.has(key) && seen.get(key) !== id) return `${field}: ${key} of ${seen.get(key)} and of ${id}`;
    seen.set(key, id);
  }
  return undefined;
}

export const distinctValues: Check = {
  name: "distinct_values",
  about:
    "Where the document says x-distinct, no two items of a list have one value, also those made at the same moment",
  applies(op, run) {
    const kind = run.world.kindOf(op);
    return (
      kind?.creates.includes(op) === true && distinctFields(kind, run).length > 0 && run.cast.owner(op) !== undefined
    );
  },
  async run(op, run) {
    const kind = run.world.kindOf(op);
    if (!kind?.lists) return;
    const { ids } = await run.world.draft(op);
    const look = async (what: string, made: readonly Exchange[]) => {
      const pages = (kind.lists && (await readPages(run, kind.lists, ids))) ?? [];
      const items = pages.flatMap((page) => itemsOf(page) ?? []);
      for (const field of distinctFields(kind, run)) {
        const seen = double(items, field);
        if (seen === undefined) continue;
        run.report(this.name, op, { expected: `${field} differs in all of ${kind.lists?.id} ${what}`, seen }, [
          ...made,
          ...pages.slice(0, 1),
        ]);
        return false;
      }
      return true;
    };
    if (!(await look("as it is", []))) return;
    const make = async (n: number) => {
      const drafts: Draft[] = [];
      for (let at = 0; at < n; at++) drafts.push((await run.world.draft(op, ids)).draft);
      return good(await atOnce(run, op, drafts));
    };
    const made: Exchange[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const some = await make(AT_ONCE);
      if (!(await look("after several are made at once", some))) return;
      made.push(...some);
    }
    const [gone, ...rest] = made;
    const end = gone && (await run.world.end(op, gone, ids));
    if (!end) return;
    const next = await make(1);
    await look("after one was deleted and another made", [gone, end, ...next]);
    for (const one of [...rest, ...next]) await run.world.end(op, one, ids);
  },
};
