import fc from "fast-check";
import { COMMANDS } from "../../client/cli/generated/commands.ts";
import { type Api, authOf, pathParams } from "../kit/api.ts";
import type { DocumentedOperation, OpenApiDocument } from "../kit/document.ts";
import { pagingOf } from "../kit/engine/lists.ts";
import { oneOf, randomOf } from "../kit/generate/random.ts";
import { boundaryCases, type CaseAbout, negativeCases, positiveCases } from "../kit/generate/request.ts";
import type { Case as Made } from "../kit/generate/wire.ts";
import type { Examples } from "./examples.ts";
import { flagsOf } from "./flags.ts";
import { KNOWN } from "./known-input.ts";
import type { Call, Plain, Who } from "./surface.ts";

/** What is sent, and why. Most are one call; a later one may need what an earlier one has answered. */
export type Case = { readonly name: string; readonly operation: DocumentedOperation; readonly calls: readonly Call[] };

/** Stands for the cursor that the call before has answered. */
export const CURSOR = "(the next cursor)";
/** A key of a length that its header may just have. */
const LONGEST_KEY = 255;
/** Random requests an operation, on each side. */
const RANDOM = 12;

type Maker = {
  readonly api: Api;
  readonly examples: Examples;
  readonly document: OpenApiDocument;
  readonly seed: number;
};

/** Operations that every surface has: those with a credential, that send and answer JSON. */
export function shared({ api }: Pick<Maker, "api">): DocumentedOperation[] {
  const commands = new Map(COMMANDS.map((command) => [command.id, command]));
  return api.operations.filter((op) => {
    const { body, bytes } = commands.get(op.id) ?? {};
    return ["credential", "session"].includes(authOf(op)) && (body ?? "json") === "json" && !bytes;
  });
}

const isPlain = (value: unknown): value is Plain =>
  ["string", "number", "boolean"].includes(typeof value) && (typeof value !== "string" || value.isWellFormed());

/** Whether every surface can say it. The typed client and the command line send objects and lists; a path has no dots. */
function isExpressible(call: Call): boolean {
  const command = COMMANDS.find(({ id }) => id === call.operation.id);
  const isObject = typeof call.body === "object" && call.body !== null;
  const hasBody = call.operation.body !== undefined;
  return (
    command !== undefined &&
    (hasBody ? isObject : call.body === undefined) &&
    Object.values(call.params).every((value) => !/^\.{0,2}$/.test(value) && value.isWellFormed()) &&
    flagsOf(command, call) !== undefined
  );
}

const owner = (op: DocumentedOperation): Who => (authOf(op) === "session" ? "session" : "owner");

/** A call that should go well. */
export function exampleCall({ examples }: Pick<Maker, "examples">, op: DocumentedOperation): Call {
  const { query, body } = KNOWN[op.id] ?? {};
  const sent = body ?? examples.body(op);
  return {
    operation: op,
    params: examples.params(op),
    query: { ...examples.query(op), ...query },
    ...(sent === undefined ? {} : { body: sent }),
    as: owner(op),
  };
}

