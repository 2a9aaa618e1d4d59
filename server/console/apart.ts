import { ApiError, type Client } from "../../client/index.ts";
import { type Html, html } from "../kit/html.ts";
import { JOIN, type JoinOptions, joinPage } from "./join.ts";
import { refusal, tokenField } from "./parts.ts";
import type { Visit } from "./view.ts";

/** One thing to do without being logged in. A form does it, not the link: mail programs open links to look at them. */
type Apart = {
  readonly title: string;
  inner(fields: URLSearchParams): Html;
  act(api: Client, fields: URLSearchParams): Promise<unknown>;
  /** What is said when it is done. */
  readonly done: string;
};

const said = (fields: URLSearchParams, name: string) => (fields.get(name) ?? "").trim();

const PAGES: Readonly<Record<string, Apart>> = {
  "/console/verify": {
    title: "Verify your address",
    inner: (fields) => html`
      <p>The address that got the mail is yours: say so, and it counts as verified.</p>
      ${tokenField(said(fields, "token"))}
      <button>Verify it</button>`,
    act: (api, fields) => api.verifyEmail({ body: { token: said(fields, "token") } }),
    done: "Your address is verified.",
  },
  "/console/forgot": {
    title: "Forgot your password?",
    inner: (fields) => html`
      <p>You get a mail with a link to a new one.</p>
      <label for="email">E-mail address</label>
      <input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${fields.get("email")}" autofocus>
      <button>Send the mail</button>`,
    act: (api, fields) => api.requestPasswordReset({ body: { email: said(fields, "email") } }),
    done: "If the address has an account, a mail is on its way.",
  },
  "/console/password": {
    title: "Choose a new password",
    inner: (fields) => html`
      <p>Wherever you are logged in, you are logged out.</p>
      ${tokenField(said(fields, "token"))}
      <label for="password">New password, of at least 12 characters</label>
      <input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256" autofocus>
      <button>Change the password</button>`,
    act: (api, fields) =>
      api.resetPassword({ body: { token: said(fields, "token"), password: fields.get("password") ?? "" } }),
    done: "Your password is changed. Log in with it.",
  },
};

/** The pages that nobody needs to be logged in for, by their paths: what mails lead to. */
export function pagesApart(options: JoinOptions): ReadonlyMap<string, (visit: Visit) => Promise<Response>> {
  const { web, api } = options;

  const show = (visit: Visit, { title, inner }: Apart, fields: URLSearchParams, error?: ApiError): Response =>
    web.page(visit, {
      title,
      // A page has no `WWW-Authenticate` to challenge with, so that a token that is over is no 401 here.
      ...(error ? { status: error.status === 401 ? 403 : error.status } : {}),
      body: html`
        ${error && refusal(error)}
        <form method="post" action="${visit.url.pathname}">
          <input type="hidden" name="proof" value="${visit.proof}">
          ${inner(fields)}
        </form>`,
    });

  const paged = (page: Apart) => async (visit: Visit) => {
    if (visit.request.method !== "POST") return show(visit, page, visit.url.searchParams);
    const fields = await web.form(visit);
    try {
      await page.act(await api(visit), fields);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return show(visit, page, fields, error);
    }
    const body = html`<p role="status">${page.done}</p><p><a href="/console">To the console</a></p>`;
    return web.page(visit, { title: page.title, body });
  };

  return new Map([
    [JOIN, joinPage(options)],
    ...Object.entries(PAGES).map(([path, page]) => [path, paged(page)] as const),
  ]);
}
