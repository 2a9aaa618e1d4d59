import type pg from "pg";
import { OAUTH } from "../../spec/oauth.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import type { Limiter } from "../kit/limits.ts";
import type { Log } from "../kit/runtime.ts";
import type { SealingKeys } from "../kit/seal.ts";
import type { Web } from "../web/service.ts";
import { consentPages } from "./consent.ts";
import { devicePages } from "./device.ts";
import { endpoints } from "./endpoints.ts";
import { resourceMetadata, serverMetadata } from "./metadata.ts";
import { createProvider } from "./provider.ts";
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
  readonly document: object;
  readonly log: Log;
  readonly clock: () => number;
  /** Further headers of every answer, such as Strict-Transport-Security behind https. */
  readonly headers: Readonly<Record<string, string>>;
};

const json = (body: object): Endpoint => {
  const text = JSON.stringify(body);
  // Read by programs in pages of any origin, and the same for everybody.
  const headers = {
    "Content-Type": "application/json",
    "Cache-Control": "max-age=300",
    "Access-Control-Allow-Origin": "*",
  };
  return async () => new Response(text, { headers });
};

/** The authorization server: its endpoints by path. A path that ends in `/*` takes one more segment. */
export function openOauth(options: OauthOptions): ReadonlyMap<string, Endpoint> {
  const { web, scopes } = options;
  const issuer = options.publicUrl.replace(/\/$/, "");
  const provider = createProvider({ ...options, issuer });
  const pages = { provider, pool: options.pool, web, issuer, refreshDays: options.refreshDays };
  const consent = consentPages(pages);
  const device = devicePages(pages);
  const programs = endpoints({ ...options, issuer, provider });
  const { paths } = OAUTH;
  const guard = guarded(options);

  return new Map<string, Endpoint>([
    [paths.metadata, guard("GET", 120, json(serverMetadata(issuer, scopes)))],
    ...OAUTH.resources.map((path): [string, Endpoint] => [
      OAUTH.resourceMetadata + path,
      guard("GET", 120, json(resourceMetadata(issuer, path, scopes))),
    ]),
    [paths.document, guard("GET", 60, json(options.document))],
    [paths.authorize, guard("GET", 60, programs.authorize)],
    [`${paths.authorize}/*`, guard("GET", 60, programs.resume)],
    [paths.token, guard("POST, OPTIONS", 120, programs.token)],
    [paths.revoke, guard("POST, OPTIONS", 60, programs.token)],
    [paths.register, guard("POST", 10, programs.register)],
    [paths.deviceAuthorization, guard("POST, OPTIONS", 30, programs.deviceAuthorization)],
    [
      `${paths.consent}/*`,
      guard("GET, POST", 60, (request, address, requestId) =>
        web.answer(request, address, (visit) => consent(visit, visit.url.pathname.split("/").at(-1) ?? "", requestId)),
      ),
    ],
    [
      paths.device,
      // Few, because whoever is let through may try a code.
      guard("GET, POST", 20, (request, address, requestId) =>
        web.answer(request, address, (visit) => device(visit, requestId)),
      ),
    ],
  ]);
}
