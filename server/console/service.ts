import { readFileSync } from "node:fs";
import { ApiError, type Client, createClient } from "../../client/index.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { html } from "../kit/html.ts";
import type { SealingKeys } from "../kit/seal.ts";
import type { Web } from "../web/service.ts";
import { pagesApart } from "./apart.ts";
import { deliveryRoute } from "./deliveries.ts";
import { deviceRoutes } from "./devices.ts";
import { framed, missing, SCRIPT } from "./frame.ts";
import { keyRoutes } from "./keys.ts";
import { memberRoutes } from "./members.ts";
import { forgetOnce } from "./once.ts";
import { makeOrganization, onlyOrganization, organizations } from "./organizations.ts";
import { refusal } from "./parts.ts";
import { programRoutes } from "./programs.ts";
import { type BrowserSession, Missing, type Route, type View, type Visit } from "./view.ts";
import { webhookRoutes } from "./webhooks.ts";

export type ConsoleOptions = {
  readonly web: Web;
  readonly publicUrl: string;
  /** Path of the API. */
  readonly base: string;
  /** Calls the API in this process, on behalf of an address. */
  readonly api: (request: Request, address: string) => Promise<Response>;
  /** A fresh access token of a session. */
  readonly tokenOf: (session: BrowserSession) => Promise<string>;
  /** The scopes that some operation wants. */
  readonly scopes: readonly Scope[];
  readonly sealing: SealingKeys;
  readonly clock: () => number;
};

const routes: readonly Route[] = [
  ...keyRoutes,
  ...programRoutes,
  ...deviceRoutes,
  ...webhookRoutes,
  deliveryRoute,
  ...memberRoutes,
];

const ORGANIZATION = /^org_[0-9a-z]{26}$/;
const isId = (segment: string, prefix: string) => segment.startsWith(prefix) && /^[a-z]+_[0-9a-z]{26}$/.test(segment);

/** The page at a path below an organization, with the id in it. */
function routeAt(path: string): { route: Route; id: string } | undefined {
  const segments = path.split("/");
  for (const route of routes) {
    const pattern = route.path.split("/");
    const fits = (wanted: string, at: number) => {
      const segment = segments[at] ?? "";
      return wanted.endsWith("_") ? isId(segment, wanted) : segment === wanted;
    };
    if (pattern.length !== segments.length || !pattern.every(fits)) continue;
    return { route, id: segments[pattern.findIndex((wanted) => wanted.endsWith("_"))] ?? "" };
  }
  return undefined;
}

/**
 * The console: pages for keys, programs, devices, webhooks and members. All that they show and do goes through the public API, by the
 * client that everybody installs, with the credential of the browser's own session.
 */
