import { type Document, follow, type Operation, type Parameter, type Response } from "./document.ts";
import { type Finding, shown } from "./finding.ts";
import { comparer, type Direction, lostFields } from "./judge.ts";
import { policyChanges, type Told } from "./policy.ts";

type Content = NonNullable<Response["content"]>;
type Compare = ReturnType<typeof comparer>;

type Sides = { readonly old: Document; readonly fresh: Document; readonly compare: Compare };

const isSuccess = (status: string) => status.startsWith("2") || status.startsWith("3");

/** What has changed of one body, by media type. `head` is what stands above it in a witness. */
function content(sides: Sides, way: Direction, was: Content, is: Content, head: string, ends: string): Told[] {
  const told: Told[] = [];
  const noun = way === "request" ? "the body" : "the answer";
  for (const [type, { schema }] of Object.entries(was)) {
    const now = is[type];
    if (!now) {
      const shows = `${head}\n  Content-Type: ${type}\n  ${way === "request" ? "is 415" : "is not given any more"}`;
      told.push({ kind: "breaking", what: `${noun} is no ${type} any more`, shows });
      continue;
    }
    if (!schema || !now.schema) continue;
    const change = sides.compare(way, schema, now.schema);
    const witnesses = change.kind === "breaking" ? change.witnesses : [];
    for (const { value, why } of witnesses) {
      told.push({ kind: "breaking", what: `${noun}: ${why}`, shows: `${head}\n  ${shown(value)}\n  ${ends}: ${why}` });
    }
    if (change.kind === "compatible" || change.kind === "unclear") {
      told.push({ kind: change.kind, what: `${noun} has changed` });
    }
    if (way === "request") continue;
    for (const field of lostFields(sides.old, sides.fresh, schema, now.schema)) {
      // One that was required is shown above already.
      if (witnesses.some(({ why }) => why.includes(`'${field.split(".").at(-1)}'`))) continue;
      told.push({
        kind: "breaking",
        what: `the answer has no ${field} any more`,
        shows: `${head}\n  without "${field}"`,
      });
    }
  }
  return told;
}

function parameters(sides: Sides, was: Operation, is: Operation, request: string): Told[] {
  const byName = (document: Document, op: Operation) =>
    new Map(
      (op.parameters ?? []).map((given) => {
        const parameter = follow<Parameter>(document, given);
        return [`${parameter.in} ${parameter.name}`, parameter] as const;
      }),
    );
  const [before, after] = [byName(sides.old, was), byName(sides.fresh, is)];
  const told: Told[] = [];
  for (const [name, parameter] of before) {
    const now = after.get(name);
    if (!now) {
      const ends = parameter.in === "query" ? "is 400" : "is not looked at";
      told.push({ kind: "breaking", what: `takes no ${name} any more`, shows: `${request}\n  with ${name} ${ends}` });
      continue;
    }
    const change = sides.compare("request", parameter.schema, now.schema);
    for (const { value, why } of change.kind === "breaking" ? change.witnesses : []) {
      const shows = `${request}\n  ${parameter.name}: ${shown(value)}\n  was good, is 400: ${why}`;
      told.push({ kind: "breaking", what: `${name}: ${why}`, shows });
    }
    if (change.kind === "compatible" || change.kind === "unclear") {
      told.push({ kind: change.kind, what: `${name} has changed` });
    }
  }
  for (const [name, parameter] of after) {
    const required = parameter.required && !before.get(name)?.required;
    if (required) told.push({ kind: "breaking", what: `needs ${name}`, shows: `${request}\n  without ${name} is 400` });
    else if (!before.has(name)) told.push({ kind: "compatible", what: `takes ${name}` });
  }
  return told;
}

