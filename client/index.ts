import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import { ApiError, type ErrorCode } from "./error.ts";
import { OPERATIONS, type Operations } from "./generated/operations.ts";
import type { components, paths } from "./generated/schema.ts";

export type { components, paths };
export { ApiError, type ErrorCode };

export type ClientOptions = {
  /** Where the API is, with its base path: `https://reelmark.example.com/api`. */
  readonly baseUrl: string;
  /** An API key or a session's access token; a function is asked before each call. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
};

/** One method an operation, beside the raw `GET`, `POST`, … of openapi-fetch, which never throw. */
export type Client = Operations & FetchClient<paths>;

type Call = {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
};

/** A client of the Reelmark API. Its methods return the answer's body, and throw ApiError on any error answer. */
export function createClient(options: ClientOptions): Client {
  const { baseUrl, token, headers, fetch } = options;
  const raw = createFetchClient<paths>({ baseUrl, ...(headers ? { headers } : {}), ...(fetch ? { fetch } : {}) });
  raw.use({
    async onRequest({ request }) {
      const value = typeof token === "function" ? await token() : token;
      if (value !== undefined && !request.headers.has("authorization"))
        request.headers.set("authorization", `Bearer ${value}`);
      return request;
    },
  });
  const methods = Object.entries(OPERATIONS).map(([id, [method, path]]) => [
    id,
    async (call: Call = {}) => {
      const { params, query, ...rest } = call;
      const init = { ...rest, params: { ...(params ? { path: params } : {}), ...(query ? { query } : {}) } };
      // The table and the types of `Operations` come from one contract; openapi-fetch cannot relate them by itself.
      const { data, error, response } = await (raw.request as unknown as LooseRequest)(method, path, init);
      if (!response.ok) throw new ApiError(id, response, error);
      return data;
    },
  ]);
  return Object.assign(raw, Object.fromEntries(methods)) as Client;
}

type LooseRequest = (
  method: string,
  path: string,
  init: object,
) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
