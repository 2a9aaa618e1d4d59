import type { Document } from "./document.ts";
import { isMedia } from "./media.ts";
import type { Operation } from "./operation.ts";
import { isStreaming, scopeNames } from "./policy.ts";
import type { Json } from "./tidy.ts";

type Schema = { [key: string]: Json };

/** An operation as a tool of the Model Context Protocol. */
export type Tool = {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** JSON Schema 2020-12 of the arguments: parameters by their own names, the JSON body under `body`. */
  readonly inputSchema: Schema & { type: "object" };
  readonly annotations: {
    readonly readOnlyHint: boolean;
    readonly destructiveHint: boolean;
    readonly idempotentHint: boolean;
  };
};

/** Where an argument goes in the request. */
type Place = "path" | "query" | "header" | "body";
export type ToolOperation = {
  readonly op: Operation;
  readonly tool: Tool;
  readonly places: Readonly<Record<string, Place>>;
};

/** The argument that becomes the header Idempotency-Key. */
const KEY = "idempotency_key";
const KEY_SCHEMA: Schema = {
  type: "string",
  maxLength: 255,
  description: "Any text of your own: the same call sent again with it is done once",
};

const isObject = (value: Json | undefined): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Whether arguments and answer can be written as JSON: not where bytes, forms or streams go in or out. */
export function isExpressible(op: Operation): boolean {
  const answers = Object.values(op.responses as object);
  return !isMedia(op.body) && answers.every((answer) => !isMedia(answer) || answer.media === "none");
}

/**
 * What to call instead of an operation that cannot be a tool: those that make the same kind of thing without sending its bytes,
 * and instead of a stream the list above it.
 */
export function insteadOf(contract: Readonly<Record<string, Operation>>, op: Operation): Operation[] {
  if (isStreaming(op)) {
    const above = op.path.slice(0, op.path.lastIndexOf("/"));
    return Object.values(contract).filter((other) => other.method === "get" && other.path === above);
  }
  const made = op.effect && "creates" in op.effect ? op.effect.creates : undefined;
  return Object.values(contract).filter(
    (other) =>
      made !== undefined &&
      isExpressible(other) &&
      other.effect &&
      "creates" in other.effect &&
      other.effect.creates === made,
  );
}

/** Whether a principal may call an operation at all, as the pipeline will decide it anew at each call. */
export function mayCall(op: Operation, kind: string, scopes: ReadonlySet<string>, implied: ImpliedScopes): boolean {
  if (op.auth !== "credential" && !(op.auth === "session" && kind === "session")) return false;
  const held = new Set([...scopes, ...[...scopes].flatMap((scope) => implied[scope] ?? [])]);
  const names = scopeNames(op);
  return "anyOf" in op.scopes ? names.some((name) => held.has(name)) : names.every((name) => held.has(name));
}
export type ImpliedScopes = Readonly<Record<string, readonly string[] | undefined>>;

/** Copies a schema for a tool: examples go (they cost tokens), and components move to `$defs`, collected in `used`. */
function localized(value: Json, used: Set<string>): Json {
  if (Array.isArray(value)) return value.map((item) => localized(item, used));
  if (!isObject(value)) return value;
  const copy: Schema = {};
  for (const [key, child] of Object.entries(value)) {
    if (key === "examples" || key === "example") continue;
    if (key === "$ref" && typeof child === "string") {
      const name = child.slice(child.lastIndexOf("/") + 1);
      used.add(name);
      copy.$ref = `#/$defs/${name}`;
    } else copy[key] = localized(child, used);
  }
  return copy;
}

function definitions(document: Document, used: Set<string>): Schema {
  const made: Schema = {};
  for (const name of used) {
    // `used` grows while it is walked: what a component refers to is visited too.
    made[name] = localized(document.components.schemas?.[name] ?? {}, used);
  }
  return made;
}

type Described = { parameters?: Json; requestBody?: Json; description?: Json };

