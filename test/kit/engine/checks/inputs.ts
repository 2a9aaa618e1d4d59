import fc from "fast-check";
import { pathParams, queryParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import type { Draft } from "../../draft.ts";
import { minimize } from "../../generate/minimize.ts";
import { ValuePool } from "../../generate/pool.ts";
import {
  boundaryCases,
  type CaseAbout,
  type JudgedCase,
  negativeCases,
  positiveCases,
} from "../../generate/request.ts";
import { serialize } from "../../generate/serialize.ts";
import type { Base, Case } from "../../generate/wire.ts";
import { ownNames } from "../cast.ts";
import { pagingOf } from "../lists.ts";
import type { Check, Run } from "../run.ts";
import type { Exchange, Principal } from "../types.ts";
import { type Ids, Unmade } from "../world.ts";
import { isRecord, shown } from "./compare.ts";
import { magicBodies } from "./magic.ts";
import { touchesRule } from "./rules.ts";
import { settled, snapshot } from "./snapshot.ts";

/** How many random cases an operation gets on each side, after every boundary, where nothing else is told. */
const RANDOM = 40;
/** Invalid requests between two looks at the state. */
const BATCH = 20;
/** Requests spent on making a failing case small. */
const SHRINK = 40;

type Subject = {
  readonly op: DocumentedOperation;
  /** The operation without what makes a request the caller's own: that is no place for made-up values. */
  readonly made: DocumentedOperation;
  readonly run: Run;
  readonly base: Base;
  readonly ids: Ids;
};

/** What is known to be good of an operation's request: ids of what exists, the example's body, what the caller knows. */
async function subjectOf(op: DocumentedOperation, run: Run): Promise<Subject> {
  const { draft, ids } = await run.world.draft(op, {}, true);
  const path = Object.fromEntries(
    pathParams(op).flatMap(({ name }) => {
      const id = ids[`path ${name}`];
      return id === undefined ? [] : [[name, id]];
    }),
  );
  const declared = new Set(queryParams(op).map(({ name }) => name));
  const query = Object.fromEntries(draft.query.filter(([name]) => declared.has(name)));
  const body = jsonOf(draft);
  const base: Base = { path, query, headers: requiredHeaders(op, draft), ...(body === undefined ? {} : { body }) };
  const own = ownNames(run.cast.owner(op), draft);
  const parameters = op.parameters.filter(
    ({ in: place, name }) => place === "path" || !own.has(place === "header" ? name.toLowerCase() : name),
  );
  return { op, made: { ...op, parameters }, run, base, ids };
}

function jsonOf({ body }: Draft): NonNullable<Base["body"]> | undefined {
  if (!body?.type.includes("json") || typeof body.bytes !== "string") return undefined;
  return { type: body.type, value: JSON.parse(body.bytes) };
}

const describe = ({ in: place, name, path, keyword, what }: CaseAbout) =>
  `${place} ${`${name}${path}`.trim()} (${keyword}: ${what})`.replace("  ", " ");

/** Places whose schema cannot say everything that a good value must be: cursors are the server's own. */
function isOpaque(op: DocumentedOperation, about: CaseAbout | undefined): boolean {
  return (
    about?.in === "header" || about?.in === "cookie" || (about?.in === "query" && about.name === pagingOf(op).cursor)
  );
}

/** Headers that a server ignores where it cannot read them (RFC 9110 §13.1, §14.2). */
const IGNORED = /^(if-|range$)/i;
const isIgnored = (about: CaseAbout | undefined) => about?.in === "header" && IGNORED.test(about.name);

/** A made-up case without what only the server can make. */
function withoutOpaque(op: DocumentedOperation, c: Case): Case {
  const { cursor } = pagingOf(op);
  const query = Object.entries(c.query).filter(([name]) => name !== cursor);
  const required = new Set(op.parameters.filter((one) => one.required).map(({ name }) => name));
  const keep = (values: Case["headers"]) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => required.has(name)));
  return { ...c, query: Object.fromEntries(query), headers: keep(c.headers), cookies: keep(c.cookies ?? {}) };
}

/** Headers that the operation wants of every request, as they were taken. */
function requiredHeaders(op: DocumentedOperation, { headers }: Draft): NonNullable<Base["headers"]> {
  const sent = new Headers(headers);
  return Object.fromEntries(
    op.parameters.flatMap(({ in: place, name, required }) => {
      const value = place === "header" && required ? sent.get(name) : null;
      return value === null ? [] : [[name, value]];
    }),
  );
}

