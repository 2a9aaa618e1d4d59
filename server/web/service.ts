import { randomBytes } from "node:crypto";
import type pg from "pg";
import { readCookie, setCookie } from "../kit/cookies.ts";
import { html } from "../kit/html.ts";
import { isUnavailable, withRead } from "../kit/postgres/pool.ts";
import type { Log } from "../kit/runtime.ts";
import type { SealingKeys } from "../kit/seal.ts";
import { formProofs, PageError, readForm } from "./forms.ts";
import { type ApiCall, loginHandlers } from "./login.ts";
import { type Page, pageResponse } from "./page.ts";
import { BY_COOKIE } from "./sql.ts";
import { sessionHash, type Visit } from "./visit.ts";

export type WebOptions = {
  readonly pool: pg.Pool;
  readonly sealing: SealingKeys;
  readonly publicUrl: string;
  readonly log: Log;
  /** For how long a browser stays logged in, in days. */
  readonly sessionDays: number;
  /** Calls the API in this process, on behalf of an address. */
  readonly api: ApiCall;
  /** The session that an access token of ours stands for. */
  readonly sessionOf: (token: string) => Promise<string | undefined>;
};

type Work = (visit: Visit) => Promise<Response>;

/** Pages in a browser: who is logged in there, forms that nobody can forge, and how a page looks. */
export type Web = {
  /** Answers a request by a page: what `work` returns, or the page of what it throws. */
  answer(request: Request, address: string, work: Work): Promise<Response>;
  page(visit: Visit, page: Page): Response;
  /** A page that says one thing. */
  say(visit: Visit, status: number, title: string, message: string): Response;
  /** The log-in form; afterwards the browser goes on to `next`, a path of this server. */
  loginPage(visit: Visit, next: string, wanted: string): Response;
  /** Logs this browser in by an access token of ours, as just answered. False when it stands for no session. */
  enter(visit: Visit, accessToken: string): Promise<boolean>;
  /** The fields of a form of ours. Throws a page of its own for one that comes from elsewhere. */
  form(visit: Visit): Promise<URLSearchParams>;
  /** `/login` and `/logout`, by path. */
  readonly routes: ReadonlyMap<string, Work>;
};

const STALE = "This form is too old, or was not sent from this page. Go back, load the page again, and try once more.";

/** Opens the pages' side of the server: cookie sessions over the sessions table (HttpOnly, SameSite=Lax, Secure on https). */
export function openWeb(options: WebOptions): Web {
  const { pool, publicUrl, log, sessionDays } = options;
  const { origin, protocol } = new URL(publicUrl);
  const secure = protocol === "https:";
  const proofs = formProofs(options.sealing);
  // `__Host-` keeps other hosts of the domain from setting them (RFC 6265bis §4.1.3.2); browsers take it over https alone.
  const names = { session: `${secure ? "__Host-" : ""}rm_session`, visitor: `${secure ? "__Host-" : ""}rm_visitor` };

  async function visit(request: Request, address: string): Promise<Visit> {
    const header = request.headers.get("cookie");
    const token = readCookie(header, names.session);
    type Row = { id: string; user_id: string; name: string; email: string | null; logged_in_at: string };
    const row = token && (await withRead(pool, "", (db) => db.one<Row>(BY_COOKIE, [sessionHash(token), sessionDays])));
    const known = readCookie(header, names.visitor);
    // Browsers send no cookies with another site's form: that is no reason to take this one's place.
    const foreign = request.method === "POST" && request.headers.get("sec-fetch-site") === "cross-site";
    const visitor = known ?? randomBytes(24).toString("base64url");
    return {
      request,
      address,
      url: new URL(request.url),
      visitor,
      session: row
        ? { id: row.id, userId: row.user_id, name: row.name, email: row.email, startedAt: row.logged_in_at }
        : undefined,
      proof: proofs.proof(visitor, row ? row.id : ""),
      cookies: known === undefined && !foreign ? [setCookie(names.visitor, visitor, secure)] : [],
    };
  }

  const page = (of: Visit, { footer, ...rest }: Page): Response =>
    pageResponse({ ...rest, ...(footer || of.session ? { footer: footer ?? whoAmI(of) } : {}) }, of.cookies);

  const say = (of: Visit, status: number, title: string, message: string) =>
    page(of, { status, title, body: html`<p>${message}</p>` });

  async function form(of: Visit): Promise<URLSearchParams> {
    const { headers } = of.request;
    const from = headers.get("origin");
    const site = headers.get("sec-fetch-site");
    const foreign = (from !== null && from !== origin) || (site !== null && site !== "same-origin" && site !== "none");
    if (foreign) {
      throw new PageError(403, "This form came from elsewhere", `Forms of this server are sent from ${origin} alone.`);
    }
    const fields = await readForm(of.request);
    if (!proofs.verify(of.visitor, of.session?.id ?? "", fields.get("proof") ?? "")) {
      throw new PageError(403, "This form is not good any more", STALE);
    }
    return fields;
  }

  const login = loginHandlers({ ...options, secure, sessionCookie: names.session, page, form });

  return {
    page,
    say,
    form,
    loginPage: (of, next, wanted) => login.loginPage(of, { next, wanted }),
    enter: login.enter,
    routes: login.routes,
    async answer(request, address, work) {
      let of: Visit | undefined;
      try {
        of = await visit(request, address);
        return await work(of);
      } catch (error) {
        const nobody = {
          request,
          address,
          url: new URL(request.url),
          visitor: "",
          proof: "",
          cookies: [],
          session: undefined,
        };
        if (error instanceof PageError) return say(of ?? nobody, error.status, error.title, error.message);
        log.error({ path: nobody.url.pathname, error: String(error) }, "a page failed");
        if (isUnavailable(error)) {
          return say(nobody, 503, "One moment", "The server cannot reach its data right now: try again in a second.");
        }
        return say(nobody, 500, "Something failed here", "It is the server's fault. Try again, or tell its operator.");
      }
    },
  };
}

const whoAmI = (of: Visit) => html`Logged in as ${of.session?.email ?? of.session?.name}.
  <form method="post" action="/logout"><input type="hidden" name="proof" value="${of.proof}"><button class="link">Log out</button></form>`;
