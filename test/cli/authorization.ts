import { randomUUID } from "node:crypto";

const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";

/** An authorization server on its own, until its user has decided; what it gives out is told by the test. */
export type Authorization = {
  /** Answers below `/oauth` and `/.well-known`. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Errors that the next polls get, before one gets its tokens. */
  readonly polls: string[];
  /** Access tokens that are given out, one after the other. */
  readonly tokens: string[];
  /** Every form that came, by its path. */
  readonly forms: { readonly path: string; readonly form: Readonly<Record<string, string>> }[];
  /** Changes of its metadata. */
  metadata: Record<string, unknown>;
  /** Ends all that was given out. */
  endAll(): void;
};

/** RFC 8414 metadata, the device flow of RFC 8628, refresh tokens that are good once (RFC 6749 §6), revocation (RFC 7009). */
export function authorization(): Authorization {
  const waiting = new Set<string>();
  const good = new Set<string>();
  const json = (body: unknown, status = 200) => Response.json(body, { status });
  const refuse = (error: string) => json({ error }, 400);

  function give(): Response {
    const [access_token, refresh_token] = [self.tokens.shift(), randomUUID()];
    good.add(refresh_token);
    return json({ access_token, refresh_token, token_type: "Bearer", expires_in: 3600 });
  }

  const endpoints: Readonly<Record<string, (form: Readonly<Record<string, string>>, origin: string) => Response>> = {
    "/oauth/device_authorization": ({ scope, resource }, origin) => {
      if (!scope || resource !== `${origin}/api`) return refuse("invalid_target");
      const device_code = randomUUID();
      waiting.add(device_code);
      const verification_uri = `${origin}/oauth/device`;
      const verification_uri_complete = `${verification_uri}?user_code=WDJB-MJHT`;
      return json({ device_code, user_code: "WDJB-MJHT", verification_uri, verification_uri_complete, expires_in: 60 });
    },
    "/oauth/token": ({ grant_type, device_code = "", refresh_token = "" }) => {
      if (grant_type === "refresh_token") return good.delete(refresh_token) ? give() : refuse("invalid_grant");
      if (grant_type !== DEVICE_GRANT) return refuse("unsupported_grant_type");
      if (!waiting.has(device_code)) return refuse("invalid_grant");
      const error = self.polls.shift();
      if (error !== undefined) return refuse(error);
      waiting.delete(device_code);
      return give();
    },
    "/oauth/revoke": ({ token = "" }) => {
      good.delete(token);
      return new Response(null, { status: 200 });
    },
  };

  const self: Authorization = {
    polls: [],
    tokens: [],
    forms: [],
    metadata: {},
    endAll: () => good.clear(),
    async fetch(request) {
      const { pathname: path, origin } = new URL(request.url);
      if (path === "/.well-known/oauth-authorization-server")
        return json({
          issuer: origin,
          token_endpoint: `${origin}/oauth/token`,
          device_authorization_endpoint: `${origin}/oauth/device_authorization`,
          revocation_endpoint: `${origin}/oauth/revoke`,
          scopes_supported: ["profile:read", "brands:read"],
          ...self.metadata,
        });
      const form = Object.fromEntries(new URLSearchParams(await request.text()));
      self.forms.push({ path, form });
      if (form.client_id !== "reelmark-cli") return refuse("invalid_client");
      return endpoints[path]?.(form, origin) ?? new Response("Not found", { status: 404 });
    },
  };
  return self;
}
