import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { newKey } from "../../server/api-keys/service.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { contract } from "../../spec/index.ts";
import { ROLE_SCOPES, ROLES, type Role } from "../../spec/roles.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { openStripeDouble, WEBHOOK_SECRET } from "../billing/stripe-double.ts";
import type { Coverage } from "../kit/coverage.ts";
import { withHeaders } from "../kit/draft.ts";
import type { BadCredential, BreakableTarget, Need, Principal, SuiteOptions, Target, Tenant } from "../kit/target.ts";
import { memberOf } from "../organizations/people.ts";
import {
  ALL_SCOPES,
  freshOrganization,
  openTestApp,
  PUBLIC_URL,
  type TestApp,
  type TestAppOptions,
  type TestOrganization,
} from "../setup/app.ts";
import { breakable } from "./failing-backend.ts";
import { INPUTS, MAKERS, setCredits } from "./inputs.ts";
import { byStripe, signed } from "./signers.ts";

/** A tenant of Reelmark: an organization that signed up as anybody does. */
export type ReelmarkTenant = Tenant & { readonly organization: TestOrganization; readonly app: TestApp };

type ReelmarkTarget = Target<ReelmarkTenant> & { readonly app: TestApp };

/** Operations that one credential may call only so often: a check that sends many requests takes a new one for each. */
const LIMITED = new Set(
  Object.values(contract).flatMap(({ id, auth, limits }) => (auth === "credential" && limits.perMinute ? [id] : [])),
);

const bearer =
  (token: string): Principal =>
  (draft) =>
    withHeaders(draft, { authorization: `Bearer ${token}` });

/** What ends the caller's membership. */
const LEAVING = new Set(["leaveOrganization", "deleteAccount"]);

/** The mightiest role that has none of these scopes. */
function roleWithout(scopes: readonly string[]): Role {
  const found = ROLES.find((role) => scopes.every((scope) => !ROLE_SCOPES[role].some((own) => own === scope)));
  if (!found) throw new Error(`Every role has one of ${scopes.join(", ")}`);
  return found;
}

function tenantOf(app: TestApp, organization: TestOrganization): ReelmarkTenant {
  const keys = new Map<string, Promise<Principal>>();
  const ids = new Map<Principal, string>();
  const logIn = () => app.api().login({ body: { email: organization.email, password: organization.password } });

  const member = async (role: Role) => bearer((await memberOf(app, organization.organizationId, role)).token);

  async function mint(scopes: readonly Scope[]): Promise<Principal> {
    const { id, key } = await organization.key(scopes);
    const principal = bearer(key);
    ids.set(principal, id);
    return principal;
  }

  return {
    app,
    organization,
    async principal({ auth, without = [], only, operation = "" }: Need) {
      if (auth === "provider") return byStripe(WEBHOOK_SECRET);
      if (auth === "signed") return signed(organization.organizationId);
      if (auth === "session") {
        // The last owner can neither go nor leave; others can.
        if (LEAVING.has(operation)) return member("member");
        if (without.length > 0) return member(roleWithout(without));
        // Each its own: logging out must not take the others' away.
        return bearer((await logIn()).access_token);
      }
      const scopes = ALL_SCOPES.filter((scope) => !without.includes(scope) && (only?.includes(scope) ?? true));
      const name = scopes.join(" ");
      const principal = (LIMITED.has(operation) ? undefined : keys.get(name)) ?? mint(scopes);
      keys.set(name, principal);
      return principal;
    },
    async strip(principal) {
      const api_key_id = ids.get(principal);
      if (api_key_id === undefined) throw new Error("Only an API key can be narrowed");
      await organization.api.updateApiKey({ params: { api_key_id }, body: { scopes: ["audit:read"] } });
    },
    setCredits: (credits) => setCredits({ app, organization }, credits),
    input: async (operation) => INPUTS[operation]?.({ app, organization }),
  };
}

/** Bad credentials are made once for a tenant: most checks share one. */
function bad(label: string, code: string, token: (tenant: ReelmarkTenant) => Promise<string> | string) {
  const made = new WeakMap<ReelmarkTenant, Promise<Principal>>();
  const credential: BadCredential<ReelmarkTenant> = {
    label,
    code,
    auth: ["credential", "session"],
    make(tenant) {
      const principal = made.get(tenant) ?? Promise.resolve(token(tenant)).then(bearer);
      made.set(tenant, principal);
      return principal;
    },
  };
  return credential;
}

