import { randomBytes } from "node:crypto";
import type pg from "pg";
import { setCookie } from "../kit/cookies.ts";
import { html } from "../kit/html.ts";
import { withTransaction } from "../kit/postgres/pool.ts";
import type { Page } from "./page.ts";
import { END_SESSION, INSERT_COOKIE } from "./sql.ts";
import { sessionHash, type Visit } from "./visit.ts";

/** Calls an operation of the API in this process, on behalf of an address. */
export type ApiCall = (request: Request, address: string) => Promise<Response>;

export type LoginOptions = {
  readonly pool: pg.Pool;
  readonly publicUrl: string;
  readonly sessionDays: number;
  readonly api: ApiCall;
  readonly sessionOf: (token: string) => Promise<string | undefined>;
  readonly secure: boolean;
  readonly sessionCookie: string;
  readonly page: (visit: Visit, page: Page) => Response;
  readonly form: (visit: Visit) => Promise<URLSearchParams>;
};

type Form = { readonly next: string; readonly wanted?: string; readonly email?: string; readonly problem?: string };

const DAY_SECONDS = 86_400;

/**
 * Where a browser may be led after log-in: a path of this server alone. What a browser would read as another host (`//host`,
 * `/\host`, tabs that it drops) becomes `/docs`.
 */
export function safeNext(next: string | null, publicUrl: string): string {
  const { origin } = new URL(publicUrl);
  if (next === null || !/^\/(?![/\\])[\x21-\x7e]*$/.test(next)) return "/docs";
  const url = URL.canParse(next, origin) ? new URL(next, origin) : undefined;
  // `/.//host` is a path of ours until its dots are resolved.
  return url?.origin === origin && !url.pathname.startsWith("//") ? url.pathname + url.search : "/docs";
}

/** `/login` and `/logout`. Log-in goes through the API's own `login`: its limits, its counting of failures, its audit. */
export function loginHandlers(options: LoginOptions) {
  const { pool, publicUrl, page } = options;

  const loginPage = (visit: Visit, { next, wanted, email = "", problem }: Form, status = 200): Response =>
    page(visit, {
      status,
      title: "Log in",
      body: html`
        ${wanted && html`<p>${wanted}</p>`}
        ${problem && html`<p class="error" role="alert">${problem}</p>`}
        <form method="post" action="/login">
          <input type="hidden" name="proof" value="${visit.proof}">
          <input type="hidden" name="next" value="${next}">
          <label for="email">E-mail address</label>
          <input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${email}" ${email === "" && html`autofocus`}>
          <label for="password">Password</label>
          <input id="password" name="password" type="password" autocomplete="current-password" required maxlength="256" ${email !== "" && html`autofocus`}>
          <button>Log in</button>
          <p><a href="/console/forgot">Forgot your password?</a></p>
        </form>`,
    });

  function leadTo(visit: Visit, location: string): Response {
    const headers = new Headers({ Location: location, "Cache-Control": "no-store", "Referrer-Policy": "same-origin" });
    for (const cookie of visit.cookies) headers.append("Set-Cookie", cookie);
    return new Response(null, { status: 303, headers });
  }

  /** Makes this browser the session's that an access token of ours stands for. False when it stands for none. */
  async function enter(visit: Visit, accessToken: string): Promise<boolean> {
    const sessionId = await options.sessionOf(accessToken);
    if (sessionId === undefined) return false;
    const token = `rms_${randomBytes(32).toString("base64url")}`;
    await withTransaction(pool, "", (db) => db.run(INSERT_COOKIE, [sessionHash(token), sessionId]));
    visit.cookies.push(setCookie(options.sessionCookie, token, options.secure, options.sessionDays * DAY_SECONDS));
    return true;
  }

  async function logIn(visit: Visit): Promise<Response> {
    const fields = await options.form(visit);
    const next = safeNext(fields.get("next"), publicUrl);
    const email = (fields.get("email") ?? "").trim();
    const request = new Request(new URL("/api/v1/auth/login", publicUrl), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password: fields.get("password") ?? "" }),
    });
    const answer = await options.api(request, visit.address);
    const body = (await answer.json()) as { access_token?: string; error?: { message: string } };
    if (body.access_token === undefined || !(await enter(visit, body.access_token))) {
      // A page has no `WWW-Authenticate` to challenge with, so that a wrong password is no 401 here.
      const status = answer.status === 401 ? 403 : answer.status;
      const problem =
        status === 400 ? "Write an e-mail address and a password." : `${body.error?.message ?? "This did not work"}.`;
      return loginPage(visit, { next, email, problem }, status);
    }
    return leadTo(visit, next);
  }

  async function logOut(visit: Visit): Promise<Response> {
    await options.form(visit);
    const { session } = visit;
    if (session) await withTransaction(pool, "", (db) => db.run(END_SESSION, [session.id]));
    visit.cookies.push(setCookie(options.sessionCookie, "", options.secure, 0));
    return leadTo(visit, "/login");
  }

  const only = (method: "POST", work: (visit: Visit) => Promise<Response>) => async (visit: Visit) =>
    visit.request.method === method ? work(visit) : leadTo(visit, "/login");

  return {
    loginPage,
    enter,
    routes: new Map<string, (visit: Visit) => Promise<Response>>([
      [
        "/login",
        async (visit) => {
          if (visit.request.method === "POST") return logIn(visit);
          return loginPage(visit, { next: safeNext(visit.url.searchParams.get("next"), publicUrl) });
        },
      ],
      ["/logout", only("POST", logOut)],
    ]),
  };
}
