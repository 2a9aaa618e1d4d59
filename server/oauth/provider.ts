import { generateKeyPairSync, hkdfSync, randomBytes } from "node:crypto";
import { errors, interactionPolicy, Provider } from "oidc-provider";
import { OAUTH } from "../../spec/oauth.ts";
import { SCOPES } from "../../spec/vocabulary.ts";
import { OAUTH_TOKEN_PREFIX } from "../auth/service.ts";
import type { Log } from "../kit/runtime.ts";
import type { SealingKeys } from "../kit/seal.ts";
import { adapterOf } from "./adapter.ts";

export type ProviderOptions = {
  /** Without a slash at its end. */
  readonly issuer: string;
  readonly sealing: SealingKeys;
  readonly accessSeconds: number;
  readonly refreshDays: number;
  readonly log: Log;
};

/** Media type of what the provider would show a person: `service.ts` makes a page of it. */
export const ERROR_PAGE = "application/x-reelmark-error";

const DAY_SECONDS = 86_400;
const PURPOSE = "reelmark oauth cookies v1";
const off = { enabled: false } as const;

/** The resources that tokens are for (RFC 8707). */
const resourcesOf = (issuer: string): readonly string[] => OAUTH.resources.map((path) => issuer + path);

/** Nothing is remembered between two requests: each asks the user, who is known by a session of our own. */
function askEachTime() {
  const { base, Prompt, Check } = interactionPolicy;
  const policy = base();
  policy.clear();
  const login = new Check("no_login", "the user must log in", "login_required", (ctx) => !ctx.oidc.result?.login);
  const consent = new Check("no_consent", "nobody approved", "consent_required", (ctx) => !ctx.oidc.result?.consent);
  policy.add(new Prompt({ name: "login", requestable: true }, login));
  policy.add(new Prompt({ name: "consent", requestable: true }, consent));
  return policy;
}

function resourceIndicators(issuer: string, accessSeconds: number) {
  const resources = resourcesOf(issuer);
  const scope = Object.keys(SCOPES).join(" ");
  return {
    enabled: true,
    defaultResource: (_ctx: unknown, _client: unknown, oneOf?: readonly string[]) => oneOf?.[0] ?? resources[0] ?? "",
    useGrantedResource: () => true,
    getResourceServerInfo(_ctx: unknown, resource: string) {
      if (!resources.includes(resource)) throw new errors.InvalidTarget();
      return { scope, audience: resource, accessTokenFormat: "opaque" as const, accessTokenTTL: accessSeconds };
    },
  };
}

/**
 * The authorization server: oidc-provider without OpenID Connect, for public clients with PKCE (S256), with opaque tokens.
 * Its storage takes part in the transaction of the request (`exchange.ts`).
 */
export function createProvider({ issuer, sealing, accessSeconds, refreshDays, log }: ProviderOptions): Provider {
  // Asked for at start, though nothing is signed with it: there are no ID tokens, and access tokens are opaque.
  const { privateKey } = generateKeyPairSync("ed25519");
  const cookieKeys = sealing.map(({ key }) =>
    Buffer.from(hkdfSync("sha256", key, "", PURPOSE, 32)).toString("base64url"),
  );
  const provider = new Provider(issuer, {
    adapter: adapterOf,
    clients: [
      {
        client_id: OAUTH.commandLine,
        client_name: OAUTH.commandLineName,
        application_type: "native",
        redirect_uris: ["http://127.0.0.1/callback"],
        response_types: ["code"],
        grant_types: [...OAUTH.grants],
      },
    ],
    clientAuthMethods: ["none"],
    clientDefaults: { token_endpoint_auth_method: "none", id_token_signed_response_alg: "EdDSA" },
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kty: "OKP", alg: "EdDSA", use: "sig" }] },
    scopes: [],
    claims: {},
    responseTypes: ["code"],
    clockTolerance: 0,
    pkce: { required: () => true },
    routes: {
      authorization: OAUTH.paths.authorize,
      token: OAUTH.paths.token,
      registration: OAUTH.paths.register,
      revocation: OAUTH.paths.revoke,
      device_authorization: OAUTH.paths.deviceAuthorization,
      code_verification: OAUTH.paths.device,
    },
    cookies: {
      names: { session: "rm_oauth_session", interaction: "rm_oauth_request", resume: "rm_oauth_resume" },
      keys: cookieKeys,
    },
    interactions: { policy: askEachTime(), url: (_ctx, { uid }) => `${OAUTH.paths.consent}/${uid}` },
    findAccount: (_ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
    loadExistingGrant: async (ctx) => {
      const id = ctx.oidc.result?.consent?.grantId;
      return id === undefined ? undefined : ctx.oidc.provider.Grant.find(id);
    },
    expiresWithSession: () => false,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    revokeGrantPolicy: () => true,
    ttl: {
      AccessToken: accessSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: refreshDays * DAY_SECONDS,
      Interaction: 900,
      RefreshToken: refreshDays * DAY_SECONDS,
      Session: 900,
    },
    features: {
      devInteractions: off,
      dPoP: off,
      rpInitiatedLogout: off,
      userinfo: off,
      pushedAuthorizationRequests: off,
      deviceFlow: { enabled: true },
      registration: {
        enabled: true,
        issueRegistrationAccessToken: false,
        idFactory: () => `oac_${randomBytes(18).toString("base64url")}`,
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      resourceIndicators: resourceIndicators(issuer, accessSeconds),
    },
    renderError: (ctx, out) => {
      ctx.type = ERROR_PAGE;
      ctx.body = JSON.stringify({ message: `${out.error_description ?? out.error}.` });
    },
  });
  provider.proxy = true;
  prefix(provider.AccessToken, OAUTH_TOKEN_PREFIX);
  prefix(provider.RefreshToken, "rmf_");
  provider.on("server_error", (_ctx, error) => {
    log.error({ error: String(error), stack: error.stack }, "the authorization server failed");
  });
  provider.on("grant.revoked", (ctx, grantId) => {
    log.info({ grant: grantId, client: ctx.oidc.client?.clientId }, "a grant was ended by its client, or for reuse");
  });
  return provider;
}

/** Gives a kind of token a beginning that scanners, and our own look-up, can tell it by; the rest is the provider's. */
function prefix(token: { readonly prototype: object }, text: string): void {
  // A method that the library's types leave out; a release without it fails here, at start.
  const prototype = token.prototype as { generateTokenId?: () => string };
  const generate = prototype.generateTokenId;
  if (!generate) throw new Error("oidc-provider names its tokens otherwise now: adapt server/oauth/provider.ts to it");
  prototype.generateTokenId = function (this: object) {
    return text + generate.call(this);
  };
}
