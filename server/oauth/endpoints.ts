import type { Provider } from "oidc-provider";
import type pg from "pg";
import type { Scope } from "../../spec/vocabulary.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { Web } from "../web/service.ts";
import { dispatch, inOneTransaction } from "./exchange.ts";
import { oauthError, scopeParameter, tooEarly } from "./prepare.ts";
import { ERROR_PAGE } from "./provider.ts";
import { acceptedMetadata, BadRegistration, shownMetadata } from "./registration.ts";
import type { Endpoint } from "./requests.ts";

/** No request of these is larger, in bytes. */
const MOST_BYTES = 16_384;
/** What a new device code's row says (schema-oauth.ts). */
const POLL_SECONDS = 5;
/** The browser's session is our own: the provider's is never kept, and so never sent. */
const PROVIDER_SESSION = /^rm_oauth_session(\.sig)?=/;

export type EndpointOptions = {
  readonly provider: Provider;
  readonly pool: pg.Pool;
  readonly web: Web;
  readonly issuer: string;
  readonly scopes: readonly Scope[];
};

class TooLarge extends Error {}

async function bodyOf(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) throw new TooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function withoutSession(response: Response): Response {
  const kept = response.headers.getSetCookie().filter((cookie) => !PROVIDER_SESSION.test(cookie));
  const answer = new Response(response.body, response);
  answer.headers.delete("set-cookie");
  for (const cookie of kept) answer.headers.append("set-cookie", cookie);
  return answer;
}

/** The endpoints that the provider answers, with what it leaves to us. */
export function endpoints({ provider, pool, web, issuer, scopes }: EndpointOptions) {
  const listener = provider.callback();
  const reads = scopes.filter((scope) => scope.endsWith(":read"));

  /** `before` may answer in the provider's place, within the same transaction. */
  const ask = (request: Request, body = "", before?: (db: Db) => Promise<Response | undefined>): Promise<Response> =>
    inOneTransaction(pool, async (db) => {
      const response = (await before?.(db)) ?? (await dispatch(listener, request, body, issuer));
      return withoutSession(response);
    });

  /** In a browser: what the client cannot be told is a page. */
  const inBrowser = (request: Request, address: string): Promise<Response> =>
    web.answer(request, address, async (visit) => {
      const response = await ask(request);
      if (!response.headers.get("content-type")?.startsWith(ERROR_PAGE)) return response;
      const { message } = (await response.json()) as { message: string };
      const told = `The program asked for something that is not right: ${message} Nothing was approved.`;
      return web.say(visit, response.status, "This request cannot go on", told);
    });

  /** What a program sends: read before anything waits for it, and bounded. */
  const withBody =
    (work: (request: Request, body: string) => Promise<Response>): Endpoint =>
    async (request) => {
      if (request.method === "OPTIONS") return ask(request);
      try {
        return await work(request, await bodyOf(request));
      } catch (error) {
        if (error instanceof TooLarge) return oauthError(413, "invalid_request", `send at most ${MOST_BYTES} bytes`);
        if (error instanceof BadRegistration) return oauthError(400, error.code, error.message);
        throw error;
      }
    };

  return {
    /** RFC 6749 §4.1.1, in a browser. */
    authorize: (async (request, address) => {
      const url = new URL(request.url);
      url.searchParams.set("scope", scopeParameter(url.searchParams.get("scope"), reads));
      const mode = url.searchParams.get("response_mode");
      if (mode === null || mode === "query") return inBrowser(new Request(url, { headers: request.headers }), address);
      return web.answer(request, address, async (visit) =>
        web.say(visit, 400, "This request cannot go on", "The only response_mode is query."),
      );
    }) satisfies Endpoint,

    /** Where the browser goes on after the user's decision. */
    resume: inBrowser,

    /** RFC 6749 §3.2, and RFC 7009 by its own path. */
    token: withBody((request, body) => ask(request, body, (db) => tooEarly(db, new URLSearchParams(body)))),

    /** RFC 8628 §3.1. */
    deviceAuthorization: withBody(async (request, body) => {
      const form = new URLSearchParams(body);
      form.set("scope", scopeParameter(form.get("scope"), reads));
      const response = await ask(request, form.toString());
      if (response.status !== 200) return response;
      const answer = (await response.json()) as object;
      const { headers } = response;
      headers.delete("content-length");
      return new Response(JSON.stringify({ ...answer, interval: POLL_SECONDS }), { headers });
    }),

    /** RFC 7591 §3. */
    register: withBody(async (request, body) => {
      if (!/^application\/json *(;|$)/i.test(request.headers.get("content-type") ?? "")) {
        return oauthError(415, "invalid_client_metadata", "send the registration as application/json");
      }
      const response = await ask(request, JSON.stringify(acceptedMetadata(body)));
      if (response.status !== 201) return response;
      const shown = shownMetadata((await response.json()) as Record<string, unknown>);
      return Response.json(shown, { status: 201, headers: { "Cache-Control": "no-store" } });
    }),
  };
}
