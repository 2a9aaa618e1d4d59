import { ApiError, type Client } from "../../client/index.ts";
import { type Html, html } from "../kit/html.ts";
import type { Web } from "../web/service.ts";
import { refusal, tokenField } from "./parts.ts";
import type { Visit } from "./view.ts";

export type JoinOptions = {
  readonly web: Web;
  /** The API as whoever is logged in, or as nobody. */
  api(visit: Visit): Promise<Client>;
  leadTo(visit: Visit, location: string): Response;
};

/** Path of the page that the mail of an invitation leads to, with its token as `token`. */
export const JOIN = "/console/join";

const accept = ({ session }: Visit, token: string): Html => html`
  <p>You join the organization that invited <strong>${session?.email ?? session?.name}</strong>. Was another address invited?
    Then log out first.</p>
  ${tokenField(token)}
  <button>Join</button>`;

const signUp = (token: string, fields: URLSearchParams): Html => html`
  <p>Have an account for the invited address? <a href="/login?next=${encodeURIComponent(`${JOIN}?token=${token}`)}">Log in</a>
    instead.</p>
  ${tokenField(token)}
  <label for="email">E-mail address, as it was invited</label>
  <input id="email" name="email" type="email" autocomplete="username" required maxlength="254" value="${fields.get("email")}">
  <label for="name">Your name, shown to your team</label>
  <input id="name" name="name" type="text" autocomplete="name" required maxlength="80" value="${fields.get("name")}">
  <label for="password">Password, of at least 12 characters</label>
  <input id="password" name="password" type="password" autocomplete="new-password" required minlength="12" maxlength="256">
  <button>Sign up and join</button>`;

/** The page on which an invitation is taken up: by whoever is logged in, or by somebody new, who signs up with it. */
export function joinPage({ web, api, leadTo }: JoinOptions): (visit: Visit) => Promise<Response> {
  function show(visit: Visit, fields: URLSearchParams, error?: ApiError): Response {
    const token = fields.get("token") ?? "";
    return web.page(visit, {
      title: visit.session ? "Take up the invitation?" : "Sign up to join",
      ...(error ? { status: error.status } : {}),
      body: html`
        ${error && refusal(error)}
        <form method="post" action="${JOIN}">
          <input type="hidden" name="proof" value="${visit.proof}">
          ${visit.session ? accept(visit, token) : signUp(token, fields)}
        </form>`,
    });
  }

  async function join(visit: Visit, fields: URLSearchParams): Promise<Response> {
    const client = await api(visit);
    const [token = "", email = "", name = ""] = ["token", "email", "name"].map((one) => fields.get(one)?.trim());
    if (visit.session) {
      const { id } = await client.acceptInvitation({ body: { token } });
      return leadTo(visit, `/console/${id}/keys?done=joined`);
    }
    const body = { email, name, password: fields.get("password") ?? "", invitation_token: token };
    const { access_token } = await client.signUp({ body });
    await web.enter(visit, access_token);
    return leadTo(visit, "/console");
  }

  return async (visit) => {
    if (visit.request.method !== "POST") return show(visit, visit.url.searchParams);
    const fields = await web.form(visit);
    try {
      return await join(visit, fields);
    } catch (error) {
      // A session that has just ended is the console's to say.
      if (!(error instanceof ApiError) || error.status === 401) throw error;
      return show(visit, fields, error);
    }
  };
}
