import { createClientFromOperations } from "@stoplight/prism-http/dist/client.js";
import { getHttpOperationsFromSpec } from "@stoplight/prism-http/dist/utils/operations.js";
import pino from "pino";
import { ApiError, type Issue, validationError } from "../../spec/kit/errors.ts";
import type { Contract, Method } from "./contract.ts";

/** What a caller may ask of the mock by `Prefer` (RFC 7240): which answer, and made how. */
export type Preferences = { code?: number; example?: string; dynamic: boolean; seed?: string };

/** An answer as the document gives it. `body` is a value to be written in the answer's media type, or undefined. */
export type Mocked = { status: number; headers: Record<string, string>; body: unknown };

export type Mock = (
  request: { method: Method; path: string; accept: string | undefined },
  preferences: Preferences,
) => Promise<Mocked>;

const refused = (message: string): Issue => ({ path: "headers.prefer", code: "invalid_value", message });

/**
 * Reads `Prefer: code=404, example=INVALID_API_KEY, dynamic=true, seed=abc`. Other preferences are ignored, as RFC 7240
 * §2 wants. Throws VALIDATION_ERROR for a `code` or `dynamic` that is none.
 */
export function preferencesOf(header: string | undefined): Preferences {
  const preferences: Preferences = { dynamic: false };
  for (const part of header?.split(/[,;]/) ?? []) {
    const [name = "", ...rest] = part.split("=");
    const value = rest
      .join("=")
      .trim()
      .replace(/^"(.*)"$/, "$1");
    switch (name.trim().toLowerCase()) {
      case "code":
        if (!/^[1-5]\d\d$/.test(value)) throw validationError([refused("code is an HTTP status, such as code=404")]);
        preferences.code = Number(value);
        break;
      case "dynamic":
        if (value !== "true" && value !== "false") throw validationError([refused("dynamic is true or false")]);
        preferences.dynamic = value === "true";
        break;
      case "example":
        preferences.example = value;
        break;
      case "seed":
        preferences.seed = value;
        break;
    }
  }
  return preferences;
}

function isProblem(error: unknown): error is Error & { status: number; detail: string } {
  return error instanceof Error && "status" in error && "detail" in error;
}

/** Prism's refusals in our words: only a preference that the document cannot meet is the caller's mistake. */
function translate(error: unknown): Error {
  // Of an example that is not there Prism makes a plain error, which names the problem in its text.
  if (error instanceof Error && !isProblem(error) && error.message.includes("errors#NOT_FOUND"))
    return validationError([refused("the document has no such answer, or no example of that name in it")]);
  if (!isProblem(error)) return error instanceof Error ? error : new Error(String(error));
  if (error.status === 404) return validationError([refused(`the document declares no such answer: ${error.detail}`)]);
  return new ApiError("INTERNAL_ERROR", `The mock could not make this answer from the document: ${error.detail}`);
}

type Schema = { examples?: unknown };
type Media = { example?: unknown; examples?: object; schema?: Schema & { $ref?: string } };
type Answers = Record<string, { content?: Record<string, Media> }>;

/**
 * Prism shows the example of a schema before those of the answer that uses it: every error would read as the envelope's
 * own example. In the copy that Prism is given, a schema loses its own where an answer brings one.
 */
function preferAnswers(contract: Contract): Contract {
  const copy = structuredClone(contract);
  // The document is the kit's own: its errors stand in components, with the envelope by `$ref`.
  const { responses = {}, schemas = {} } = copy.components as {
    responses?: Answers;
    schemas?: Record<string, Schema>;
  };
  const schemaOf = ({ schema }: Media) => schemas[schema?.$ref?.split("/").at(-1) ?? ""];
  const mediaOf = (answers: Answers) => Object.values(answers).flatMap(({ content }) => Object.values(content ?? {}));
  for (const media of mediaOf(responses)) {
    const schema = media.examples && schemaOf(media);
    if (schema) delete schema.examples;
  }
  for (const route of Object.values(copy.paths).flatMap((item) => Object.values(item))) {
    // What is no operation has no answers.
    for (const media of mediaOf((route as { responses?: Answers }).responses ?? {})) {
      const schema = media.example === undefined ? undefined : schemaOf(media);
      if (!schema) continue;
      const { examples: _, ...bare } = schema;
      media.schema = bare;
    }
  }
  copy.components = { ...copy.components, schemas: Object.fromEntries(Object.entries(schemas).map(plainer)) };
  return copy;
}

const SECONDS = "T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\\.[0-9]{3}Z";
/** Times that random data may have: of our days, where Prism's go from the year 0 to 9999 and are cut to tenths. */
const TIME = `^202[3-5]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])${SECONDS}$`;

/** A schema as random data is to be made of it: without fields that it does not name, and with times that fit. */
function plainer([name, schema]: [string, unknown]): [string, unknown] {
  const plain = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(plain);
    if (typeof node !== "object" || node === null) return node;
    const made: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(node)) made[key] = key === "examples" ? value : plain(value);
    if (made.type === "object" && "properties" in made) made.additionalProperties ??= false;
    if (made.format === "date-time") {
      delete made.format;
      made.pattern = TIME;
    }
    return made;
  };
  return [name, plain(schema)];
}

/**
 * Prism as a function, in this process: the document in, answers out. It neither routes nor validates for us; the front
 * has done both, in the live server's order. Rejects with an ApiError when the document has no such answer.
 */
export async function prism(contract: Contract): Promise<Mock> {
  const operations = await getHttpOperationsFromSpec(preferAnswers(contract));
  const silent = pino({ level: "silent" });
  const logger = Object.assign(silent, { success: silent.info }); // a level of Prism's own
  const settings = {
    logger,
    mock: { dynamic: false },
    isProxy: false,
    checkSecurity: false,
    validateRequest: false,
    validateResponse: false,
    errors: false,
    upstreamProxy: undefined,
  } as const;
  const client = createClientFromOperations(operations, settings);

  const ask = async (method: Method, path: string, accept: string | undefined, preferences: Preferences) => {
    const { example, ...rest } = preferences;
    const mock = { ...rest, ...(example ? { exampleKey: example } : {}) };
    const headers = accept ? { accept } : {};
    return client.request(path, { method, headers }, { mock });
  };

  return async ({ method, path, accept }, preferences) => {
    const answer = await ask(method, path, accept, preferences)
      // The live server does not refuse over `Accept`: it answers in the one form it has (RFC 9110 §12.5.1).
      .catch((error: unknown) => {
        if (isProblem(error) && error.status === 406) return ask(method, path, undefined, preferences);
        throw error;
      })
      .catch((error: unknown) => {
        throw translate(error);
      });
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(answer.headers ?? {})) {
      if (value !== null && value !== undefined) headers[name.toLowerCase()] = String(value);
    }
    return { status: answer.status, headers, body: answer.data };
  };
}
