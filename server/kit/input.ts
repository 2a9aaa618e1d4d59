import { ApiError, type Issue, validationError } from "../../spec/kit/errors.ts";
import { announcesBody, countedBody, readBody, tooLarge, utf8 } from "./body.ts";
import type { Compiled } from "./compile.ts";
import { readMultipart } from "./multipart.ts";
import { checkParts } from "./parts.ts";
import { parseQuery } from "./query.ts";
import type { Incoming } from "./request.ts";
import { badText, toIssues } from "./validate.ts";

/** The request as a handler gets it, and the raw body for what is computed over it. */
export type Parsed = {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly raw: Uint8Array;
  /** Names of the body's fields as they were sent, without those that defaults brought. */
  readonly fields: readonly string[];
};

const NOTHING = new Uint8Array(0);

/** Throws 413 on a declared length over the limit, before anything is spent on the request. */
export function checkDeclaredLength(compiled: Compiled, request: Incoming): void {
  if (compiled.media === undefined) return;
  const length = Number(request.header("content-length"));
  if (length > compiled.maxBytes) throw tooLarge(compiled.maxBytes);
}

/** Throws 415 when the body is of a media type, charset or encoding that the operation does not read. */
function checkMediaType(compiled: Compiled, request: Incoming): string {
  const header = request.header("content-type") ?? "";
  const [type = "", ...params] = header.split(";").map((part) => part.trim());
  const name = type.toLowerCase();
  const charset = params
    .find((param) => param.toLowerCase().startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  const encoding = request.header("content-encoding");
  const known = compiled.mediaTypes.includes(name) || compiled.mediaTypes.includes("*/*");
  if (
    known &&
    (charset === undefined || charset.toLowerCase() === "utf-8") &&
    (encoding ?? "identity") === "identity"
  ) {
    return header;
  }
  const [wanted = ""] = compiled.mediaTypes;
  const details = { accepted: [...compiled.mediaTypes] };
  const message = known ? `Send the body as ${wanted} in UTF-8, not compressed` : `Send the body as ${wanted}`;
  // The body stays unread, so the connection cannot be used again.
  throw new ApiError("UNSUPPORTED_MEDIA_TYPE", message, { details, headers: { Connection: "close" } });
}

/** Reads and checks everything of the request. Throws 413, 415, or one 400 with every issue of every part. */
export async function readInput(compiled: Compiled, request: Incoming, raw?: Uint8Array): Promise<Parsed> {
  const issues: Issue[] = [];
  const body = await readPart(compiled, request, issues, raw);
  const given = readParams(compiled, request);
  issues.push(...badText("params", given));
  const params = parse(compiled.params, "params", given, issues);
  const search = parseQuery(request.search, compiled.queryShape, !compiled.closedQuery);
  issues.push(...search.issues, ...badText("query", search.values));
  let query: unknown;
  if (compiled.query) query = parse(compiled.query, "query", search.values, issues);
  else if (compiled.closedQuery) {
    for (const name of Object.keys(search.values)) {
      issues.push({ path: `query.${name}`, code: "unrecognized_key", message: "is not a parameter of this operation" });
    }
  }
  if (compiled.op.idempotent === "key") {
    checkHeader(request, "idempotency-key", /^[!-~]{1,255}$/, "must be 1 to 255 visible ASCII characters", issues);
  }
  if (compiled.streams) checkHeader(request, "last-event-id", /^.{1,64}$/, "must be 1 to 64 characters", issues);
  if (issues.length > 0) throw validationError(issues);
  return { params: params ?? {}, query, body: body.value, raw: body.raw, fields: body.fields ?? [] };
}

function readParams(compiled: Compiled, request: Incoming): Record<string, string> {
  return Object.fromEntries(Object.keys(compiled.op.params).map((name) => [name, request.param(name)]));
}

/** Adds an issue for a header that is there, and is not as the document says. */
function checkHeader(request: Incoming, name: string, form: RegExp, message: string, issues: Issue[]): void {
  const value = request.header(name);
  if (value === undefined || form.test(value)) return;
  issues.push({ path: `headers.${name}`, code: "invalid_format", message });
}

function parse(schema: Compiled["body"], root: string, value: unknown, issues: Issue[]): unknown {
  if (!schema) return undefined;
  // Without its input, an issue cannot tell a field that is missing from one of the wrong type.
  const result = schema.safeParse(value, { reportInput: true });
  if (result.success) return result.data;
  issues.push(...toIssues(root, result.error.issues));
  return undefined;
}

type Body = { readonly value: unknown; readonly raw: Uint8Array; readonly fields?: readonly string[] };

async function readPart(compiled: Compiled, request: Incoming, issues: Issue[], given?: Uint8Array): Promise<Body> {
  if (compiled.media === undefined) return { value: undefined, raw: NOTHING };
  if (given === undefined ? !announcesBody(request) : given.byteLength === 0) {
    issues.push({ path: "body", code: "required", message: `is required: send ${compiled.mediaTypes[0]}` });
    return { value: undefined, raw: NOTHING };
  }
  const type = checkMediaType(compiled, request);
  // Streams are handed over as they are: their handler reads them, counted, in `prepare`.
  if (compiled.multipart) {
    const { fields, files } = compiled.multipart;
    return { value: checkParts(readMultipart(request, type, compiled.maxBytes), fields, files), raw: NOTHING };
  }
  if (compiled.media === "octets") {
    return { value: { type, bytes: countedBody(request, compiled.maxBytes) }, raw: NOTHING };
  }
  const raw = given ?? (await readBody(request, compiled.maxBytes));
  return { ...parseText(compiled, raw, issues), raw };
}

function parseText(compiled: Compiled, raw: Uint8Array, issues: Issue[]): Omit<Body, "raw"> {
  const text = utf8(raw);
  const bad = (code: string, message: string) => {
    issues.push({ path: "body", code, message });
    return { value: undefined };
  };
  if (text === undefined) return bad("invalid_encoding", "must be UTF-8");
  if (text.trim() === "") return bad("required", `is required: send ${compiled.mediaTypes[0]}`);
  const value = compiled.media === "form" ? parseForm(text, issues) : parseJson(text, issues);
  if (value === undefined) return { value };
  issues.push(...badText("body", value));
  const fields = typeof value === "object" && value !== null ? Object.keys(value).sort() : [];
  return { value: parse(compiled.body, "body", value, issues), fields };
}

function parseForm(text: string, issues: Issue[]): Record<string, unknown> | undefined {
  const { values, issues: found } = parseQuery(`?${text}`, new Map());
  for (const issue of found) issues.push({ ...issue, path: issue.path.replace(/^query/, "body") });
  return found.length > 0 ? undefined : values;
}

function parseJson(text: string, issues: Issue[]): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at =
      error instanceof Error ? (/position \d+|line \d+ column \d+/.exec(error.message)?.[0] ?? "the end") : "the end";
    issues.push({ path: "body", code: "invalid_json", message: `is not JSON: it breaks at ${at}` });
    return undefined;
  }
}
