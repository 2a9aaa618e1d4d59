import { isMedia } from "./media.ts";
import type { Operation } from "./operation.ts";
import { nameOf, type z } from "./schema.ts";

type Def = {
  type: string;
  innerType?: z.ZodType;
  options?: readonly z.ZodType[];
  element?: z.ZodType;
  valueType?: z.ZodType;
  in?: z.ZodType;
  out?: z.ZodType;
  left?: z.ZodType;
  right?: z.ZodType;
  catchall?: z.ZodType;
  values?: unknown[];
  shape?: Record<string, z.ZodType>;
  items?: readonly z.ZodType[];
};

/** Schema types that the emitted document would state wrongly or not at all (stack.md, Traps). */
const REFUSED: Record<string, string> = {
  catch: "`.catch()` hides bad data",
  undefined: "`z.undefined()` has no JSON form; make the field optional",
  file: "`z.file()` has no JSON form; use multipart() or octets()",
  date: "`z.date()` has no JSON form; use timestamp()",
  intersection: "an intersection of closed objects accepts nothing; spread the fields instead",
  any: "`z.any()` says nothing; use z.unknown() with a description, or name the fields",
  nullable: "`.nullable()` on a named schema emits a wrong document; use nullable()",
};

function children(def: Def): [string, z.ZodType][] {
  const result: [string, z.ZodType][] = Object.entries(def.shape ?? {});
  for (const one of [def.innerType, def.in, def.left, def.right]) if (one) result.push(["", one]);
  for (const one of [def.element, def.valueType]) if (one) result.push(["[]", one]);
  for (const one of [...(def.options ?? []), ...(def.items ?? [])]) result.push(["", one]);
  return result;
}

/** Visits a schema and everything in it once, with the path that leads there. */
export function walk(schema: z.ZodType, visit: (node: z.ZodType, def: Def, path: string) => void, at = ""): void {
  const seen = new Set<z.ZodType>();
  const step = (node: z.ZodType, path: string): void => {
    if (seen.has(node)) return;
    seen.add(node);
    // See examples.ts: every schema carries `def`; only the keys named in Def are read.
    const def = node.def as Def;
    visit(node, def, path);
    for (const [key, child] of children(def))
      step(child, key ? `${path}${path && key !== "[]" ? "." : ""}${key}` : path);
  };
  step(schema, at);
}

type Side = "closed" | "open" | "either";

function checkSchema(where: string, schema: z.ZodType, side: Side): void {
  walk(
    schema,
    (_node, def, path) => {
      const refused = REFUSED[def.type];
      if (def.type === "nullable" && !(def.innerType && nameOf(def.innerType))) return;
      if (refused) throw new Error(`${where}: ${path}: ${refused}`);
      if (def.type === "literal" && (def.values?.length ?? 0) > 1) {
        throw new Error(`${where}: ${path}: z.literal([…]) documents its first value alone; use z.enum()`);
      }
      if ((def as { coerce?: boolean }).coerce) {
        throw new Error(`${where}: ${path}: z.coerce takes what the document refuses; use whole(), flag() or a string`);
      }
      if (def.type !== "object") return;
      const catchall = (def.catchall?.def as Def | undefined)?.type;
      const closed = catchall === "never";
      if (side === "closed" && !closed)
        throw new Error(`${where}: ${path || "it"} must be closed: make it with input()`);
      if (side === "open" && closed) throw new Error(`${where}: ${path || "it"} must be open: make it with schema()`);
    },
    side === "open" ? "answer" : "body",
  );
}

/** What types cannot say of an operation. Throws at load, so a wrong contract never starts and is never emitted. */
export function checkOperation(op: Operation): void {
  const where = `operation ${op.id}`;
  const fail = (what: string): never => {
    throw new Error(`${where}: ${what}`);
  };
  if (!/^[a-z][A-Za-z0-9]*$/.test(op.id)) fail("an id is camelCase");
  if (!op.path.startsWith("/")) fail("a path begins with /");
  if (/[{}]/.test(op.path.replace(/\{[a-z_]+\}/g, ""))) fail("a path parameter is {lower_case}");
  if (op.body !== undefined && (op.method === "get" || op.method === "delete")) fail(`${op.method} takes no body`);
  if (op.body !== undefined && !isMedia(op.body)) {
    const body = op.body as z.ZodType;
    if (!nameOf(body)) fail("a JSON body is made with input() or patch()");
    // What a provider sends is the provider's to extend; only JSON of our own callers is closed.
    checkSchema(where, body, op.auth === "provider" ? "either" : "closed");
  }
  if (isMedia(op.body) && "schema" in op.body) checkSchema(where, op.body.schema, "closed");
  if (op.query !== undefined) checkSchema(where, op.query as z.ZodType, op.closedQuery ? "closed" : "open");
  const answers = Object.entries(op.responses as Record<string, unknown>);
  if (answers.length === 0) fail("declares no answer");
  for (const [status, answer] of answers) {
    if (isMedia(answer)) {
      if (status === "204" && answer.media !== "none") fail("204 has no content: none(…)");
      if (status.startsWith("3") && answer.media !== "redirect") fail(`${status} is a redirect(…)`);
      if ("schema" in answer) checkSchema(where, answer.schema, "open");
      continue;
    }
    if (status === "204") fail("204 has no content: none(…)");
    if (status.startsWith("3")) fail(`${status} is a redirect(…)`);
    checkSchema(where, answer as z.ZodType, "open");
  }
  const credentialed = op.auth === "credential" || op.auth === "session" || op.auth === "operator";
  if (op.method === "post" && credentialed && !op.idempotent) {
    fail('a POST says how it repeats: idempotent: "key", or "natural" when twice is as once');
  }
  if (op.idempotent === "key" && answers.some(([, answer]) => isMedia(answer) && answer.media !== "none")) {
    fail("an answer that is not JSON cannot be stored for a replay: leave Idempotency-Key out");
  }
  if (op.method !== "post" && op.idempotent === "key")
    fail("Idempotency-Key is for POST; other methods repeat by nature");
  if (op.auth === "credential" && "length" in op.scopes && op.scopes.length === 0) {
    fail("a credentialed operation names its scopes");
  }
  if (op.auth === "public" && "length" in op.scopes && op.scopes.length > 0) fail("a public operation has no scopes");
  const price = typeof op.credits === "number" ? op.credits : op.credits.max;
  if (!Number.isInteger(price) || price < 0) fail("credits are a whole number, 0 or more");
  if (price > 0 && op.method === "get") fail("a GET costs nothing");
}

/** What only the whole contract shows: schema names, polls that lead nowhere, examples. */
export function checkContract(contract: Record<string, Operation>, others: Record<string, z.ZodType> = {}): void {
  const byName = new Map<string, z.ZodType>();
  const learn = (where: string, schema: z.ZodType) =>
    walk(schema, (node) => {
      const name = nameOf(node);
      if (!name) return;
      const twin = byName.get(name);
      if (twin && twin !== node)
        throw new Error(`${where}: two schemas are named "${name}"; the first would win silently`);
      byName.set(name, node);
    });
  for (const [where, schema] of Object.entries(others)) learn(where, schema);
  for (const op of Object.values(contract)) {
    for (const part of [op.body, op.query, ...Object.values(op.responses as object)]) {
      if (part === undefined) continue;
      if (!isMedia(part)) learn(op.id, part as z.ZodType);
      else if ("schema" in part) learn(op.id, part.schema);
    }
    if (op.async && !contract[op.async.poll]) {
      throw new Error(`operation ${op.id}: polls "${op.async.poll}", which the contract does not have`);
    }
  }
}
