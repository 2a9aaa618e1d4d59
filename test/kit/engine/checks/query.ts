import { queryParams } from "../../api.ts";
import type { DocumentedOperation, JsonSchema, ParameterObject } from "../../document.ts";
import { type Draft, withQuery } from "../../draft.ts";
import { ownNames } from "../cast.ts";
import type { Check, Run } from "../run.ts";
import { shown } from "./compare.ts";

/** Parameters that no principal brings along. */
function ownless(op: DocumentedOperation, run: Run, draft: Draft): ParameterObject[] {
  const own = ownNames(run.cast.owner(op), draft);
  return queryParams(op).filter(({ name }) => !own.has(name));
}

/** Up to two different texts that a parameter takes. */
function goodValues(run: Run, schema: JsonSchema): string[] {
  const { minimum, maximum, enum: listed = [] } = run.api.schemas.of(schema);
  const least = Number(minimum ?? 0);
  const some = [run.api.schemas.example(schema), ...listed, true, false, least, least + 1, maximum];
  const good = some.filter((value) => value !== undefined && value !== null && run.api.schemas.fits(schema, value));
  return [...new Set(good.map(String))].slice(0, 2);
}

/** What is sent in the place of one value: it twice, and with another one in both orders. */
function doubles(values: readonly string[]): (readonly [string, string])[] {
  const [one = "", other] = values;
  return other === undefined
    ? [[one, one]]
    : [
        [one, one],
        [one, other],
        [other, one],
      ];
}

export const queryInput: Check = {
  name: "query_input",
  about:
    "A query parameter that is unknown or doubled is a 400, where the document says that queries are closed; NUL in one breaks nothing",
  applies: (op, run) =>
    (op.extensions["x-closed-query"] === true || queryParams(op).length > 0) && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const who = run.cast.owner(op);
    const parameters = ownless(op, run, draft);
    const without = (name: string): Draft => ({ ...draft, query: draft.query.filter(([one]) => one !== name) });
    // Few stores keep NUL; that nothing breaks is for the judges.
    for (const { name, schema } of parameters.filter(({ schema }) =>
      run.api.schemas.types(schema).includes("string"),
    )) {
      await run.send(op, withQuery(without(name), name, `${run.api.schemas.example(schema)}\u0000`), who);
    }
    if (op.extensions["x-closed-query"] !== true) return;
    const unknown = await run.send(op, withQuery(draft, "no_such_parameter", "1"), who);
    if (unknown.status !== 400) {
      run.report(this.name, op, { expected: "400 for an unknown query parameter", seen: shown(unknown) }, [unknown]);
    }
    const single = parameters
      .filter(({ schema }) => !run.api.schemas.types(schema).includes("array"))
      .map(({ name, schema }) => ({ name, values: goodValues(run, schema) }))
      .sort((a, b) => b.values.length - a.values.length)[0];
    if (!single) return;
    const { name, values } = single;
    for (const [one, other] of doubles(values)) {
      const doubled = await run.send(op, withQuery(withQuery(without(name), name, one), name, other), who);
      if (doubled.status >= 400) continue;
      const expected = `400 for ${name} twice, with ${one === other ? "the same value" : "two values"}`;
      run.report(this.name, op, { expected, seen: shown(doubled) }, [doubled]);
    }
  },
};
