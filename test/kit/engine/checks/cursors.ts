import { queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { withQuery } from "../../draft.ts";
import { nextOf, pagingOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import { Unmade } from "../world.ts";
import { shown } from "./compare.ts";
import { filled } from "./paging.ts";

/** So many other lists lend one their cursor: the next ones of the document, and of the last one the first. */
const OTHERS = 4;

/** Whether the document says that a cursor is good for its own list alone. */
const isOwn = (op: DocumentedOperation): boolean => {
  const { cursor } = pagingOf(op);
  return queryParams(op).find(({ name }) => name === cursor)?.schema["x-own-list"] === true;
};

/** A cursor that a list gave, or undefined where it has but one page; asked for once in a run. */
type Cursor = Promise<string | undefined>;
const given = new WeakMap<Run, Map<DocumentedOperation, Cursor>>();

async function cursorOf(op: DocumentedOperation, run: Run): Cursor {
  try {
    const { size } = pagingOf(op);
    const ready = await filled(run, op);
    if (!ready || size === undefined) return undefined;
    const { draft } = await run.world.draft(op, ready.ids);
    return nextOf(await run.send(op, withQuery(draft, size, "1"), run.cast.owner(op)));
  } catch (error) {
    // What fills that list cannot be made: others lend their cursors.
    if (error instanceof Unmade) return undefined;
    throw error;
  }
}

async function lent(op: DocumentedOperation, run: Run): Cursor {
  const known = given.get(run) ?? new Map<DocumentedOperation, Cursor>();
  given.set(run, known);
  const cursor = known.get(op) ?? cursorOf(op, run);
  known.set(op, cursor);
  return cursor;
}

/** Lists of the run that have cursors of their own, the ones after this first. */
function others(op: DocumentedOperation, run: Run): DocumentedOperation[] {
  const all = run.api.operations.filter(
    (one) => isOwn(one) && run.world.kindOf(one)?.lists === one && (run.options.only?.(one) ?? true),
  );
  const at = all.indexOf(op);
  return [...all.slice(at + 1), ...all.slice(0, Math.max(0, at))].filter((one) => one !== op && run.cast.owner(one));
}

export const foreignCursor: Check = {
  name: "foreign_cursor",
  about: "A cursor of another list is refused (400), where the document says that cursors are good for their own list",
  applies: (op, run) => isOwn(op) && run.cast.owner(op) !== undefined && others(op, run).length > 0,
  async run(op, run) {
    const { cursor } = pagingOf(op);
    const { draft } = await run.world.draft(op);
    let tried = 0;
    for (const other of others(op, run)) {
      const value = tried < OTHERS ? await lent(other, run) : undefined;
      if (value === undefined || cursor === undefined) continue;
      tried++;
      const exchange = await run.send(op, withQuery(draft, cursor, value), run.cast.owner(op));
      if (exchange.status >= 300) continue;
      const expected = `400 for a cursor of ${other.id}`;
      run.report(this.name, op, { expected, seen: shown(exchange) }, [exchange]);
    }
  },
};
