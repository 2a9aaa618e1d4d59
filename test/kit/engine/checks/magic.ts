import type { DocumentedOperation } from "../../document.ts";
import type { Run } from "../run.ts";
import { Unmade } from "../world.ts";
import { isRecord } from "./compare.ts";

/** Longer texts are prose: nothing looks a resource up by them. */
const LONGEST = 200;

/** Texts of resources that are there: ids and names of the operation's own kind, and of those that it refers to. */
async function known(op: DocumentedOperation, run: Run): Promise<Set<string>> {
  const kinds = new Set([run.world.kindOf(op), ...run.world.references(op).map(({ kind }) => kind)]);
  const texts = new Set<string>();
  for (const kind of kinds) {
    if (!kind || kind.creates.length === 0) continue;
    try {
      const { id, exchange } = await run.world.some(kind.name);
      const shown = isRecord(exchange?.json) ? Object.values(exchange.json) : [];
      for (const text of [id, ...shown]) if (typeof text === "string" && text.length <= LONGEST) texts.add(text);
    } catch (error) {
      // What cannot be made has no texts; that is said elsewhere.
      if (!(error instanceof Unmade)) throw error;
    }
  }
  return texts;
}

/**
 * The body with each of its free texts replaced by one that the server knows: by an id, or by what another resource is
 * called. All of them fit the schema.
 */
export async function magicBodies(
  op: DocumentedOperation,
  run: Run,
  body: unknown,
): Promise<{ name: string; value: unknown }[]> {
  const schemas = run.api.schemas.of(run.api.body(op)?.schema ?? {}).properties ?? {};
  const named = new Set(run.world.references(op).map(({ name }) => name));
  if (!isRecord(body)) return [];
  const free = Object.keys(body).filter((name) => typeof body[name] === "string" && !named.has(name));
  const texts = free.length > 0 ? [...(await known(op, run))] : [];
  return free.flatMap((name) => {
    const schema = schemas[name];
    const fit = schema ? texts.filter((text) => text !== body[name] && run.api.schemas.fits(schema, text)) : [];
    return fit.map((text) => ({ name, value: { ...body, [name]: text } }));
  });
}
