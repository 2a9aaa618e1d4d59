import { hash, randomBytes } from "node:crypto";
import { oauthDocument } from "../../spec/oauth-document.ts";
import { conformingFetch } from "../kit/conformance.ts";
import { PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";

type Cookie = { readonly value: string; readonly path: string };

/** A browser without a window: keeps cookies by path, follows this server's redirects, and fills forms in. */
export class Agent {
  readonly #cookies = new Map<string, Cookie>();
  readonly #fetch: (request: Request) => Response | Promise<Response>;
  constructor(test: Pick<TestApp, "app">) {
    this.#fetch = (request) => test.app.fetch(request);
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name)?.value;
  }

  /** One request, with the cookies that belong to its path; `to` is a path or a URL of this server. */
  async send(to: string, init: { method?: string; form?: URLSearchParams; headers?: Record<string, string> } = {}) {
    const url = new URL(to, PUBLIC_URL);
    const sent = [...this.#cookies].filter(
      ([, { path }]) => url.pathname === path || url.pathname.startsWith(`${path}/`) || path === "/",
    );
    const headers = new Headers({ accept: "text/html,*/*;q=0.8", ...init.headers });
    if (sent.length > 0) headers.set("cookie", sent.map(([name, { value }]) => `${name}=${value}`).join("; "));
    if (init.form) headers.set("content-type", "application/x-www-form-urlencoded");
    const body = init.form ? { body: init.form.toString() } : {};
    const response = await this.#fetch(
      new Request(url, { method: init.method ?? (init.form ? "POST" : "GET"), headers, ...body }),
    );
    for (const text of response.headers.getSetCookie()) this.#keep(text);
    return response;
  }

  #keep(text: string): void {
    const [pair = "", ...attributes] = text.split("; ");
    const [name = "", value = ""] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
    const path = attributes.find((one) => /^path=/i.test(one))?.slice(5) ?? "/";
    if (value === "") this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path });
  }

  /** Goes on while the server leads on within itself. The last answer, with where it leads if that is elsewhere. */
  async open(to: string, init: Parameters<Agent["send"]>[1] = {}): Promise<Seen> {
    let response = await this.send(to, init);
    let url = new URL(to, PUBLIC_URL);
    for (;;) {
      const location = response.headers.get("location");
      if (location === null) return { response, url, html: await response.text(), away: undefined };
      const next = new URL(location, url);
      if (next.origin !== PUBLIC_URL) return { response, url, html: "", away: next };
      url = next;
      response = await this.send(next.href);
    }
  }

  /** Sends the form of a page, with its hidden fields; `fields` replace and add. */
  async submit(
    page: Seen,
    fields: Record<string, string | string[]>,
    headers: Record<string, string> = {},
  ): Promise<Seen> {
    const [, form = ""] = /<main>([\s\S]*)<\/main>/.exec(page.html) ?? [];
    const [, action = ""] = /<form method="post" action="([^"]+)">/.exec(form) ?? [];
    const values = new URLSearchParams();
    for (const [, name = "", value = ""] of form.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)) {
      values.append(name, value.replaceAll("&amp;", "&"));
    }
    for (const [name, value] of Object.entries(fields)) {
      values.delete(name);
      for (const one of [value].flat()) values.append(name, one);
    }
    return this.open(new URL(action, page.url).href, { form: values, headers });
  }

  /** Logs in on the page that is shown, or on one of its own. */
  async logIn({ email, password }: Pick<TestOrganization, "email" | "password">, page?: Seen): Promise<Seen> {
    return this.submit(page ?? (await this.open("/login?next=/oauth/device")), { email, password });
  }
}

/** What a browser came to: a page of this server, or another host. */
export type Seen = {
  readonly response: Response;
  readonly url: URL;
  readonly html: string;
  readonly away: URL | undefined;
};

/** A verifier and its challenge (RFC 7636 §4). */
export function pkce() {
  const verifier = randomBytes(32).toString("base64url");
  return { verifier, challenge: hash("sha256", verifier, "base64url") };
}

export const REDIRECT = "http://127.0.0.1:49152/callback";

export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Record<string, unknown> };

const document = oauthDocument();

/** A program's side: the endpoints that take forms and JSON. Every answer is held to their document. */
export function programs(test: Pick<TestApp, "app">) {
  const fetch = conformingFetch(document, (request) => test.app.fetch(request));
  async function answered(request: Request): Promise<Answer> {
    const response = await fetch(request);
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: text === "" ? {} : JSON.parse(text) };
  }
  const form = (path: string, fields: Record<string, string>) =>
    answered(
      new Request(PUBLIC_URL + path, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams(fields).toString(),
      }),
    );
  return {
    form,
    get: (path: string) => answered(new Request(PUBLIC_URL + path)),
    token: (fields: Record<string, string>) => form("/oauth/token", fields),
    register: (metadata: object) =>
      answered(
        new Request(`${PUBLIC_URL}/oauth/register`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify(metadata),
        }),
      ),
    async client(metadata: object = {}): Promise<string> {
      const made = await this.register({ client_name: "Editor", redirect_uris: [REDIRECT], ...metadata });
      if (made.status !== 201) throw new Error(`the client was not registered: ${JSON.stringify(made.body)}`);
      return String(made.body.client_id);
    },
  };
}

/** The path that begins a code flow. */
export function authorizePath(clientId: string, challenge: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: "code",
    redirect_uri: REDIRECT,
    code_challenge: challenge,
    code_challenge_method: "S256",
    state: "as-it-was",
    scope: "brands:read brands:write",
    ...more,
  });
  return `/oauth/authorize?${query}`;
}

export type Granted = {
  readonly clientId: string;
  readonly agent: Agent;
  readonly access: string;
  readonly refresh: string;
  readonly body: Record<string, unknown>;
};

type ConnectOptions = {
  readonly scope?: string;
  readonly ticked?: string[];
  readonly agent?: Agent;
  readonly clientId?: string;
  /** The one that is chosen, for a user of several. */
  readonly organization?: string;
};

/** A whole code flow: registration, log-in, consent, code, tokens. */
export async function connect(
  test: TestApp,
  organization: Pick<TestOrganization, "email" | "password">,
  options: ConnectOptions = {},
): Promise<Granted> {
  const program = programs(test);
  const clientId = options.clientId ?? (await program.client());
  const agent = options.agent ?? new Agent(test);
  const { verifier, challenge } = pkce();
  const scope = options.scope ?? "brands:read brands:write";
  let page = await agent.open(authorizePath(clientId, challenge, { scope }));
  if (page.html.includes('name="password"')) page = await agent.logIn(organization, page);
  const { away } = await agent.submit(page, {
    decision: "allow",
    scope: options.ticked ?? scope.split(" "),
    ...(options.organization ? { organization: options.organization } : {}),
  });
  const code = away?.searchParams.get("code");
  if (!code) throw new Error(`no code: ${away?.href ?? page.html}`);
  const { status, body } = await program.token({
    grant_type: "authorization_code",
    client_id: clientId,
    code,
    redirect_uri: REDIRECT,
    code_verifier: verifier,
  });
  if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`);
  return { clientId, agent, access: String(body.access_token), refresh: String(body.refresh_token), body };
}
