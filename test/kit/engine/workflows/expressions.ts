import { eventsIn, isEventStream } from "../../finite.ts";
import type { Exchange } from "../types.ts";

/** A workflow document that is not understood, or that is wrong; the message says what to write instead. */
export class WorkflowError extends Error {
  override readonly name = "WorkflowError";
}

/** What a runtime expression names (Arazzo 1.0.1, Runtime Expressions), and the way from there into the value. */
export type Expression = {
  readonly text: string;
  readonly source:
    | { readonly of: "url" | "method" | "statusCode" }
    | {
        readonly of: "request" | "response";
        readonly part: "header" | "query" | "path" | "body";
        readonly name: string;
      }
    | { readonly of: "inputs"; readonly name: string }
    | { readonly of: "steps"; readonly step: string; readonly name: string }
    | {
        readonly of: "workflows";
        readonly workflow: string;
        readonly side: "inputs" | "outputs";
        readonly name: string;
      };
  readonly way: readonly string[];
};

type Values = Readonly<Record<string, unknown>>;

/** What expressions are read against while a workflow runs. */
export type Scene = {
  readonly inputs: Values;
  /** Outputs of the steps that are done. */
  readonly steps: ReadonlyMap<string, Values>;
  readonly workflows: ReadonlyMap<string, { readonly inputs: Values; readonly outputs: Values }>;
  /** Where the operations stand: what `$url` begins with. */
  readonly base: string;
  /** The step's own request and answer, once it was sent. */
  readonly exchange?: Exchange;
  /** Path parameters of that request. */
  readonly path?: Values;
};

const ROOTS =
  /^\$(url|method|statusCode|request|response|inputs|outputs|steps|workflows|sourceDescriptions|components)\b/;

/** Whether a text is one runtime expression from its beginning to its end. */
export const isExpression = (text: string): boolean => ROOTS.test(text) && !/[\s{}]/.test(text);

/** Pieces of `.name` and `[0]` after a value: Arazzo's property de-reference and index. */
function wayOf(text: string, rest: string): string[] {
  if (rest.startsWith("#")) return pointer(text, rest.slice(1));
  const pieces = [...rest.matchAll(/\.([A-Za-z0-9_-]+)|\[(\d+)\]/g)];
  if (pieces.map(([all]) => all).join("") !== rest)
    throw new WorkflowError(`"${text}" cannot be read from "${rest}" on`);
  return pieces.map(([, name, index]) => name ?? index ?? "");
}