function inputOf(document: Document, op: Operation, described: Described) {
  const used = new Set<string>();
  const properties: Schema = {};
  const required: string[] = [];
  const places: Record<string, Place> = {};
  const put = (name: string, place: Place, schema: Json, needed: boolean) => {
    if (name in places) throw new Error(`${op.id}: as a tool, two arguments are named "${name}"`);
    properties[name] = schema;
    places[name] = place;
    if (needed) required.push(name);
  };
  for (const parameter of Array.isArray(described.parameters) ? described.parameters : []) {
    // Headers stand in components, by reference: of them, a tool takes the idempotency key alone.
    if (!isObject(parameter) || (parameter.in !== "path" && parameter.in !== "query")) continue;
    const schema = localized(parameter.schema ?? {}, used);
    const about = parameter.description === undefined ? {} : { description: parameter.description };
    put(
      String(parameter.name),
      parameter.in,
      { ...(isObject(schema) ? schema : {}), ...about },
      parameter.required === true,
    );
  }
  const content = isObject(described.requestBody) ? described.requestBody.content : undefined;
  const json = isObject(content) ? content["application/json"] : undefined;
  if (isObject(json)) put("body", "body", localized(json.schema ?? {}, used), true);
  if (op.idempotent === "key") put(KEY, "header", KEY_SCHEMA, false);
  const defs = definitions(document, used);
  const inputSchema = {
    type: "object" as const,
    properties,
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...(Object.keys(defs).length > 0 ? { $defs: defs } : {}),
  };
  return { inputSchema, places };
}

const isIdempotent = (op: Operation): boolean =>
  op.method === "get" ||
  op.method === "put" ||
  op.method === "delete" ||
  op.method === "patch" ||
  op.idempotent === "natural";

/**
 * Every operation of a contract that can be a tool, from the contract's own document, so that a tool says what the reference
 * says. Hints come from method and effect; what only adds (`creates`) destroys nothing.
 */
export function toolsOf(contract: Readonly<Record<string, Operation>>, document: Document): ToolOperation[] {
  return Object.values(contract)
    .filter(isExpressible)
    .map((op) => {
      const described: Described = document.paths[op.path]?.[op.method] ?? {};
      const { inputSchema, places } = inputOf(document, op, described);
      const reads = op.method === "get";
      const annotations = {
        readOnlyHint: reads,
        destructiveHint: !reads && !(op.effect !== undefined && "creates" in op.effect),
        idempotentHint: isIdempotent(op),
      };
      const description = typeof described.description === "string" ? described.description : op.summary;
      return { op, places, tool: { name: op.id, title: op.summary, description, inputSchema, annotations } };
    });
}

/** A call's arguments do not fit its operation: `message` says which, and what there is. */
export class ToolArgumentError extends Error {
  override readonly name = "ToolArgumentError";
}

export type ToolRequest = {
  readonly method: string;
  /** Path and query, below the API's base. */
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string | undefined;
};

/**
 * A tool's call as a request. Only what the request could not be written from is refused here (ToolArgumentError); all else is
 * the operation's own to judge.
 */
export function requestOf(
  { op, places }: Omit<ToolOperation, "tool">,
  args: Readonly<Record<string, unknown>>,
): ToolRequest {
  const unknown = Object.keys(args).filter((name) => !(name in places));
  if (unknown.length > 0) {
    const known = Object.keys(places).join(", ") || "none";
    throw new ToolArgumentError(`${op.id} takes no argument ${unknown.join(", ")}; it takes: ${known}`);
  }
  let path = op.path as string;
  const query = new URLSearchParams();
  const headers: Record<string, string> = {};
  let body: string | undefined;
  for (const [name, place] of Object.entries(places)) {
    const value = args[name];
    if (value === undefined) {
      if (place === "path") throw new ToolArgumentError(`${op.id} needs the argument ${name}`);
      continue;
    }
    if (place === "body") body = JSON.stringify(value);
    else if (place === "path") path = path.replace(`{${name}}`, encodeURIComponent(segment(op, name, value)));
    else if (place === "header") headers["idempotency-key"] = plain(op, name, value);
    else for (const one of Array.isArray(value) ? value : [value]) query.append(name, plain(op, name, one));
  }
  if (body !== undefined) headers["content-type"] = "application/json";
  const search = query.size === 0 ? "" : `?${query}`;
  return { method: op.method.toUpperCase(), path: path + search, headers, body };
}

function plain(op: Operation, name: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  throw new ToolArgumentError(`${op.id}: the argument ${name} must be a text, a number, true or false`);
}

/** A value of the path. Dots or nothing would lead to another address: to that of what is above. */
function segment(op: Operation, name: string, value: unknown): string {
  const said = plain(op, name, value);
  if (said === "" || said === "." || said === "..") throw new ToolArgumentError(`${op.id}: ${name} is not "${said}"`);
  return said;
}
