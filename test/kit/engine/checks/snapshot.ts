import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Run } from "../run.ts";
import type { Ids } from "../world.ts";
import { readAll } from "./walk.ts";

/** Servers record when something was last used, at a moment of their own choosing: that is no effect of a request. */
const USE = /"last_?(used|seen|active|accessed)_?(at|on)?":("[^"]*"|null|\d+)/gi;

/**
 * What an operation could change, as its owner sees it: its resource, and the list that it stands in. Equal texts are
 * equal states; what cannot be read is no part of them.
 */
export async function snapshot(op: DocumentedOperation, run: Run, ids: Ids): Promise<string> {
  const kind = run.world.kindOf(op);
  if (!kind) return "";
  const last = pathParams(op).at(-1)?.name;
  const own = run.world.references(op).find(({ place, name }) => place === "path" && name === last);
  // An operation that creates under a parent names the parent there.
  const id = own?.kind === kind ? ids[`path ${last}`] : undefined;
  const single = kind.reads !== undefined && pathParams(kind.reads).length === 0;
  const read = single || id !== undefined ? await run.world.read(kind, id ?? "", ids) : undefined;
  const list = kind.lists && (await readAll(run, kind.lists, ids));
  const shown = read && (read.status < 300 ? read.text : read.status);
  return JSON.stringify([shown, list && JSON.stringify(list).replaceAll(USE, "")]).replaceAll(USE, "");
}

/** How long, in milliseconds, a state must stay as it is before it is taken for one that does, and how often that is looked for. */
const STILL_MS = 500;
const LOOKS = 10;

/**
 * The state once nothing changes any more: what a server still does by itself with what was made, such as to deliver it, is
 * no effect of a request that comes later.
 */
export async function settled(op: DocumentedOperation, run: Run, ids: Ids): Promise<string> {
  let was = await snapshot(op, run, ids);
  for (let n = 0; n < LOOKS; n++) {
    await run.clock.sleep(STILL_MS);
    const is = await snapshot(op, run, ids);
    if (is === was) return is;
    was = is;
  }
  return was;
}
