import { headerParam } from "../../api.ts";
import type { Draft } from "../../draft.ts";
import type { Check } from "../run.ts";
import { shown } from "./compare.ts";

export const wrongMediaType: Check = {
  name: "wrong_media_type",
  about:
    "A body of a media type that the operation does not read is a 415 (400 at the least), and none at all is refused",
  applies: (op, run) => run.api.body(op) !== undefined && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const types = Object.keys(op.body?.content ?? {});
    const who = run.cast.owner(op);
    for (const type of ["application/xml", "text/csv", "application/x-unheard-of"]) {
      if (types.some((one) => one === type || one === "*/*") || !draft.body) continue;
      const exchange = await run.send(op, { ...draft, body: { ...draft.body, type } }, who);
      if (exchange.status === 415 || exchange.status === 400) continue;
      run.report(this.name, op, { expected: `415 for ${type}`, seen: shown(exchange) }, [exchange]);
    }
  },
};

/** Bodies that are no JSON, or that no parser should choke on. */
const BROKEN: readonly (readonly [what: string, text: string])[] = [
  ["cut off", '{"a": '],
  ["no JSON", "hello"],
  ["two values", "{} {}"],
  ["a trailing comma", '{"a": 1,}'],
  ["single quotes", "{'a': 1}"],
  ["a comment", '{"a": 1 /* x */}'],
  ["NaN", '{"a": NaN}'],
  ["a bare NUL", '{"a": "\u0000"}'],
];

const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;

/** The body with NUL, then half a surrogate pair, in each of its texts: few stores keep these, and none may fall over. */
function unstorable(bytes: unknown): string[] {
  const body: unknown = typeof bytes === "string" ? JSON.parse(bytes) : undefined;
  if (typeof body !== "object" || body === null) return [];
  const texts = Object.entries(body).filter(([, value]) => typeof value === "string");
  return texts.flatMap(([name, value]) =>
    ["\u0000", "\ud800"].map((bad) => JSON.stringify({ ...body, [name]: `${value}${bad}` })),
  );
}

export const brokenBody: Check = {
  name: "broken_body",
  also: ["accepts_invalid", "missing_required"],
  about: "A body that is no JSON is a 400; one that is deep or long does no harm",
  applies: (op, run) => run.api.body(op)?.type.includes("json") === true && run.cast.owner(op) !== undefined,
  async run(op, run) {
    const { draft } = await run.world.draft(op);
    const who = run.cast.owner(op);
    if (!draft.body) return;
    const send = (text: string) => run.send(op, { ...draft, body: { type: draft.body?.type ?? "", bytes: text } }, who);
    for (const [what, text] of BROKEN) {
      const exchange = await send(text);
      if (exchange.status >= 400 && exchange.status < 500) continue;
      run.report(this.name, op, { expected: `400 for a body that is ${what}`, seen: shown(exchange) }, [exchange]);
    }
    // What fits the schema may be taken; that nothing breaks is for the judges.
    for (const text of [
      "[]",
      "null",
      "0",
      '""',
      '"\\ud800"',
      `{"a":${deep(5_000)}}`,
      deep(10_000),
      `"${"x".repeat(200_000)}"`,
    ]) {
      const exchange = await send(text);
      if (
        exchange.status < 300 &&
        /^\[|^\{"a"/.test(text) &&
        run.api.schemas.types(run.api.body(op)?.schema ?? {})[0] === "object" &&
        text.startsWith("[")
      ) {
        run.report("accepts_invalid", op, { expected: "400 for an array", seen: shown(exchange) }, [exchange]);
      }
    }
    for (const text of unstorable(draft.body.bytes)) await send(text);
    if (op.body?.required) {
      const { body: _left, ...bare } = draft;
      const exchange = await run.send(op, bare as Draft, who);
      if (exchange.status < 400) {
        run.report("missing_required", op, { expected: "400 without a body", seen: shown(exchange) }, [exchange]);
      }
    }
    if (headerParam(op, "Idempotency-Key")) {
      const exchange = await run.send(
        op,
        { ...draft, headers: { ...draft.headers, "idempotency-key": "x".repeat(300) } },
        who,
      );
      if (exchange.status < 400) {
        run.report("accepts_invalid", op, { expected: "400 for a key of 300 characters", seen: shown(exchange) }, [
          exchange,
        ]);
      }
    }
  },
};
