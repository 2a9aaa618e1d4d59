import type { JsonSchema } from "../../document.ts";
import { withJson } from "../../draft.ts";
import type { Schemas } from "../../schemas.ts";
import type { Check } from "../run.ts";
import { bodyOf, isRecord, shown } from "./compare.ts";

/** How long ago, in milliseconds: more than clocks differ by, and what is past in any unit. */
const AGO = [
  ["an hour ago", 3_600_000],
  ["ten years ago", 10 * 365 * 86_400_000],
] as const;

type Place = readonly string[];

/** The places of a body whose time must lie ahead, as its schema says. */
function places(schemas: Schemas, schema: JsonSchema, value: unknown, at: Place = []): Place[] {
  const found = schemas.of(schema);
  if (schema["x-future"] === true || found["x-future"] === true) return found.format === "date-time" ? [at] : [];
  if (!isRecord(value)) return [];
  return Object.entries(found.properties ?? {}).flatMap(([name, field]) =>
    name in value || field["x-future"] === true || schemas.of(field)["x-future"] === true
      ? places(schemas, field, value[name], [...at, name])
      : [],
  );
}

/** The body with another value at a place. */
function replaced(body: unknown, [name, ...rest]: Place, value: unknown): unknown {
  if (name === undefined) return value;
  return isRecord(body) ? { ...body, [name]: replaced(body[name], rest, value) } : body;
}

export const timeAhead: Check = {
  name: "time_ahead",
  about: "A time that must lie ahead, as the document says by x-future, is refused when it is past",
  applies: (op, run) => {
    const body = run.api.body(op);
    if (!body?.type.includes("json") || run.cast.owner(op) === undefined) return false;
    return places(run.api.schemas, body.schema, body.example).length > 0;
  },
  async run(op, run) {
    const { schema = {} } = run.api.body(op) ?? {};
    const { draft } = await run.world.draft(op, {}, true);
    const known = bodyOf(draft);
    for (const place of places(run.api.schemas, schema, known)) {
      for (const [when, ms] of AGO) {
        const time = new Date(run.clock.now() - ms).toISOString();
        const { draft: fresh, ids } = await run.world.draft(op, {}, true);
        const exchange = await run.send(op, withJson(fresh, replaced(bodyOf(fresh), place, time)), run.cast.owner(op));
        await run.world.end(op, exchange, ids);
        if (exchange.status >= 300) continue;
        const expected = `400 for ${place.join(".")} of ${when}`;
        run.report(this.name, op, { expected, seen: shown(exchange) }, [exchange]);
      }
    }
  },
};