const BAD_CREDENTIALS = [
  bad("a token of no shape", "INVALID_API_KEY", () => "nonsense"),
  bad("a mistyped key", "INVALID_API_KEY", () => newKey("rm_").replace(/.$/, (last) => (last === "0" ? "1" : "0"))),
  bad("a key that nobody made", "INVALID_API_KEY", () => newKey("rm_")),
  bad("a revoked key", "INVALID_API_KEY", async ({ organization }) => {
    const { id, key } = await organization.key();
    await organization.api.revokeApiKey({ params: { api_key_id: id } });
    return key;
  }),
  bad("a deleted key", "INVALID_API_KEY", async ({ organization }) => {
    const { id, key } = await organization.key();
    await organization.api.deleteApiKey({ params: { api_key_id: id } });
    return key;
  }),
  bad("an expired key", "INVALID_API_KEY", async ({ organization }) => {
    const expires_at = new Date(Date.now() + 200).toISOString();
    const { key } = await organization.api.createApiKey({
      body: { label: "short", scopes: ["audit:read"], expires_at },
    });
    await sleep(250);
    return key;
  }),
  bad("a token that is no JWT of ours", "UNAUTHORIZED", () => "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1c3JfMCJ9."),
  bad("a session's token whose signature is changed", "UNAUTHORIZED", ({ organization }) => {
    const [head, claims, signature = ""] = organization.token.split(".");
    return `${head}.${claims}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
  }),
  bad("the token of a session that was logged out", "UNAUTHORIZED", async ({ app, organization }) => {
    const { email, password } = organization;
    const session = await app.api().login({ body: { email, password } });
    await app.api(session.access_token).logout();
    return session.access_token;
  }),
];

const FORGED: BadCredential<ReelmarkTenant> = {
  label: "a forged signature",
  code: "UNAUTHORIZED",
  auth: ["provider"],
  make: async () => byStripe("whsec_guessed"),
};

/** Everything in the database, and everything logged, as text. */
async function kept(app: TestApp): Promise<string> {
  const client = new pg.Client({ connectionString: app.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'drizzle')",
    );
    const texts = [JSON.stringify(app.log)];
    for (const { name } of rows) {
      const found = await client.query<{ row: string }>(`select t::text as row from ${name} t`);
      texts.push(...found.rows.map(({ row }) => row));
    }
    return texts.join("\n");
  } finally {
    await client.end();
  }
}

async function target(options: TestAppOptions, coverage: Coverage): Promise<ReelmarkTarget> {
  // Payments are the operator's; Stripe's events are taken all the same.
  const stripe = await openStripeDouble();
  const app = await openTestApp({ ...options, env: { ...stripe.env, PAYMENTS: "manual", ...options.env } });
  return {
    app,
    origin: PUBLIC_URL,
    fetch: app.fetch,
    tenant: async () => tenantOf(app, await freshOrganization(app)),
    async close() {
      coverage.add(app.seen);
      await app.close();
      await stripe.close();
    },
  };
}

const targets = new WeakMap<Target<ReelmarkTenant>, TestApp>();

async function opened(options: TestAppOptions, coverage: Coverage): Promise<ReelmarkTarget> {
  const made = await target(options, coverage);
  targets.set(made, made.app);
  return made;
}

/** What the engine is told of Reelmark. Whatever its servers answered is added to `coverage` when they close. */
export function reelmarkSuite(coverage: Coverage): SuiteOptions<ReelmarkTenant> {
  return {
    document: reelmarkDocument(),
    badCredentials: [...BAD_CREDENTIALS, FORGED],
    bodyBytes: 1_048_576,
    makers: MAKERS,
    open: () => opened({}, coverage),
    async openLimited(perMinute) {
      const limit = String(perMinute);
      const env = { RATE_LIMIT_KEY: limit, RATE_LIMIT_SESSION: limit, RATE_LIMIT_PUBLIC: limit };
      let tenants = 0;
      const made = await opened({ env, address: () => `10.9.${tenants >> 8}.${tenants & 255}` }, coverage);
      return {
        ...made,
        async tenant() {
          tenants++;
          const tenant = await made.tenant();
          // Signing up was counted for the address too.
          tenants++;
          return tenant;
        },
      };
    },
    async openBreakable(secret): Promise<BreakableTarget<ReelmarkTenant>> {
      const store = breakable(secret);
      return { ...(await opened({ backend: store.backend }, coverage)), failing: store.failing };
    },
    async kept(of) {
      const app = targets.get(of);
      if (!app) throw new Error("Only the main server is searched for secrets");
      return kept(app);
    },
  };
}
