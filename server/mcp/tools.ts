import { ApiError, ERRORS } from "../../spec/kit/errors.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import {
  insteadOf,
  isExpressible,
  mayCall,
  requestOf,
  type Tool,
  ToolArgumentError,
  type ToolOperation,
} from "../../spec/kit/tools.ts";
import { IMPLIED_SCOPES } from "../../spec/vocabulary.ts";
import type { Principal } from "../kit/backend.ts";
import { searchOperations } from "./search.ts";

/** What a call gives back: text, and whether it is an error's. */
export type ToolResult = {
  content: { type: "text"; text: string }[];
  isError?: boolean;
  _meta?: Record<string, unknown>;
};

/** Whose tools: what they may call, and how a call is sent. */
export type Caller = {
  readonly principal: Pick<Principal, "kind" | "scopes">;
  /** Sends a request through the API's own pipeline, with the caller's credential. `path` is below the base. */
  send(request: ReturnType<typeof requestOf>): Promise<Response>;
};

export type Toolbox = {
  readonly contract: Readonly<Record<string, Operation>>;
  readonly all: readonly ToolOperation[];
};

const text = (value: string, rest: Omit<ToolResult, "content"> = {}): ToolResult => ({
  content: [{ type: "text", text: value }],
  ...rest,
});

/** An error in the envelope of the API (design §4), made here because no request was sent. */
function failed(error: ApiError): ToolResult {
  const { code, message, details } = error;
  const envelope = { error: { code, message, details, request_id: null } };
  return text(JSON.stringify(envelope), { isError: true, _meta: { "reelmark/status": ERRORS[code].status } });
}

const SEARCH: Tool = {
  name: "search_operations",
  title: "Search operations",
  description: "Finds operations of the API by words. Only those that you may call are found.",
  inputSchema: {
    type: "object",
    properties: {
      query: { type: "string", description: "Words such as `upload file`; empty lists from the start" },
      limit: { type: "integer", minimum: 1, maximum: 100, description: "How many at most; 10 unless told" },
    },
    required: ["query"],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
};
const DESCRIBE: Tool = {
  name: "describe_operation",
  title: "Describe an operation",
  description: "Says what an operation does, and the JSON Schema of its arguments.",
  inputSchema: {
    type: "object",
    properties: { operation: { type: "string", description: "Its name, as search_operations gives it" } },
    required: ["operation"],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true },
};
const CALL: Tool = {
  name: "call_operation",
  title: "Call an operation",
  description: "Calls an operation. Describe it first: its arguments are not guessable.",
  inputSchema: {
    type: "object",
    properties: {
      operation: { type: "string", description: "Its name" },
      arguments: { type: "object", description: "As describe_operation says" },
    },
    required: ["operation"],
    additionalProperties: false,
  },
  annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
};

/** The tools of a caller that may not know the API yet: three, whatever its size. */
export const FEW = [SEARCH, DESCRIBE, CALL] as const;

const mine = ({ all }: Toolbox, { principal: { kind, scopes } }: Caller): ToolOperation[] =>
  all.filter(({ op }) => mayCall(op, kind, scopes, IMPLIED_SCOPES));

/** Every operation that the caller may call, as a tool of its own. */
export const allTools = (box: Toolbox, caller: Caller): Tool[] => mine(box, caller).map(({ tool }) => tool);

/** Whether a refusal is for the pipeline to say, in its own words, counted and logged as any other. */
const isJudgedThere = ({ op }: ToolOperation): boolean => op.auth === "credential" || op.auth === "session";

/** The operation of a name; or why it cannot be called or described, and what to call instead. */
function named(box: Toolbox, caller: Caller, name: unknown, isCall: boolean): ToolOperation | ToolResult {
  const found = box.all.find(({ op }) => op.id === name);
  if (found) {
    const { kind, scopes } = caller.principal;
    if (mayCall(found.op, kind, scopes, IMPLIED_SCOPES) || (isCall && isJudgedThere(found))) return found;
    return failed(
      new ApiError("FORBIDDEN", `Your credential may not call ${found.op.id}: see its scopes in the reference`),
    );
  }
  const op = typeof name === "string" && Object.hasOwn(box.contract, name) ? box.contract[name] : undefined;
  if (!op || isExpressible(op)) {
    return failed(new ApiError("NOT_FOUND", "There is no such operation: search_operations finds the names"));
  }
  const other = insteadOf(box.contract, op).map(({ id, summary }) => `${id} (${summary})`);
  const instead = other.length > 0 ? ` Instead, call ${other.join(" or ")}.` : "";
  return failed(
    new ApiError(
      "UNSUPPORTED_MEDIA_TYPE",
      `${op.id} sends or answers a file's bytes or a stream, which a tool cannot carry.${instead}`,
    ),
  );
}

async function call(found: ToolOperation, caller: Caller, args: unknown): Promise<ToolResult> {
  if (args !== undefined && (typeof args !== "object" || args === null || Array.isArray(args))) {
    return failed(new ApiError("VALIDATION_ERROR", "`arguments` must be an object"));
  }
  let request: ReturnType<typeof requestOf>;
  try {
    // An object that is no list: its fields are looked at one by one.
    request = requestOf(found, (args ?? {}) as Record<string, unknown>);
  } catch (error) {
    if (error instanceof ToolArgumentError) return failed(new ApiError("VALIDATION_ERROR", error.message));
    throw error;
  }
  const response = await caller.send(request);
  const body = await response.text();
  const _meta = { "reelmark/status": response.status, "reelmark/request_id": response.headers.get("x-request-id") };
  return response.ok ? text(body === "" ? "Done." : body, { _meta }) : text(body, { _meta, isError: true });
}

function search(box: Toolbox, caller: Caller, args: Record<string, unknown>): ToolResult {
  const limit = typeof args.limit === "number" ? Math.min(100, Math.max(1, Math.trunc(args.limit))) : 10;
  const found = searchOperations(mine(box, caller), String(args.query ?? ""), limit);
  if (found.length === 0) return text("Nothing fits. Try other words, or an empty query for a list.");
  return text(
    found.map(({ op, tool }) => `${op.id}: ${tool.title} (${op.method.toUpperCase()} ${op.path})`).join("\n"),
  );
}

/** Calls a tool by its name, one of the few or an operation's own. Never rejects for what a caller has sent. */
export async function callTool(
  box: Toolbox,
  caller: Caller,
  name: string,
  args: Record<string, unknown>,
): Promise<ToolResult> {
  if (name === SEARCH.name) return search(box, caller, args);
  const isNamedInside = name === DESCRIBE.name || name === CALL.name;
  const found = named(box, caller, isNamedInside ? args.operation : name, name !== DESCRIBE.name);
  if ("content" in found) return found;
  if (name === DESCRIBE.name) return text(JSON.stringify(found.tool));
  return call(found, caller, name === CALL.name ? args.arguments : args);
}
