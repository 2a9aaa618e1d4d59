import createFetchClient, { type Client as FetchClient } from "openapi-fetch";
import { realTime } from "./backoff.ts";
import { ApiError } from "./error.ts";
import { type Operations, PREFIX, TABLE } from "./generated/operations.ts";
import type { paths } from "./generated/schema.ts";
import { all } from "./pages.ts";
import { type Answer, type Memory, Repeatable, send } from "./send.ts";
import type { CallOptions, ClientOptions } from "./types.ts";
import { type Uploading, uploading } from "./upload.ts";
import { type Waiting, waiting } from "./wait.ts";

/**
 * One method an operation, which returns the answer's body and throws on any other: ApiError, ConnectionError. Beside them
 * `GET`, `POST`, … of openapi-fetch, by path: the same credential and retries, but they return what an error answers.
 */
export type Client = Operations & Waiting & Uploading & FetchClient<paths>;

type Call = CallOptions & {
  readonly params?: Record<string, string>;
  readonly query?: Record<string, unknown>;
  readonly body?: unknown;
};

type LooseRequest = (
  method: string,
  path: string,
  init: object,
) => Promise<{ data?: unknown; error?: unknown; response: Answer }>;

/** What the pattern of the table finds: every group takes part in every match. */
type Row = readonly [all: string, end: string, sign: string, name: string];

/**
 * A client of the Reelmark API. What fails on the way is tried again where that is harmless: with pauses of 1 s, 2 s, 4 s, …
 * each shortened at random, or as long as the server asks; a POST under one `Idempotency-Key`.
 */
export function createClient(options: ClientOptions): Client {
  const { token, fetch = globalThis.fetch, timing = realTime } = options;
  const routes: Record<string, string> = {};
  const methods: Record<string, (call: Call) => Promise<unknown>> = {};
  const raw = createFetchClient<paths>({
    ...options,
    Request: Repeatable,
    // It makes every request with `Repeatable`; a middleware may have put another in its place.
    fetch: (request) => send(request, fetch),
    bodySerializer: (body: unknown) => (/ (Object|Array)\]/.test({}.toString.call(body)) ? JSON.stringify(body) : body),
  });
  raw.use({
    async onRequest({ request, schemaPath }: { request: Request & Memory; schemaPath: string }) {
      const { headers, method, init } = request;
      const operation = routes[method + schemaPath];
      request.operation = operation;
      const credential = typeof token === "function" ? await token() : token;
      if (credential && !headers.has("authorization")) headers.set("authorization", `Bearer ${credential}`);
      // `crypto.randomUUID` is missing on pages without TLS.
      if (operation?.[0] === "+" && init?.retries !== 0 && !headers.has("idempotency-key"))
        headers.set("idempotency-key", crypto.getRandomValues(new Uint32Array(4)).join());
    },
  });
  let root = "";
  let last = "";
  let noun = "";
  for (const [, end, sign, name] of TABLE.matchAll(/(\S*?)([<>=~!+*])([\w$]+)/g) as Iterable<
    string[]
  > as Iterable<Row>) {
    if (end) {
      const isBelow = end.startsWith("/");
      last = ((isBelow ? root : PREFIX) + end).replace(
        /([^/]+)s\/{(?=})/,
        (all, word) => `${all}${word.replace("-", "_")}_id`,
      );
      if (!isBelow) root = last;
      noun = last.replace(/.*?([^/]+?)s?(\/{\w+})?$/, "-$1").replace(/-(.)/g, (_all, letter) => letter.toUpperCase());
    }
    const path = last;
    const method = ["GET", "PUT", "PATCH", "DELETE"]["<=~!".indexOf(sign)] ?? "POST";
    const id = name.replace("$", noun);
    const call = async ({ params, query, ...rest }: Call = {}) => {
      // The table and the types of `Operations` come from one contract; openapi-fetch cannot relate them by itself.
      const { data, error, response } = await (raw.request as unknown as LooseRequest)(method, path, {
        ...rest,
        params: { path: params, query },
        // It returns what the answer's method of this name does.
        parseAs: "data",
      });
      if (!response.ok) throw new ApiError(id, response, error);
      return data;
    };
    routes[method + path] = sign + id;
    methods[id] = Object.assign(call, { all: (options?: Call) => all(call, options) });
  }
  const waitFor = waiting(methods, timing.sleep);
  // One method an operation is what the loop above made.
  const upload = uploading(methods as unknown as Operations, waitFor);
  return Object.assign(raw, methods as unknown as Operations, { waitFor, upload });
}
