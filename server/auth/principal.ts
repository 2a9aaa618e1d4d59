import { ROLE_SCOPES, type Role } from "../../spec/roles.ts";
import { IMPLIED_SCOPES } from "../../spec/vocabulary.ts";
import { hashKey, isWellFormedKey } from "../api-keys/service.ts";
import type { ReelmarkPrincipal } from "../context.ts";
import type { Credential } from "../kit/backend.ts";
import type { Refused } from "../kit/postgres/backend.ts";
import { type Db, statement } from "../kit/postgres/db.ts";
import type { Tokens } from "./tokens.ts";

const AUTHENTICATE = statement("auth.authenticate", "select * from authenticate($1, $2, $3)");

type Row = {
  id: string;
  kind: "api_key" | "session";
  state: "good" | "no_organization" | "other_organization" | "ambiguous";
  user_id: string;
  org_id: string | null;
  role: Role | null;
  scopes: string[] | null;
  ends_at: string | null;
};

const badKey: Refused = { refused: "INVALID_API_KEY", message: "This API key is not valid" };
const badSession: Refused = {
  refused: "UNAUTHORIZED",
  message: "This session is not valid: log in again, or refresh it",
};

const unnamed: Refused = {
  refused: "VALIDATION_ERROR",
  message: "is required: you are in several organizations, so name the one to act for",
};
const notAMember: Refused = {
  refused: "FORBIDDEN",
  message: "You are not a member of the organization that X-Organization-Id names",
};

const roleScopes = new Map<Role, ReadonlySet<string>>(
  Object.entries(ROLE_SCOPES).map(([role, scopes]) => [role as Role, new Set<string>(scopes)]),
);

/** Sets that were computed before, by role and scopes: a pure function of both, and 16 µs for a key with every scope. */
const computed = new Map<string, ReadonlySet<string>>();
const MOST_COMPUTED = 2_000;

/** What a credential may do: its own scopes, with those they bring, cut to the role of its user. */
function effective(row: Row): ReadonlySet<string> {
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
  readonly perMinute: { readonly key: number; readonly session: number };
  readonly clock: () => number;
};

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
      const { token = "" } = credential;
      const named = credential.headers("x-organization-id") ?? null;
      if (!isJwt(token)) {
        if (!isWellFormedKey(options.keyPrefix, token)) return badKey;
        return (db) => find(db, hashKey(token), null, named);
      }
      const session = await options.tokens.sessionOf(token, options.clock());
      return session === undefined ? badSession : (db) => find(db, null, session, named);
    },
  };

  /** `named` is the organization that the request names, of several its user may be in. */
  async function find(
    db: Db,
    hash: Buffer | null,
    session: string | null,
    named: string | null,
  ): Promise<ReelmarkPrincipal | Refused> {
    const row = await db.one<Row>(AUTHENTICATE, [hash, session, named]);
    if (!row) return session === null ? badKey : badSession;
    if (row.state === "ambiguous") return unnamed;
    if (named !== null && row.state !== "good") return notAMember;
    return {
      id: row.id,
      kind: row.kind,
      // A user without an organization has no tenant and no role, and so no scopes.
      organization: row.org_id ?? "",
      scopes: effective(row),
      perMinute: options.perMinute[row.kind === "api_key" ? "key" : "session"],
      userId: row.user_id,
      role: row.role,
      endsAt: row.kind === "api_key" ? row.ends_at : null,
    };
  }
}
