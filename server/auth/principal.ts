import { ApiError, validationError } from "../../spec/kit/errors.ts";
import { type PlanId, planTerms } from "../../spec/plans.ts";
import { ROLE_SCOPES, type Role } from "../../spec/roles.ts";
import { IMPLIED_SCOPES } from "../../spec/vocabulary.ts";
import { hashKey, isWellFormedKey } from "../api-keys/service.ts";
import type { ReelmarkPrincipal } from "../context.ts";
import type { ExternalTokens } from "../issuers/service.ts";
import type { Credential, Principal } from "../kit/backend.ts";
import type { Refused } from "../kit/postgres/backend.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import { OAUTH_TOKEN_PREFIX, tokenHash } from "./service.ts";
import type { Tokens } from "./tokens.ts";

const AUTHENTICATE = statement("auth.authenticate", "select * from authenticate($1, $2, $3, $4)");

const AUTHENTICATE_OAUTH = statement("auth.authenticate-oauth", "select * from authenticate_oauth($1, $2)");

const BIND = statement("auth.bind", "select set_config('app.org_id', $1, false)");

type State = "good" | "no_organization" | "other_organization" | "ambiguous";

type Row = {
  id: string;
  kind: "api_key" | "session" | "oauth";
  state: State;
  user_id: string;
  org_id: string | null;
  role: Role | null;
  plan: PlanId | null;
  scopes: string[] | null;
  ends_at: string | null;
  external?: NonNullable<ReelmarkPrincipal["external"]>;
};

const badKey: Refused = { refused: "INVALID_API_KEY", message: "This API key is not valid" };
const badSession: Refused = {
  refused: "UNAUTHORIZED",
  message: "This session is not valid: log in again, or refresh it",
};

const badToken: Refused = {
  refused: "UNAUTHORIZED",
  message: "This access token is not valid: refresh it, or ask the user again",
};

const roleScopes = new Map<Role, ReadonlySet<string>>(
  Object.entries(ROLE_SCOPES).map(([role, scopes]) => [role as Role, new Set<string>(scopes)]),
);

/** Sets that were computed before, by role and scopes: a pure function of both, and 16 µs for a key with every scope. */
const computed = new Map<string, ReadonlySet<string>>();
const MOST_COMPUTED = 2_000;

/** What a credential may do: its own scopes, with those they bring, cut to the role of its user. */
function effective(row: Pick<Row, "role" | "scopes">): ReadonlySet<string> {
  const allowed = (row.role && roleScopes.get(row.role)) ?? new Set<string>();
  if (row.scopes === null) return allowed;
  const key = `${row.role} ${row.scopes.join(" ")}`;
  const known = computed.get(key);
  if (known) return known;
  const own = row.scopes.flatMap((scope) => [scope, ...(IMPLIED_SCOPES[scope as keyof typeof IMPLIED_SCOPES] ?? [])]);
  const result = new Set(own.filter((scope) => allowed.has(scope)));
  if (computed.size >= MOST_COMPUTED) computed.clear();
  computed.set(key, result);
  return result;
}

export type PrincipalOptions = {
  readonly keyPrefix: string;
  readonly tokens: Tokens;
  /** Issuer of our own tokens; those of another one are `external`'s. */
  readonly issuer: string;
  readonly external: ExternalTokens;
  readonly perMinute: { readonly key: number; readonly session: number };
  readonly clock: () => number;
  /** The organization that a signed address acts for; undefined when it is not ours, or too old. */
  readonly signed: (method: string, url: URL, nowMs: number) => string | undefined;
  /** Whether a payment provider sent this. */
  readonly provider: (credential: Credential, nowMs: number) => boolean;
};

const badAddress: Refused = {
  refused: "FORBIDDEN",
  message: "This address is not valid any more: ask for a new one",
};
const badProvider: Refused = { refused: "UNAUTHORIZED", message: "The signature is not the provider's" };

/** A principal without a user: an address that this server signed, or a payment service. */
const unnamed = (kind: "signed" | "provider", organization: string): ReelmarkPrincipal => ({
  id: kind,
  kind,
  organization,
  scopes: new Set(),
  perMinute: 0,
  userId: "",
  role: null,
  endsAt: null,
});

