import type { JsonSchema } from "../../document.ts";
import { responseOf } from "../../document.ts";
import { isRecord } from "../checks/compare.ts";
import type { Judge, Run } from "../run.ts";

/** `x-lasts`: a time lies so many seconds after that of the field beside it, or else after the answer. */
type Lasts = { readonly seconds: number; readonly from?: string };

function lastsOf({ schemas }: Run["api"], schema: JsonSchema): Lasts | undefined {
  const said = [schema, schemas.of(schema)].map((one) => one["x-lasts"]).find(isRecord);
  if (typeof said?.seconds !== "number") return undefined;
  return { seconds: said.seconds, ...(typeof said.from === "string" ? { from: said.from } : {}) };
}

/** Every field of a value whose time is said to last, with what it is counted from. */
function* lasting(run: Run, schema: JsonSchema, value: unknown): Generator<readonly [name: string, Lasts, object]> {
  const { schemas } = run.api;
  const found = schemas.of(schema);
  if (Array.isArray(value)) for (const item of value.slice(0, 5)) yield* lasting(run, found.items ?? {}, item);
  if (!isRecord(value)) return;
  for (const [name, field] of Object.entries(found.properties ?? {})) {
    const lasts = lastsOf(run.api, field);
    if (lasts) yield [name, lasts, value];
    else if (typeof value[name] === "object") yield* lasting(run, field, value[name]);
  }
}

/** What clocks may differ by, and what is lost where a time is told in whole seconds: in milliseconds. */
const SLACK = 2000;

export const lifetime: Judge = {
  name: "lifetime",
  about: "A time that is said by x-lasts to lie so many seconds after another, or after the answer, does",
  judge({ op, status, draft, json, headers, sentMs, answeredMs }, run) {
    if (!op || status >= 300 || json === undefined || draft.method !== op.method) return undefined;
    const content = responseOf(op, status)?.content ?? {};
    const schema = Object.entries(content).find(([type]) => /json/.test(type))?.[1].schema;
    if (!schema) return undefined;
    for (const [name, { seconds, from }, holder] of lasting(run, schema, json)) {
      const time = (field: string) => Date.parse(String((holder as Readonly<Record<string, unknown>>)[field]));
      const until = time(name);
      // What is null lasts for ever; what is given again was counted when it was first given.
      if (Number.isNaN(until) || (from === undefined && headers.get("idempotent-replayed") !== null)) continue;
      const [first, last] = from === undefined ? [sentMs, answeredMs] : [time(from), time(from)];
      if (until >= first + seconds * 1000 - SLACK && until <= last + seconds * 1000 + SLACK) continue;
      const expected = `${name} ${seconds} seconds after ${from ?? "the answer"}`;
      return { expected, seen: `${Math.round((until - last) / 1000)} seconds` };
    }
    return undefined;
  },
};