/** The case with texts that nobody has sent where it has the example's: what must be unique would be refused as taken. */
function freshened({ op, run, base, ids }: Subject, c: Case): Case {
  const [sent, known] = [c.body?.value, base.body?.value];
  if (!c.body || !isRecord(sent) || !isRecord(known)) return c;
  const fresh = run.world.freshBody(op, ids);
  if (!isRecord(fresh)) return c;
  const value = Object.entries(sent).map(([name, one]) => [name, one === known[name] ? (fresh[name] ?? one) : one]);
  return { ...c, body: { ...c.body, value: Object.fromEntries(value) } };
}

const draftOf = ({ base, op }: Subject, c: Case): Draft => ({ ...serialize(base, c), method: op.method });

async function send(subject: Subject, c: Case): Promise<Exchange> {
  const { run, op } = subject;
  const sent = run.world.kindOf(op)?.creates.includes(op) ? freshened(subject, c) : c;
  const exchange = await run.send(op, draftOf(subject, sent), run.cast.owner(op));
  await run.world.end(op, exchange, subject.ids);
  return exchange;
}

/** What a case's answer shows of the server: the name of the check that it fails, or undefined. */
function verdict(
  { op, run, base }: Subject,
  side: "valid" | "invalid",
  c: Case,
  status: number,
  about?: CaseAbout,
): string | undefined {
  if (isIgnored(about)) return undefined;
  if (side === "invalid" && status < 300) return about?.keyword === "required" ? "missing_required" : "accepts_invalid";
  if (side === "invalid" || (status !== 400 && status !== 422) || isOpaque(op, about)) return undefined;
  return touchesRule(run.api.schemas, op, c, base) ? undefined : "rejects_valid";
}

/** Throws Unmade where the request that the others are made from is refused too: one cause is one finding. */
async function proveExample(subject: Subject): Promise<void> {
  const { op, base } = subject;
  const own: Case = { operation: op, path: {}, query: {}, headers: {}, ...base };
  const exchange = await send(subject, own);
  if (exchange.status !== 400 && exchange.status !== 422) return;
  throw new Unmade(`${op.id} refuses its own example: ${exchange.status}`, exchange);
}

async function judge(
  subject: Subject,
  { case: c, about, side }: Omit<JudgedCase, "about"> & { about?: CaseAbout },
): Promise<void> {
  const { op, run, base } = subject;
  if (about) run.tally.keyword(op, `${about.in} ${about.name}${about.path}`.trim(), about.keyword, side);
  const exchange = await send(subject, c);
  // An empty body cannot be told from none, so a server may call it missing.
  if (side === "valid" && exchange.draft.body?.bytes === "") return;
  const check = verdict(subject, side, c, exchange.status, about);
  if (check === undefined || !run.enabled(check)) return;
  if (check === "rejects_valid") await proveExample(subject);
  const again = async (one: Case) => verdict(subject, side, one, (await send(subject, one)).status, about) === check;
  const small = await minimize(run.options.document, c, again, SHRINK, base);
  const last = await send(subject, small);
  const seen = verdict(subject, side, small, last.status, about) === check ? last : exchange;
  const where = about ? ` for ${describe(about)}` : "";
  const expected = side === "invalid" ? `a refusal${where}` : `no refusal${where}`;
  run.report(check, op, { expected, seen: shown(seen) }, [seen]);
}

/**
 * Sends a case as everybody else: nobody, one who lacks the scope, another tenant. What is right of its form is for them
 * to be refused all the same; only a new resource of their own is another tenant's to make.
 */
async function asOthers(subject: Subject, c: Case, side: "valid" | "invalid", about?: CaseAbout): Promise<void> {
  const { op, run } = subject;
  if (op.security.length === 0 || isIgnored(about)) return;
  const isNamed = run.world.references(op).some(({ place }) => place === "path");
  const others: readonly (readonly [string, Principal | undefined])[] = [
    ["missing_auth", undefined],
    ["scope", run.cast.underScoped(op)[0]],
    [
      isNamed ? "tenant_isolation" : "accepts_invalid",
      isNamed || side === "invalid" ? run.cast.stranger(op) : undefined,
    ],
  ];
  for (const [check, who] of others) {
    if (!who && check !== "missing_auth") continue;
    const exchange = await run.send(op, draftOf(subject, c), who);
    if (exchange.status >= 300 || exchange.status === 0) continue;
    run.report(check, op, { expected: `a refusal for ${who?.name ?? "nobody"}`, seen: shown(exchange) }, [exchange]);
  }
}

