import type pg from "pg";
import { OAUTH } from "../../spec/oauth.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { lazily } from "../kit/lazily.ts";
import type { Limiter } from "../kit/limits.ts";
import type { Log } from "../kit/runtime.ts";
import type { SealingKeys } from "../kit/seal.ts";
import type { Web } from "../web/service.ts";
import { resourceMetadata, serverMetadata } from "./metadata.ts";
import { type Endpoint, guarded } from "./requests.ts";

export type OauthOptions = {
  readonly pool: pg.Pool;
  readonly web: Web;
  readonly limiter: Limiter;
  readonly sealing: SealingKeys;
  readonly publicUrl: string;
  /** Life of an access token, in seconds, and of an unused refresh token, in days. */
  readonly accessSeconds: number;
  readonly refreshDays: number;
  /** The scopes that some operation wants. */
  readonly scopes: readonly Scope[];
  /** The document of these endpoints. */
  readonly document: () => object;
  readonly log: Log;
  readonly clock: () => number;
  /** Further headers of every answer, such as Strict-Transport-Security behind https. */
  readonly headers: Readonly<Record<string, string>>;
};

const json = (body: () => object): Endpoint => {
  // Read by programs in pages of any origin, and the same for everybody.
  const headers = {
    "Content-Type": "application/json",
    "Cache-Control": "max-age=300",
    "Access-Control-Allow-Origin": "*",
  };
  return async () => new Response(JSON.stringify(body()), { headers });
};

export type Oauth = {
  /** Its endpoints by path. A path that ends in `/*` takes one more segment. */
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Loads what the first request would have to wait for. */
  warm(): Promise<unknown>;
};

/** The authorization server. */
export function openOauth(options: OauthOptions): Oauth {
  const { web, scopes } = options;
  const issuer = options.publicUrl.replace(/\/$/, "");
  // The provider takes a third of a second to load: a start, a worker and most tests do without.
  const opened = lazily(async () => (await import("./open.ts")).openProvider({ ...options, issuer }));
  const by =
    (name: "authorize" | "resume" | "token" | "register" | "deviceAuthorization"): Endpoint =>
    async (...request) =>
      (await opened())[name](...request);
  const { paths } = OAUTH;
  const guard = guarded(options);

  const endpoints = new Map<string, Endpoint>([
    [
      paths.metadata,
      guard(
        "GET",
        120,
        json(() => serverMetadata(issuer, scopes)),
      ),
    ],
    ...OAUTH.resources.map((path): [string, Endpoint] => [
      OAUTH.resourceMetadata + path,
      guard(
        "GET",
        120,
        json(() => resourceMetadata(issuer, path, scopes)),
      ),
    ]),
    [paths.document, guard("GET", 60, json(options.document))],
    [paths.authorize, guard("GET", 60, by("authorize"))],
    [`${paths.authorize}/*`, guard("GET", 60, by("resume"))],
    [paths.token, guard("POST, OPTIONS", 120, by("token"))],
    [paths.revoke, guard("POST, OPTIONS", 60, by("token"))],
    [paths.register, guard("POST", 10, by("register"))],
    [paths.deviceAuthorization, guard("POST, OPTIONS", 30, by("deviceAuthorization"))],
    [
      `${paths.consent}/*`,
      guard("GET, POST", 60, (request, address, requestId) =>
        web.answer(request, address, async (visit) => {
          const { consent } = await opened();
          return consent(visit, visit.url.pathname.split("/").at(-1) ?? "", requestId);
        }),
      ),
    ],
    [
      paths.device,
      // Few, because whoever is let through may try a code.
      guard("GET, POST", 20, (request, address, requestId) =>
        web.answer(request, address, async (visit) => (await opened()).device(visit, requestId)),
      ),
    ],
  ]);
  return { endpoints, warm: opened };
}
