import { responseOf } from "../../document.ts";
import type { Judge } from "../run.ts";
import type { Exchange } from "../types.ts";

/** The media type of an answer, without parameters. */
const mediaTypeOf = ({ headers }: Exchange): string =>
  (headers.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** What the document says of an answer. Of a method that it does not have it says nothing; HEAD is answered as GET is. */
function declared({ op, status, draft }: Exchange) {
  if (!op) return undefined;
  const isTheirs = draft.method === op.method || (draft.method === "HEAD" && op.method === "GET");
  return isTheirs ? responseOf(op, status) : undefined;
}

export const serverError: Judge = {
  name: "server_error",
  about: "No request makes the server fail: a 5xx is never the answer, unless 502 or 503 is declared",
  judge({ op, status, text }) {
    if (status === 0) return { expected: "an answer", seen: text };
    if (status < 500 || (op?.responses.has(status) && (status === 502 || status === 503))) return undefined;
    return { expected: "an answer below 500", seen: `${status} ${text.slice(0, 200)}` };
  },
};

export const undeclaredStatus: Judge = {
  name: "undeclared_status",
  about: "Every status is one that the operation declares",
  judge(exchange) {
    const { op, status, draft } = exchange;
    // A request that is not the operation's (another method) has no declared answer.
    if (!op || status === 0 || op.method !== draft.method || declared(exchange)) return undefined;
    const known = [...op.responses.keys(), ...op.fallbacks.keys()].join(", ");
    return { expected: `one of ${known}`, seen: String(status) };
  },
};

export const undeclaredMediaType: Judge = {
  name: "undeclared_media_type",
  about: "A body has a media type that its response declares",
  judge(exchange) {
    const response = declared(exchange);
    if (!response?.content || exchange.text === "" || exchange.draft.method === "HEAD") return undefined;
    const type = mediaTypeOf(exchange);
    const types = Object.keys(response.content);
    if (types.some((one) => matches(one, type))) return undefined;
    return { expected: types.join(" or "), seen: type === "" ? "no Content-Type" : type };
  },
};

/** Whether a media range such as `image/*` covers a type (RFC 9110 §12.5.1). */
function matches(range: string, type: string): boolean {
  const [wanted = ""] = range.toLowerCase().split(";");
  if (wanted === "*/*" || wanted === type) return true;
  return wanted.endsWith("/*") && type.startsWith(wanted.slice(0, -1));
}

const isJson = (exchange: Exchange) => /[/+]json$/.test(mediaTypeOf(exchange));

function schemaOf(exchange: Exchange) {
  const content = declared(exchange)?.content;
  const type = mediaTypeOf(exchange);
  const found = Object.entries(content ?? {}).find(([range]) => matches(range, type));
  return isJson(exchange) ? found?.[1].schema : undefined;
}

export const responseSchema: Judge = {
  name: "response_schema",
  about: "A JSON body fits the schema of its response",
  judge(exchange, run) {
    const schema = schemaOf(exchange);
    if (!schema || exchange.draft.method === "HEAD") return undefined;
    if (exchange.json === undefined) return { expected: "JSON", seen: exchange.text.slice(0, 200) };
    const problems = run.schemaProblems(schema, exchange.json);
    return problems.length === 0 ? undefined : { expected: "a body that fits its schema", seen: problems.join("; ") };
  },
};

export const undeclaredField: Judge = {
  name: "undeclared_field",
  about: "A body has no field that its schema does not name, even where the schema is open",
  judge(exchange, run) {
    const schema = schemaOf(exchange);
    if (!schema || exchange.json === undefined) return undefined;
    // What is not as the schema says at all is the business of response_schema.
    if (run.schemaProblems(schema, exchange.json).length > 0) return undefined;
    const extra = run.excessFields(schema, exchange.json);
    return extra.length === 0 ? undefined : { expected: "only fields that the schema names", seen: extra.join(", ") };
  },
};

/** The value of a header by the types of its schema, as `simple` style writes it (OpenAPI 3.1 §4.8.21). */
function readHeader(types: readonly string[], text: string): unknown {
  if (types.some((type) => type === "integer" || type === "number") && /\d/.test(text) && !Number.isNaN(Number(text)))
    return Number(text);
  if (types.includes("boolean") && /^(true|false)$/.test(text)) return text === "true";
  return types.includes("array") && !types.includes("string") ? text.split(/\s*,\s*/) : text;
}

export const responseHeaders: Judge = {
  name: "response_headers",
  about: "Headers that a response requires are there, and those it declares fit their schemas",
  judge(exchange, run) {
    for (const [name, { required, schema }] of Object.entries(declared(exchange)?.headers ?? {})) {
      const value = exchange.headers.get(name);
      if (value === null) {
        if (required) return { expected: `the header ${name}`, seen: "none" };
        continue;
      }
      const read = readHeader(run.api.schemas.types(schema), value.trim());
      if (run.schemaProblems(schema, read).length > 0) return { expected: `${name} as its schema says`, seen: value };
    }
    return undefined;
  },
};

/** The schema that most error answers of the document share. */
export const errorEnvelope: Judge = {
  name: "error_envelope",
  about: "Errors have the one body that the document gives them, with a message",
  judge(exchange, run) {
    const { status, draft, op } = exchange;
    if (status < 400 || draft.method === "HEAD" || !run.envelope || !op) return undefined;
    // Declared responses are held to their own schemas; what is left are refusals before the operation (404, 405).
    if (exchange.json === undefined) return { expected: "the error body, as JSON", seen: exchange.text.slice(0, 200) };
    const problems = run.schemaProblems(run.envelope, exchange.json);
    return problems.length === 0 ? undefined : { expected: "the error body", seen: problems.join("; ") };
  },
};