/** Runs invalid cases in batches; where the state has changed after one, finds the case that changed it. */
async function invalidBatch(subject: Subject, batch: readonly (JudgedCase & { side: "invalid" })[]): Promise<void> {
  const { op, run } = subject;
  const watched = op.method !== "GET" && run.enabled("failed_request_changes_nothing");
  const before = watched ? await snapshot(op, run, subject.ids) : "";
  for (const one of batch) {
    await judge(subject, one);
    await asOthers(subject, one.case, "invalid", one.about);
  }
  if (!watched || (await snapshot(op, run, subject.ids)) === before) return;
  const { ids } = subject;
  const changedBy = async (c: Case): Promise<Exchange | undefined> => {
    const stood = await snapshot(op, run, ids);
    // With texts of its own: what the same text had changed before would not show.
    const exchange = await send(subject, freshened(subject, c));
    return exchange.status >= 400 && (await snapshot(op, run, ids)) !== stood ? exchange : undefined;
  };
  for (const { case: c, about } of batch) {
    if (!(await changedBy(c))) continue;
    // Once more at rest: the server may have changed it by itself.
    await settled(op, run, ids);
    const exchange = await changedBy(c);
    if (!exchange) continue;
    const seen = `${exchange.status} for ${describe(about)}, and another state`;
    const expected = "nothing changes by a refused request";
    run.report("failed_request_changes_nothing", op, { expected, seen }, [exchange]);
    return;
  }
}

export const inputs: Check = {
  name: "accepts_invalid",
  about:
    "What the document does not allow is refused, what it allows is not refused for its form, and neither breaks the server",
  also: ["rejects_valid", "missing_required", "input_crash", "failed_request_changes_nothing"],
  applies: (op) => op.parameters.length > 0 || op.body !== undefined,
  async run(op, run) {
    const subject = await subjectOf(op, run);
    const { document, seed, randomCases: numRuns = RANDOM } = run.options;
    const pool = new ValuePool();
    for (const seen of run.answers(op)) pool.mine(seen);
    // JSON and HTTP allow NUL where few stores do: what a server makes of it is no question of its schema.
    const options = { base: subject.base, pool, nul: false };
    const edges: JudgedCase[] = [];
    for (const edge of boundaryCases(document, subject.made, options)) {
      run.session.stopWhenOver();
      edges.push(edge);
    }
    const negatives = negativeCases(document, subject.made, options);
    const random = negatives ? fc.sample(negatives, { numRuns, seed }) : [];
    const invalid = [...edges, ...random.map((one) => ({ ...one, side: "invalid" as const }))].filter(
      (one): one is JudgedCase & { side: "invalid" } => one.side === "invalid",
    );
    run.generated = true;
    try {
      for (let at = 0; at < invalid.length; at += BATCH) await invalidBatch(subject, invalid.slice(at, at + BATCH));
      // What ends the resource, or changes it for good, comes after everything that must leave it as it is.
      for (const edge of edges) {
        if (edge.side === "invalid") continue;
        await asOthers(subject, edge.case, "valid", edge.about);
        await judge(subject, edge);
      }
      for (const { name, value } of await magicBodies(op, run, subject.base.body?.value)) {
        const body = { type: subject.base.body?.type ?? "", value };
        const c = { operation: op, path: {}, query: {}, headers: {}, ...subject.base, body };
        const about: CaseAbout = {
          in: "body",
          name: "",
          path: `/properties/${name}`,
          keyword: "type",
          what: "a text of a resource",
        };
        await judge(subject, { case: c, side: "valid", about });
      }
      const positives = fc.sample(positiveCases(document, subject.made, options), { numRuns, seed });
      for (const made of positives) {
        const c = withoutOpaque(op, made);
        await asOthers(subject, c, "valid");
        await judge(subject, { case: c, side: "valid" });
      }
    } finally {
      run.generated = false;
    }
  },
};