function answers(sides: Sides, was: Operation, is: Operation, request: string): Told[] {
  const told: Told[] = [];
  for (const [status, given] of Object.entries(was.responses)) {
    if (!isSuccess(status)) continue;
    const now = is.responses[status];
    if (!now) {
      told.push({ kind: "breaking", what: `answers no ${status} any more`, shows: `${request}\n  was ${status}` });
      continue;
    }
    const [before, after] = [follow<Response>(sides.old, given), follow<Response>(sides.fresh, now)];
    const head = `${request}\n  HTTP ${status}`;
    told.push(...content(sides, "response", before.content ?? {}, after.content ?? {}, head, "was not to be expected"));
    for (const name of Object.keys(before.headers ?? {})) {
      if (after.headers && name in after.headers) continue;
      told.push({ kind: "breaking", what: `${status} has no ${name} any more`, shows: `${head}\n  without ${name}` });
    }
  }
  for (const status of Object.keys(is.responses)) {
    if (isSuccess(status) && !(status in was.responses))
      told.push({ kind: "compatible", what: `answers ${status} too` });
  }
  return told;
}

function operation(sides: Sides, was: Operation, is: Operation, request: string): Told[] {
  const told: Told[] = [];
  if (was.operationId !== is.operationId) {
    const shows = `api.${was.operationId}() is no method of the client any more: it is api.${is.operationId}()`;
    told.push({ kind: "breaking", what: `${was.operationId} is now ${is.operationId}`, shows });
  }
  told.push(...policyChanges(was, is, request), ...parameters(sides, was, is, request));
  const [before, after] = [was.requestBody?.content, is.requestBody?.content];
  if (after && !before)
    told.push({ kind: "breaking", what: "needs a body", shows: `${request}\n  without a body is 400` });
  if (before && !after)
    told.push({ kind: "breaking", what: "takes no body any more", shows: `${request}\n  with a body is 400` });
  if (before && after) told.push(...content(sides, "request", before, after, request, "was good, is 400"));
  told.push(...answers(sides, was, is, request));
  return told;
}

type Row = readonly [place: string, op: Operation];
const operationsOf = (document: Document): Row[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, op]) => "operationId" in op) // what a path says of all its operations stands beside them
      .map(([method, op]) => [`${method.toUpperCase()} ${path}`, op] as const),
  );
const eventsOf = (document: Document): Row[] =>
  Object.entries(document.webhooks ?? {}).map(([name, { post }]) => [`event ${name}`, post] as const);

/** Every change from one document to another, in the order of the documents: what breaks, what may, and what does not. */
export function compareDocuments(old: Document, fresh: Document): Finding[] {
  const sides: Sides = { old, fresh, compare: comparer(old, fresh) };
  const found: Finding[] = [];
  const bases = [old, fresh].map(({ servers }) => servers?.[0]?.url ?? "/");
  if (bases[0] !== bases[1]) {
    const shows = `GET ${bases[0]}/v1/… is 404`;
    found.push({ kind: "breaking", what: `all paths begin with ${bases[1]}`, subject: "the API", place: "/", shows });
  }
  const rows = [operationsOf, eventsOf] as const;
  for (const list of rows) {
    const after = new Map(list(fresh));
    const before = new Map(list(old));
    for (const [place, was] of before) {
      const is = after.get(place);
      const isEvent = list === eventsOf;
      const subject = isEvent ? place.slice("event ".length) : was.operationId;
      const add = (told: Told) => found.push({ ...told, subject, place });
      if (!is)
        add({ kind: "breaking", what: "is gone", shows: isEvent ? `${place} is not sent` : `${place} is 404 or 405` });
      else if (isEvent) {
        const bodies = [was, is].map((op) => op.requestBody?.content ?? {});
        const told = content(sides, "response", bodies[0] ?? {}, bodies[1] ?? {}, place, "was not to be expected");
        for (const one of told) add(one);
      } else {
        for (const one of operation(sides, was, is, place)) add(one);
      }
    }
    for (const [place, op] of after) {
      if (before.has(place)) continue;
      found.push({ kind: "compatible", what: "is new", subject: op.operationId, place });
    }
  }
  return found;
}
