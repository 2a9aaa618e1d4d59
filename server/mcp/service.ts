import { type CallToolResult, createMcpHandler, type ListToolsResult, Server } from "@modelcontextprotocol/server";
import type { Document } from "../../spec/kit/document.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import type { Operation } from "../../spec/kit/operation.ts";
import { toolsOf } from "../../spec/kit/tools.ts";
import type { ReelmarkPrincipal } from "../context.ts";
import { errorOutcome, toResponse } from "../kit/answer.ts";
import { corsHeaders, preflightHeaders } from "../kit/cors.ts";
import { newId } from "../kit/ids.ts";
import type { Log } from "../kit/runtime.ts";
import { refusedOrigin } from "./origin.ts";
import { allTools, type Caller, callTool, FEW } from "./tools.ts";

export type McpOptions = {
  readonly contract: Readonly<Record<string, Operation>>;
  readonly document: Document;
  readonly version: string;
  readonly publicUrl: string;
  /** Path of the API, such as `/api`. */
  readonly base: string;
  /** Origins of other hosts whose pages may call, or `*`. */
  readonly origins: readonly string[] | "*";
  /** Where a client learns who gives tokens for this (RFC 9728). */
  readonly resourceMetadata: string;
  /** Calls the API in this process, on behalf of an address. */
  readonly api: (request: Request, address: string) => Promise<Response>;
  readonly log: Log;
  readonly clock: () => number;
  readonly headers: Readonly<Record<string, string>>;
};

/** What a request says of who sends it. */
type Sender = { readonly address: string; identify(): Promise<ReelmarkPrincipal> };

/** No message is larger, in bytes: that of the API's largest JSON body, and room around it. */
const MOST_BYTES = 1_200_000;
/** What a page of another origin may send and read beside what the API allows. */
const REQUEST_HEADERS = ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name"];

const INSTRUCTIONS = `Reelmark is an API for teams that make and publish short video. Find an operation with search_operations, \
read its arguments with describe_operation, then call_operation. An error carries a code and says what to do. A tool cannot carry \
a file's bytes or a stream: what wants them says what to call instead.`;

const isAll = (url: string) => new URL(url).searchParams.get("tools") === "all";

/**
 * The API as tools (MCP, Streamable HTTP, without sessions): by default three that find and call operations, with `?tools=all`
 * one an operation. Each call goes through the API's own pipeline with the caller's credential.
 */
export function openMcp(options: McpOptions) {
  const { contract, log } = options;
  const box = { contract, all: toolsOf(contract, options.document) };

  function serverFor(caller: Caller, all: boolean): Server {
    const info = { name: "reelmark", title: "Reelmark", version: options.version };
    const server = new Server(info, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
    // The tools' schemas are plain JSON of the document; the SDK's types are a stricter reading of the same.
    server.setRequestHandler(
      "tools/list",
      () => ({ tools: all ? allTools(box, caller) : [...FEW] }) as ListToolsResult,
    );
    server.setRequestHandler(
      "tools/call",
      async ({ params }) => (await callTool(box, caller, params.name, params.arguments ?? {})) as CallToolResult,
    );
    return server;
  }

  const handler = createMcpHandler(
    ({ authInfo, requestInfo }) => {
      const caller = authInfo?.extra?.caller;
      if (!caller || !requestInfo) throw new Error("a message without its sender");
      // Put there below, for this very request.
      return serverFor(caller as Caller, isAll(requestInfo.url));
    },
    {
      // There is nothing that changes, and so nothing to subscribe to.
      maxSubscriptions: 0,
      maxRequestBodySize: MOST_BYTES,
      onerror: (error) => log.warn({ error: String(error) }, "an MCP message was refused"),
    },
  );

  function callerOf(request: Request, principal: ReelmarkPrincipal, address: string): Caller {
    const kept = ["authorization", "x-api-key", "x-organization-id"];
    const own = Object.fromEntries(
      kept.flatMap((name) => [[name, request.headers.get(name)]]).filter(([, value]) => value),
    );
    return {
      principal,
      send({ method, path, headers, body }) {
        const url = options.publicUrl.replace(/\/$/, "") + options.base + path;
        const init = { method, headers: { ...own, ...headers }, ...(body === undefined ? {} : { body }) };
        return options.api(new Request(url, init), address);
      },
    };
  }

  function refusal(error: unknown, requestId: string): Response {
    if (!(error instanceof ApiError)) {
      log.error({ request_id: requestId, error: String(error) }, "MCP failed");
      return refusal(new ApiError("INTERNAL_ERROR", "The server failed. Report the request id"), requestId);
    }
    const outcome = errorOutcome(error, requestId);
    const challenge = outcome.headers["WWW-Authenticate"];
    if (challenge !== undefined) {
      const where = `resource_metadata="${options.resourceMetadata}"`;
      outcome.headers["WWW-Authenticate"] = challenge === "Bearer" ? `Bearer ${where}` : `${challenge}, ${where}`;
    }
    return toResponse(outcome, requestId, options.headers);
  }

  return {
    async handle(request: Request, { address, identify }: Sender): Promise<Response> {
      const started = performance.now();
      const requestId = newId("req", options.clock());
      let principal: ReelmarkPrincipal | undefined;
      const work = async () => {
        const foreign = refusedOrigin(request, options.publicUrl, options.origins);
        if (foreign) throw foreign;
        const cors = corsHeaders(options.origins, request.headers.get("origin") ?? undefined);
        if (request.method === "OPTIONS") {
          const headers = { ...cors, ...preflightHeaders("POST, OPTIONS", REQUEST_HEADERS), Allow: "POST, OPTIONS" };
          return new Response(null, { status: 204, headers });
        }
        principal = await identify();
        const caller = callerOf(request, principal, address);
        const authInfo = { token: "", clientId: principal.id, scopes: [...principal.scopes], extra: { caller } };
        const response = await handler.fetch(request, { authInfo });
        const answer = new Response(response.body, response);
        for (const [name, value] of Object.entries({
          ...options.headers,
          ...cors,
          "X-Request-Id": requestId,
          "Cache-Control": "no-store",
        })) {
          answer.headers.set(name, value);
        }
        return answer;
      };
      const response = await work().catch((error: unknown) => refusal(error, requestId));
      const ms = Math.round((performance.now() - started) * 100) / 100;
      const who = principal
        ? { principal: principal.id, principal_kind: principal.kind, organization: principal.organization }
        : {};
      log.info(
        {
          request_id: requestId,
          operation: "mcp",
          method: request.method,
          status: response.status,
          ms,
          address,
          ...who,
        },
        "request",
      );
      return response;
    },
  };
}
