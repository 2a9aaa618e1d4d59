import { queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Draft, withQuery } from "../../draft.ts";
import { stands } from "../kinds.ts";
import { itemsOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange, Principal } from "../types.ts";
import { shown } from "./compare.ts";
import { settled, snapshot } from "./snapshot.ts";

/** The answer as a stranger may compare it: all but what names the request, its moment and its count. */
function comparable({ status, headers, text, draft }: Exchange, ids: readonly string[]): string {
  const kept = [...headers].filter(
    ([name]) => !/^(date|x-request-id|.*ratelimit.*|content-length|server-timing)$/.test(name),
  );
  let plain = `${status}\n${JSON.stringify(kept)}\n${text}`;
  // The longest first: an id that is a number may be part of another.
  for (const id of [...ids, draft.path].sort((a, b) => b.length - a.length)) plain = plain.replaceAll(id, "#");
  return plain
    .replaceAll(/"(request_?id|trace_?id|timestamp)":\s*"[^"]*"/gi, '"$1":"#"')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z?/g, "#");
}

/** An id of the same form that names nothing. */
export function unknownLike(id: string): string {
  if (/^\d+$/.test(id)) return String(Number(id) + 900_000_000);
  const turn = (c: string) => (/\d/.test(c) ? String((Number(c) + 5) % 10) : c);
  const changed = [...id].map((c, at) => (at > id.length - 12 ? turn(c) : c)).join("");
  if (changed !== id) return changed;
  return id.slice(0, -1) + (id.endsWith("a") ? "b" : "a");
}

/** What a stranger's request with the tenant's own id is answered. */
async function refuses(
  run: Run,
  op: DocumentedOperation,
  who: Principal,
  draft: Draft,
  unknown: Draft,
  ids: string[],
): Promise<Exchange> {
  const mine = await run.send(op, draft, who);
  const nobodys = await run.send(op, unknown, who);
  if (mine.status < 400) {
    run.report("tenant_isolation", op, { expected: "404 for another tenant's resource", seen: shown(mine) }, [mine]);
    return mine;
  }
  if (comparable(mine, ids) === comparable(nobodys, ids)) return mine;
  const expected = `the same answer as for an id that names nothing (${shown(nobodys)})`;
  run.report("tenant_isolation", op, { expected, seen: shown(mine) }, [mine, nobodys]);
  return mine;
}

export const tenantIsolation: Check = {
  name: "tenant_isolation",
  about:
    "Another tenant's resource can neither be read, changed, listed nor used as a parent, and is told from no unknown one",
  applies(op, run) {
    const uses = run.world.references(op).length > 0 || run.world.kindOf(op)?.lists === op;
    if (!uses || op.security.length === 0) return false;
    return run.cast.stranger(op) ? true : "no principal of another tenant may call it";
  },
  async run(op, run) {
    const who = run.cast.stranger(op);
    if (!who) return;
    const kind = run.world.kindOf(op);
    if (kind?.lists === op) return listsNothingForeign(op, run, who);
    // A second time, with what is at rest, before it counts: the server may have changed it by itself.
    const seen = (await changed(op, run, who, snapshot)) && (await changed(op, run, who, settled));
    if (!seen) return;
    run.report(
      "tenant_isolation",
      op,
      { expected: "another tenant's request changes nothing", ...seen.what },
      seen.tried,
    );
  },
};

/** Sends what must be refused, on resources of its own; what it has changed all the same, or undefined. */
async function changed(op: DocumentedOperation, run: Run, who: Principal, look: typeof snapshot) {
  const { ids } = await run.world.draft(op, {}, true);
  const before = await look(op, run, ids);
  const tried: Exchange[] = [];
  for (const { place, name } of run.world.references(op)) {
    const key = `${place} ${name}`;
    const id = ids[key];
    if (id === undefined) continue;
    const draft = run.world.fill(op, ids);
    const other = unknownLike(id);
    const unknown = swap(draft, id, other, run.world.fill(op, { ...ids, [key]: other }).path);
    tried.push(await refuses(run, op, who, draft, unknown, [id, unknownLike(id)]));
  }
  const after = await snapshot(op, run, ids);
  if (before === after) return undefined;
  const seen = `it changed from ${before.slice(0, 120)} to ${after.slice(0, 120)}`;
  return { what: { seen }, tried };
}

/** The same request with another id, in path and body. */
function swap(draft: Draft, id: string, other: string, path: string): Draft {
  const { body } = draft;
  if (typeof body?.bytes !== "string") return { ...draft, path };
  // A number stands by itself, or between quotes; elsewhere it is part of another.
  const found = /^\d+$/.test(id) ? new RegExp(`(?<=[:,[]\\s*"?)${id}(?="?\\s*[,}\\]])`, "g") : id;
  return { ...draft, path, body: { ...body, bytes: body.bytes.replaceAll(found, other) } };
}

async function listsNothingForeign(op: DocumentedOperation, run: Run, who: Principal): Promise<void> {
  const kind = run.world.kindOf(op);
  if (!kind) return;
  const made = await run.world.some(kind.name);
  const { draft } = await run.world.draft(op);
  const ids = [made.id, ...Object.values(made.ids)];
  const pages = [draft, ...ids.flatMap((id) => filters(op, run, id, draft))];
  for (const page of pages) {
    const exchange = await run.send(op, page, who);
    const isShown = stands(kind, itemsOf(exchange) ?? [], made.id);
    if (exchange.status >= 400 || isShown !== true) continue;
    run.report("tenant_isolation", op, { expected: "no resource of another tenant", seen: made.id }, [exchange]);
  }
}

/** The list narrowed down to the foreign resource itself, or to its parents. */
function filters(op: DocumentedOperation, run: Run, id: string, draft: Draft): Draft[] {
  return queryParams(op).flatMap(({ name, schema }) =>
    run.api.schemas.fits(schema, id) && !run.api.schemas.fits(schema, "x") ? [withQuery(draft, name, id)] : [],
  );
}