export function openConsole(options: ConsoleOptions): (visit: Visit) => Promise<Response> {
  const { web } = options;
  const publicUrl = options.publicUrl.replace(/\/$/, "");
  const script = readFileSync(new URL("console.js", import.meta.url), "utf8");

  async function clientOf(visit: Visit, session?: BrowserSession, organization?: string): Promise<Client> {
    return createClient({
      baseUrl: publicUrl + options.base,
      ...(session ? { token: await options.tokenOf(session) } : {}),
      fetch: (request) => options.api(request, visit.address),
      // Whoever waits for a page would rather hear of it, and can try again.
      retries: 0,
      ...(organization === undefined ? {} : { headers: { "X-Organization-Id": organization } }),
    });
  }

  /** What the API knows of the user in an organization. Throws Missing for one that they are not in. */
  async function viewOf(visit: Visit, session: BrowserSession, organization: string): Promise<View> {
    if (!ORGANIZATION.test(organization)) throw new Missing();
    const api = await clientOf(visit, session, organization);
    const profile = await api.getProfile().catch((error: unknown) => {
      throw error instanceof ApiError && error.status === 403 ? new Missing() : error;
    });
    const held = new Set<Scope>(profile.credential.scopes);
    return {
      visit,
      session,
      api,
      profile,
      root: `/console/${organization}`,
      now: options.clock(),
      scopes: options.scopes.filter((scope) => held.has(scope)),
      may: (scope) => held.has(scope),
      sealing: options.sealing,
      secure: publicUrl.startsWith("https:"),
    };
  }

  const leadTo = (visit: Visit, location: string): Response => {
    const headers = new Headers({ Location: location, "Cache-Control": "no-store", "Referrer-Policy": "same-origin" });
    for (const cookie of visit.cookies) headers.append("Set-Cookie", cookie);
    return new Response(null, { status: 303, headers });
  };

  async function shown(view: View, { route, id }: { route: Route; id: string }): Promise<Response> {
    const { visit } = view;
    if (route.needs !== undefined && !view.may(route.needs)) {
      const { name, role } = view.profile.organization;
      const body = html`<p>It wants <code>${route.needs}</code>, which your role in ${name} does not have: you are ${role}. Ask an owner or an admin.</p>`;
      return framed(web, visit, view, { status: 403, title: "Your role may not do this", body });
    }
    return framed(web, visit, view, await route.get(view, id, new URLSearchParams()));
  }

  async function sent(view: View, { route, id }: { route: Route; id: string }): Promise<Response> {
    const { visit } = view;
    if (!route.post) return notAllowed(visit);
    const fields = await web.form(visit);
    try {
      return leadTo(visit, `${view.root}/${await route.post(view, id, fields)}`);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401 || error.status === 404) throw error;
      // Another form went through under its key: this one needs a new one.
      if (error.code === "IDEMPOTENCY_MISMATCH") fields.delete("once");
      // The page again, with what was written and why it was refused.
      const part = await route.get(view, id, fields);
      return framed(web, visit, view, { ...part, status: error.status, problem: refusal(error) });
    }
  }

  function notAllowed(visit: Visit): Response {
    const body = html`<p><a href="/console">To the console</a></p>`;
    const response = framed(web, visit, undefined, { status: 405, title: "This page takes nothing", body });
    response.headers.set("Allow", "GET, HEAD");
    return response;
  }

  const logIn = (visit: Visit, wanted: string) =>
    web.loginPage(visit, visit.request.method === "POST" ? "/console" : visit.url.pathname + visit.url.search, wanted);

  /** Which organization; with one only, `forward` goes on to it. */
  async function choice(visit: Visit, session: BrowserSession, forward: boolean): Promise<Response> {
    const { method } = visit.request;
    const api = await clientOf(visit, session);
    if (method === "POST" && !forward) {
      const fields = await web.form(visit);
      try {
        return leadTo(visit, await makeOrganization(api, fields));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status === 401) throw error;
        const part = await organizations(api, visit, fields);
        return framed(web, visit, undefined, { ...part, status: error.status, problem: refusal(error) });
      }
    }
    if (method !== "GET" && method !== "HEAD") return notAllowed(visit);
    const only = forward ? await onlyOrganization(api) : undefined;
    if (only !== undefined) return leadTo(visit, only);
    return framed(web, visit, undefined, await organizations(api, visit, new URLSearchParams()));
  }

  const apart = pagesApart({ web, api: (visit) => clientOf(visit, visit.session), leadTo });

  async function page(visit: Visit, session: BrowserSession): Promise<Response> {
    const [, , organization = "", ...rest] = visit.url.pathname.split("/");
    const { method } = visit.request;
    if (organization === "" || organization === "organizations") return choice(visit, session, organization === "");
    const view = await viewOf(visit, session, organization);
    forgetOnce(view);
    if (rest.join("/") === "") return leadTo(visit, `${view.root}/keys`);
    const found = routeAt(rest.join("/"));
    if (!found) throw new Missing();
    try {
      if (method === "POST") return await sent(view, found);
      return method === "GET" || method === "HEAD" ? await shown(view, found) : notAllowed(visit);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 401 || error.status === 404) throw error;
      const body = html`<p><a href="${visit.url.pathname}">Load the page again</a></p>`;
      const problem = refusal(error);
      return framed(web, visit, view, { status: error.status, title: "This did not work", body, problem });
    }
  }

  return async (visit) => {
    if (visit.url.pathname === SCRIPT) {
      const headers = {
        "Content-Type": "text/javascript; charset=utf-8",
        "Cache-Control": "max-age=300",
        "X-Content-Type-Options": "nosniff",
      };
      return new Response(script, { headers });
    }
    const open = apart.get(visit.url.pathname);
    try {
      if (open) return await open(visit);
      return visit.session ? await page(visit, visit.session) : logIn(visit, "Log in to the console.");
    } catch (error) {
      if (error instanceof Missing || (error instanceof ApiError && error.status === 404)) return missing(web, visit);
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 401) return logIn(visit, "You are not logged in any more. Log in again.");
      const body = html`<p><a href="/console">To the console</a></p>`;
      return framed(web, visit, undefined, {
        status: error.status,
        title: "This did not work",
        body,
        problem: refusal(error),
      });
    }
  };
}
