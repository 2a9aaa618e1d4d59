import type { OpenApiDocument } from "../document.ts";
import { violations } from "./judge.ts";
import { serialize } from "./serialize.ts";
import { simpler, weight } from "./simplify.ts";
import type { Base, Case } from "./wire.ts";

/** The length of a case as JSON: what `minimize` makes less of. */
export const sizeOf = ({ path, query, headers, body }: Case): number => weight({ path, query, headers, body });

type Values = Readonly<Record<string, unknown>>;

const without = (values: Values, name: string): Values =>
  Object.fromEntries(Object.entries(values).filter(([one]) => one !== name));

function* simplerValues(values: Values): Iterable<Values> {
  for (const [name, value] of Object.entries(values))
    for (const one of simpler(value)) yield { ...values, [name]: one };
}

/** Cases like one and smaller, the smallest first: whole parts dropped, then parts of them, then simpler values. */
function* smaller(c: Case): Iterable<Case> {
  const { body, ...rest } = c;
  if (body) yield rest;
  for (const part of ["query", "headers"] as const) {
    if (Object.keys(c[part]).length > 1) yield { ...c, [part]: {} };
    for (const name of Object.keys(c[part])) yield { ...c, [part]: without(c[part], name) };
  }
  if (body) for (const value of simpler(body.value)) yield { ...c, body: { ...body, value } };
  for (const part of ["query", "headers", "path"] as const) {
    for (const values of simplerValues(c[part])) yield { ...c, [part]: values };
  }
}

/**
 * The smallest case found that still fails: optional parts dropped, values simplified, each step strictly smaller and
 * judged as the first one was, so that a negative case stays negative. Asks `stillFails` at most `budget` times.
 */
export async function minimize(
  document: OpenApiDocument,
  c: Case,
  stillFails: (c: Case) => Promise<boolean>,
  budget: number,
  base: Base = {},
): Promise<Case> {
  const judged = (one: Case) => violations(document, one.operation, serialize(base, one)).verdict;
  const verdict = judged(c);
  const tried = new Set<string>();
  let best = c;
  let left = budget;
  // Judging costs no request, but is not free either.
  let judgements = budget * 50;
  for (let found: Case | undefined = best; found && left > 0; ) {
    found = undefined;
    for (const one of smaller(best)) {
      if (left <= 0 || judgements <= 0) break;
      const key = JSON.stringify([one.path, one.query, one.headers, one.body]);
      if (sizeOf(one) >= sizeOf(best) || tried.has(key)) continue;
      tried.add(key);
      judgements--;
      if (judged(one) !== verdict) continue;
      left--;
      if (await stillFails(one)) {
        found = best = one;
        break;
      }
    }
  }
  return best;
}