/** The look-up behind every credential: one round trip, no cache, so that what ends has ended from the next request on. */
export function principalLookup(options: PrincipalOptions) {
  const isJwt = (token: string) => token.split(".").length === 3;

  return {
    anonymous: (address: string): ReelmarkPrincipal => ({
      id: address,
      kind: "anonymous",
      organization: "",
      scopes: new Set(),
      perMinute: 0,
      userId: "",
      role: null,
      endsAt: null,
    }),

    async authenticator(credential: Credential): Promise<Refused | ((db: Db) => Promise<ReelmarkPrincipal | Refused>)> {
      if (credential.auth === "signed") {
        const org = options.signed(credential.method, credential.url, options.clock());
        return org === undefined ? badAddress : (db) => db.run(BIND, [org]).then(() => unnamed("signed", org));
      }
      if (credential.auth === "provider") {
        if (!options.provider(credential, options.clock())) return badProvider;
        return (db) => db.run(BIND, [""]).then(() => unnamed("provider", ""));
      }
      const { token = "" } = credential;
      const organization = credential.headers("x-organization-id") ?? null;
      if (!isJwt(token)) {
        if (isWellFormedKey(options.keyPrefix, token)) return (db) => find(db, hashKey(token), null, organization);
        return token.startsWith(OAUTH_TOKEN_PREFIX) ? (db) => client(db, token, organization) : badKey;
      }
      const issuer = options.external.issuerOf(token);
      if (issuer === undefined) return badSession;
      if (issuer !== options.issuer) return external(token, issuer, organization);
      const session = await options.tokens.sessionOf(token, options.clock());
      return session === undefined ? badSession : (db) => find(db, null, session, organization);
    },
  };

  async function external(token: string, issuer: string, organization: string | null) {
    const lookup = await options.external.check(token, issuer, organization);
    if (!lookup) return badSession;
    return async (db: Db) => {
      const found = await lookup(db);
      if (!found) return badSession;
      return toPrincipal({ ...found, kind: "session", scopes: null, ends_at: null }, options.perMinute);
    };
  }

  /** A token that our own authorization server gave to a client (server/oauth). */
  async function client(db: Db, token: string, organization: string | null) {
    const row = await db.one<Row>(AUTHENTICATE_OAUTH, [tokenHash(token), organization]);
    return row ? toPrincipal(row, options.perMinute) : badToken;
  }

  async function find(
    db: Db,
    hash: Buffer | null,
    session: { session: string; kid: string } | null,
    organization: string | null,
  ): Promise<ReelmarkPrincipal | Refused> {
    const values = [hash, session?.session ?? null, organization, session?.kid ?? null];
    const row = await db.one<Row>(AUTHENTICATE, values);
    if (!row) return session === null ? badKey : badSession;
    return toPrincipal(row, options.perMinute);
  }
}

const NO_ACCESS = "The plan of this organization does not include API keys: log in, or change the plan";
const NO_CLIENTS = "The plan of this organization does not let other programs in: change the plan";

/** A looked-up credential as the pipeline sees it: cut to role and plan, at each request. */
function toPrincipal(row: Row, configured: PrincipalOptions["perMinute"]): ReelmarkPrincipal {
  // A client is a program as a key is: it has a key's limit, and needs a plan that lets programs in.
  const which = row.kind === "session" ? "session" : "key";
  const terms = row.plan === null ? undefined : planTerms(row.plan);
  const refusal = tenantRefusal(row.state);
  return {
    id: row.id,
    kind: row.kind,
    // A user without an organization has no tenant and no role, and so no scopes.
    organization: row.state === "good" ? (row.org_id ?? "") : "",
    scopes: effective(row),
    // A plan's 0 refuses the credential, below; the refusals are counted as others are.
    perMinute: terms?.requests_per_minute[which] || configured[which],
    userId: row.user_id,
    role: row.role,
    endsAt: row.kind === "session" ? null : row.ends_at,
    ...(row.external ? { external: row.external } : {}),
    ...(refusal ? { tenantRefusal: refusal } : {}),
    ...(row.kind !== "session" && terms?.api_access === false
      ? { planRefuses: row.kind === "api_key" ? NO_ACCESS : NO_CLIENTS }
      : {}),
  };
}

function tenantRefusal(state: State): Principal["tenantRefusal"] {
  if (state === "ambiguous") {
    const message = "is required: you are in several organizations, GET /v1/organizations lists them";
    const error = validationError([{ path: "headers.x-organization-id", code: "required", message }]);
    return { error, scopedOnly: true };
  }
  if (state !== "other_organization") return undefined;
  // The same for an organization that does not exist and for one that this credential is not of.
  return {
    error: new ApiError("FORBIDDEN", "This credential does not act for the organization in X-Organization-Id"),
    scopedOnly: false,
  };
}