/** The parts of a JSON Pointer (RFC 6901). Throws WorkflowError. */
export function pointer(text: string, given: string): string[] {
  if (given !== "" && !given.startsWith("/")) throw new WorkflowError(`"${text}": a JSON Pointer begins with /`);
  return given
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** Reads a runtime expression. Throws WorkflowError for one that is unknown or not supported. */
export function parseExpression(text: string): Expression {
  const plain = /^\$(url|method|statusCode)$/.exec(text)?.[1];
  // What the pattern takes are these three.
  if (plain) return { text, source: { of: plain as "url" | "method" | "statusCode" }, way: [] };
  const body = /^\$(request|response)\.body(.*)$/s.exec(text);
  if (body) {
    const [, of, rest = ""] = body;
    return { text, source: { of: of as "request" | "response", part: "body", name: "" }, way: wayOf(text, rest) };
  }
  const message = /^\$(request|response)\.(header|query|path)\.([^\s.#[\]]+)$/.exec(text);
  if (message) {
    const [, of, part, name = ""] = message;
    if (of === "response" && part !== "header")
      throw new WorkflowError(`"${text}": an answer has a header and a body only`);
    const source = { of: of as "request" | "response", part: part as "header" | "query" | "path", name };
    return { text, source, way: [] };
  }
  const input = /^\$inputs\.([A-Za-z0-9_-]+)(.*)$/s.exec(text);
  if (input) return { text, source: { of: "inputs", name: input[1] ?? "" }, way: wayOf(text, input[2] ?? "") };
  const step = /^\$steps\.([A-Za-z0-9_-]+)\.outputs\.([A-Za-z0-9_-]+)(.*)$/s.exec(text);
  if (step) {
    const [, of = "", name = "", rest = ""] = step;
    return { text, source: { of: "steps", step: of, name }, way: wayOf(text, rest) };
  }
  const other = /^\$workflows\.([A-Za-z0-9_-]+)\.(inputs|outputs)\.([A-Za-z0-9_-]+)(.*)$/s.exec(text);
  if (other) {
    const [, workflow = "", side, name = "", rest = ""] = other;
    const source = { of: "workflows" as const, workflow, side: side as "inputs" | "outputs", name };
    return { text, source, way: wayOf(text, rest) };
  }
  throw new WorkflowError(
    `"${text}" is no runtime expression that is supported: there are $url, $method, $statusCode, $request.…, $response.header.…, $response.body#/…, $inputs.…, $steps.….outputs.… and $workflows.….outputs.…`,
  );
}

/** What stands at the end of a way into a value; undefined where nothing does. */
function follow(value: unknown, way: readonly string[]): unknown {
  let at = value;
  for (const part of way) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, part)) return undefined;
    // Arrays are objects with their indices as names; what they hold is JSON.
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

/** The value of an expression; undefined where there is none, such as a header that was not sent. */
export function evaluate({ source, way }: Expression, scene: Scene): unknown {
  return follow(rootOf(source, scene), way);
}

function rootOf(source: Expression["source"], scene: Scene): unknown {
  const { exchange } = scene;
  switch (source.of) {
    case "inputs":
      return scene.inputs[source.name];
    case "steps":
      return scene.steps.get(source.step)?.[source.name];
    case "workflows":
      return scene.workflows.get(source.workflow)?.[source.side][source.name];
    case "url":
      return exchange && `${scene.base}${exchange.draft.path}`;
    case "method":
      return exchange?.draft.method;
    case "statusCode":
      return exchange?.status;
    case "response":
      if (source.part === "header") return exchange?.headers.get(source.name) ?? undefined;
      return exchange && bodyOf(exchange);
    case "request":
      return exchange && requestPart(source, exchange, scene);
  }
}

function bodyOf(exchange: Exchange): unknown {
  if (isEventStream(exchange)) return eventsIn(exchange.text);
  return exchange.json ?? (exchange.text === "" ? undefined : exchange.text);
}

function requestPart({ part, name }: { part: string; name: string }, { draft }: Exchange, scene: Scene): unknown {
  if (part === "path") return scene.path?.[name];
  if (part === "query") return draft.query.find(([one]) => one === name)?.[1];
  if (part === "header") return new Headers(draft.headers).get(name) ?? undefined;
  const bytes = draft.body?.bytes;
  if (typeof bytes !== "string") return undefined;
  try {
    return JSON.parse(bytes);
  } catch {
    return bytes;
  }
}

const EMBEDDED = /\{(\$[^{}\s]+)\}/g;

/** Every expression in a value, at any depth: alone in a text, or embedded as `{$…}`. Throws WorkflowError. */
export function expressionsIn(value: unknown): Expression[] {
  if (typeof value === "string") {
    if (isExpression(value)) return [parseExpression(value)];
    return [...value.matchAll(EMBEDDED)].map(([, inner = ""]) => parseExpression(inner));
  }
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(expressionsIn) : [];
}

/** A value with its expressions filled in. Throws WorkflowError for one that has no value. */
export function filled(value: unknown, scene: Scene): unknown {
  const known = (text: string): unknown => {
    const found = evaluate(parseExpression(text), scene);
    if (found === undefined) throw new WorkflowError(`${text} has no value`);
    return found;
  };
  if (typeof value === "string") {
    return isExpression(value) ? known(value) : value.replaceAll(EMBEDDED, (_, inner: string) => asText(known(inner)));
  }
  if (Array.isArray(value)) return value.map((one) => filled(one, scene));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, scene)]));
}

/** A value inside a text, a path or a query. */
export const asText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
