import type pg from "pg";
import { API_VERSION } from "../spec/document.ts";
import { contract } from "../spec/index.ts";
import type { Document } from "../spec/kit/document.ts";
import { scopeNames } from "../spec/kit/policy.ts";
import { isExpressible } from "../spec/kit/tools.ts";
import { OAUTH } from "../spec/oauth.ts";
import { oauthDocument } from "../spec/oauth-document.ts";
import { SCOPES, type Scope } from "../spec/vocabulary.ts";
import type { Config } from "./config.ts";
import { openConsole } from "./console/service.ts";
import type { ReelmarkPrincipal } from "./context.ts";
import { lazily } from "./kit/lazily.ts";
import type { Limiter } from "./kit/limits.ts";
import type { Log } from "./kit/runtime.ts";
import type { SealingKeys } from "./kit/seal.ts";
import { openOauth } from "./oauth/service.ts";
import { openWeb } from "./web/service.ts";

export type BesideOptions = {
  readonly config: Config;
  readonly pool: pg.Pool;
  readonly limiter: Limiter;
  readonly sealing: SealingKeys;
  readonly publicUrl: string;
  /** Path of the API. */
  readonly base: string;
  readonly document: Document;
  readonly log: Log;
  readonly clock: () => number;
  readonly headers: Readonly<Record<string, string>>;
  /** Calls the API in this process, on behalf of an address. */
  readonly api: (request: Request, address: string) => Promise<Response>;
  /** The session that an access token of ours stands for. */
  readonly sessionOf: (token: string) => Promise<string | undefined>;
  /** A fresh access token of a session. */
  readonly tokenOf: (session: { readonly id: string; readonly userId: string }) => Promise<string>;
};

/** Answers one request; `identify` says who sends it, as the API's own pipeline finds it. */
export type Endpoint = (
  request: Request,
  sender: { readonly address: string; identify(bucket: string): Promise<ReelmarkPrincipal> },
) => Promise<Response>;

/** The scopes that some operation which others than people can call wants, in the vocabulary's order. */
function scopesInUse(): Scope[] {
  const used = new Set(Object.values(contract).flatMap((op) => (isExpressible(op) ? scopeNames(op) : [])));
  return (Object.keys(SCOPES) as Scope[]).filter((scope) => used.has(scope));
}

/**
 * What stands beside the API, by path: log-in pages, the console, the authorization server, and MCP. `/*` takes one more
 * segment, `/**` any number of them or none.
 */
export function openBeside(options: BesideOptions): {
  endpoints: ReadonlyMap<string, Endpoint>;
  /** Loads what the first requests would have to wait for. */
  warm(): Promise<unknown>;
} {
  const { config, publicUrl, base, clock, headers, log } = options;
  const web = openWeb({ ...options, sessionDays: config.REFRESH_TOKEN_DAYS });
  const oauth = openOauth({
    ...options,
    web,
    accessSeconds: config.ACCESS_TOKEN_SECONDS,
    refreshDays: config.REFRESH_TOKEN_DAYS,
    scopes: scopesInUse(),
    document: oauthDocument,
  });
  const mcp = lazily(async () => {
    const { openMcp } = await import("./mcp/service.ts");
    return openMcp({
      contract,
      document: options.document,
      version: API_VERSION,
      publicUrl,
      base,
      origins: config.CORS_ORIGINS.includes("*") ? "*" : config.CORS_ORIGINS,
      resourceMetadata: `${publicUrl.replace(/\/$/, "")}${OAUTH.resourceMetadata}/mcp`,
      api: options.api,
      log,
      clock,
      headers,
    });
  });
  const endpoints = new Map<string, Endpoint>([
    [
      "/mcp",
      async (request, { address, identify }) =>
        (await mcp()).handle(request, { address, identify: () => identify("mcp") }),
    ],
  ]);
  const pages = openConsole({ ...options, web, scopes: scopesInUse() });
  for (const [path, work] of [...web.routes, ["/console/**", pages] as const]) {
    endpoints.set(path, async (request, { address }) => {
      const response = await web.answer(request, address, work);
      for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
      return response;
    });
  }
  for (const [path, work] of oauth.endpoints) endpoints.set(path, (request, { address }) => work(request, address, ""));
  return { endpoints, warm: () => Promise.all([oauth.warm(), mcp()]) };
}