/** A made-up request as a call; undefined where a surface could not make it. */
function callOf(maker: Maker, op: DocumentedOperation, made: Made): Call | undefined {
  const plain = exampleCall(maker, op);
  const query: Record<string, Plain | readonly Plain[]> = {};
  for (const [name, value] of Object.entries(made.query)) {
    if (value === undefined) continue;
    if (isPlain(value) || (Array.isArray(value) && value.every(isPlain))) query[name] = value;
    else return undefined;
  }
  const params: Record<string, string> = {};
  for (const { name } of pathParams(op)) {
    const value = made.path[name] ?? plain.params[name];
    if (!isPlain(value)) return undefined;
    params[name] = String(value);
  }
  const { body: _, ...rest } = plain;
  const call: Call = { ...rest, params, query, ...(made.body ? { body: made.body.value } : {}) };
  return isExpressible(call) ? call : undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The call with texts that nobody has sent where it has those of the base: what must be unique would be taken. */
function freshened(maker: Maker, call: Call, base: unknown): Call {
  if (!isRecord(call.body) || !isRecord(base) || KNOWN[call.operation.id]) return call;
  const fresh = maker.examples.body(call.operation);
  if (!isRecord(fresh)) return call;
  const body = Object.entries(call.body).map(([name, one]) => [name, one === base[name] ? (fresh[name] ?? one) : one]);
  return { ...call, body: Object.fromEntries(body) };
}

const describe = ({ in: place, name, path, keyword, what }: CaseAbout) =>
  `${place} ${`${name}${path}`.trim()} (${keyword}: ${what})`.replace("  ", " ");

type Named = readonly [name: string, calls: readonly Call[]];

/** What is tried of every operation, whatever its schemas are. */
function* plainCases(maker: Maker, op: DocumentedOperation): Iterable<Named> {
  const call = () => exampleCall(maker, op);
  yield ["its example", [call()]];
  if (op.security.some((one) => Object.values(one).flat().length > 0) && owner(op) === "owner")
    yield ["a key without its scope", [{ ...call(), as: "reader" }]];
  if (owner(op) === "owner") yield ["by a session", [{ ...call(), as: "session" }]];
  const [last] = pathParams(op).slice(-1);
  const id = last && call().params[last.name];
  if (last && id) {
    const digits = id.replace(/[0-9a-z]{20}$/, "0".repeat(20));
    yield ["an id that there is not", [{ ...call(), params: { ...call().params, [last.name]: digits } }]];
  }
  if (op.parameters.some(({ in: place, name }) => place === "header" && name === "Idempotency-Key")) {
    const one = call();
    yield [
      "the same with the same key, twice",
      [
        { ...one, key: `twice ${op.id}` },
        { ...one, key: `twice ${op.id}` },
      ],
    ];
    if (one.body !== undefined)
      yield [
        "another with the same key",
        [
          { ...one, key: `two ${op.id}` },
          { ...call(), key: `two ${op.id}` },
        ],
      ];
    yield ["the longest key", [{ ...call(), key: "k".repeat(LONGEST_KEY) }]];
    yield ["a key that is too long", [{ ...call(), key: "k".repeat(LONGEST_KEY + 1) }]];
  }
  const { cursor, size } = pagingOf(op);
  if (cursor && size) {
    const one = { ...call(), query: { [size]: 1 } };
    const next = { ...one, query: { ...one.query, [cursor]: CURSOR } };
    yield ["three pages of one", [one, next, next]];
    yield ["a cursor and an offset", [one, { ...next, query: { ...next.query, offset: 1 } }]];
    yield ["a cursor of its own making", [{ ...one, query: { [cursor]: "made-up" } }]];
    yield ["a number with a zero before it", [{ ...one, query: { [size]: "007" } }]];
    yield ["a number with an exponent", [{ ...one, query: { [size]: "1e1" } }]];
  }
  yield ["a key that there is not", [{ ...call(), as: "unknown" }]];
}

/** Everything that can be tried of an operation: first what is tried of each, then boundaries and random requests, mixed. */
function candidates(maker: Maker, op: DocumentedOperation): Case[] {
  const { document, seed } = maker;
  const base = exampleCall(maker, op);
  const bare = { ...op, parameters: op.parameters.filter((one) => one.in !== "header") };
  const options = {
    base: {
      path: base.params,
      query: base.query,
      headers: {},
      ...(base.body === undefined ? {} : { body: { type: "application/json", value: base.body } }),
    },
    // JSON and HTTP allow NUL, but words of a command line do not.
    nul: false,
  };
  const made: [string, Made][] = [];
  if (bare.parameters.length > 0 || op.body) {
    for (const { case: one, about, side } of boundaryCases(document, bare, options))
      made.push([`${side}: ${describe(about)}`, one]);
    const sample = { numRuns: RANDOM, seed };
    const positives = fc.sample(positiveCases(document, bare, options), sample);
    made.push(...positives.map((one, at): [string, Made] => [`valid: random ${at + 1}`, one]));
    const negatives = negativeCases(document, bare, options);
    if (negatives)
      for (const { case: one, about } of fc.sample(negatives, sample))
        made.push([`invalid: random, ${describe(about)}`, one]);
  }
  // Each operation in an order of its own.
  const random = randomOf(seed + ([...op.id].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 0) % 1_000_003));
  const [example, ...plain] = [...plainCases(maker, op)].filter(([, calls]) => calls.every(isExpressible));
  const later = made.flatMap(([name, one]): Named[] => {
    const call = callOf(maker, op, one);
    return call ? [[name, [freshened(maker, call, base.body)]]] : [];
  });
  const withWeight = (weight: number) => (one: Named) => ({ one, at: random.nextDouble() * weight });
  // What is tried of each operation comes sooner, but not before all else: a small set has some of everything.
  const mixed = [...plain.map(withWeight(1)), ...later.map(withWeight(6))].sort((a, b) => a.at - b.at);
  return [...(example ? [example] : []), ...mixed.map(({ one }) => one)].map(([name, calls]) => ({
    name: `${op.id}: ${name}`,
    operation: op,
    calls,
  }));
}

/**
 * So many cases, of all operations that every surface has: each operation gets its turn until there are enough. The same seed
 * gives the same ones.
 */
export function casesOf(maker: Maker, count: number, only = (_: DocumentedOperation): boolean => true): Case[] {
  const lists = shared(maker)
    .filter((op) => only(op))
    .map((op) => candidates(maker, op));
  const chosen = lists.map(() => 0);
  for (let left = count; left > 0; ) {
    const open = lists.flatMap(({ length }, at) => ((chosen[at] ?? 0) < length ? [at] : []));
    if (open.length === 0) break;
    for (const at of open.slice(0, left)) {
      chosen[at] = (chosen[at] ?? 0) + 1;
      left--;
    }
  }
  return lists.flatMap((list, at) => list.slice(0, chosen[at]));
}

/** Cases spread over a list: which of them are run in some dearer way. */
export function spread(cases: readonly Case[], count: number, seed: number): ReadonlySet<Case> {
  const random = randomOf(seed);
  const found = new Set<Case>();
  while (found.size < Math.min(count, cases.length)) {
    const one = oneOf(random, cases);
    if (one) found.add(one);
  }
  return found;
}
