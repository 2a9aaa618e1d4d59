import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "../../client/index.ts";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { reelmarkWorkflows } from "../../spec/arazzo.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { ROLE_SCOPES, type Role } from "../../spec/roles.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { openStripeDouble, WEBHOOK_SECRET } from "../billing/stripe-double.ts";
import type { InProcess } from "../kit/engine/command.ts";
import type { Principal } from "../kit/engine/types.ts";
import { memberOf, newAddress, openInvitation } from "../organizations/people.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import type { TestDatabase } from "../setup/database.ts";
import { query } from "../setup/support.ts";
import { INPUTS, MAKERS, mailToken, verify } from "./inputs.ts";
import { byStripe, signed } from "./signers.ts";
import { openWork, type Work } from "./work.ts";

function principal(
  name: string,
  tenant: string,
  token: string,
  scopes: readonly string[],
  session?: TestOrganization,
): Principal {
  // A session says for which organization it acts: operations of the run may bring its user into others.
  const organization: Record<string, string> = session ? { "x-organization-id": session.organizationId } : {};
  return {
    name,
    tenant,
    scopes,
    headers: { authorization: `Bearer ${token}`, ...organization },
    ...(session ? { auth: "session" } : {}),
  };
}

/** What ends something for good wants its name: that of the caller, or of their organization, whatever a run made of it. */
const NAMES: Readonly<Record<string, string>> = {
  deleteAccount: "select name from users where id = $1 and $2 <> ''",
  deleteOrganization: "select name from organizations where id = $2 and $1 <> ''",
};

/** Who is known by what they send, not by a header. */
const NO_CREDENTIAL = { tenant: "t1", scopes: ["*"], headers: {} };

type Tenants = {
  readonly home: TestOrganization;
  /** The organization whose limit can be reached. */
  readonly limited: string;
  readonly principals: readonly Principal[];
};

/** Who calls Reelmark in a run: an owner by key and by session, keys with less, another tenant, and one with a low limit. */
async function newTenants(app: TestApp): Promise<Tenants> {
  const [home, other, limited] = [
    await freshOrganization(app),
    await freshOrganization(app),
    await freshOrganization(app),
  ];
  await query(app.databaseUrl, "update organizations set plan = 'pro' where id = $1", [limited.organizationId]);
  const key = async (of: TestOrganization, scopes?: readonly Scope[]) => (await of.key(scopes)).key;
  // Others of an organization, by session: they may do what their role may.
  const person = async (name: string, tenant: string, of: TestOrganization, role: Role) => {
    const { token } = await memberOf(app, of.organizationId, role);
    return principal(name, tenant, token, ROLE_SCOPES[role], of);
  };
  const principals = [
    principal("owner", "t1", await key(home), ["*"]),
    principal("owner's session", "t1", home.token, ["*"], home),
    principal("reader", "t1", await key(home, ["personas:read"]), ["personas:read"]),
    principal("writer", "t1", await key(home, ["feedback:write"]), ["feedback:write"]),
    await person("admin's session", "t1", home, "admin"),
    await person("viewer's session", "t1", home, "viewer"),
    principal("other", "t2", await key(other), ["*"]),
    principal("other's session", "t2", other.token, ["*"], other),
    { ...NO_CREDENTIAL, name: "a signed address", auth: "signed", sign: signed(home.organizationId) },
    { ...NO_CREDENTIAL, name: "Stripe", auth: "provider", sign: byStripe(WEBHOOK_SECRET) },
    // The plan pro has 60 requests a minute for a key, 120 for a session; the others have no limit that they could reach.
    principal("limited", "t3", await key(limited), ["*"]),
    principal("limited 2", "t3", await key(limited), ["*"]),
    principal("limited 3", "t3", limited.token, ["*"], limited),
    await person("limited 4", "t3", limited, "viewer"),
  ];
  return { home, limited: limited.organizationId, principals };
}

/** A PostgreSQL of its own, which ends with its one database. */
export async function ownDatabase(): Promise<TestDatabase> {
  const folder = mkdtempSync(join(tmpdir(), "reelmark-contract-"));
  // The database server runs as another user when this runs as root, and must reach its folder.
  chmodSync(folder, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir: folder });
  await migrateDatabase(postgres.url);
  return {
    url: postgres.url,
    async drop() {
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Whose pages may call the server of a run. */
const ORIGIN = "https://app.reelmark.example";

/** What the server of a run is set to, whatever it answers over. Excess fields are for the engine to find, not for it. */
export const SETTINGS = {
  PAYMENTS: "manual",
  RESPONSE_CHECK: "strip",
  RATE_LIMIT_OPERATIONS: "10000",
  CORS_ORIGINS: ORIGIN,
};

/** Reelmark in this process, on a database that goes with it: of a PostgreSQL of its own, unless one is given. */
export async function reelmarkInProcess(given?: TestDatabase): Promise<InProcess> {
  const database = given ?? (await ownDatabase());
  const stripe = await openStripeDouble();
  const storageDir = mkdtempSync(join(tmpdir(), "reelmark-files-"));
  const env = { ...stripe.env, ...SETTINGS, STORAGE_DIR: storageDir };
  const app = await openTestApp({ databaseUrl: database.url, env });
  // Nor is it for what makes the people of a run to judge the answers.
  const fetch = async (request: Request) => app.app.fetch(request);
  const api: TestApp["api"] = (token) =>
    createClient({ baseUrl: `${PUBLIC_URL}/api`, fetch, ...(token ? { token } : {}) });
  return reelmarkTarget({ ...app, api }, (request) => app.app.fetch(request), {
    baseUrl: `${PUBLIC_URL}/api`,
    storageDir,
    async close() {
      await app.close();
      await stripe.close();
      await database.drop();
      rmSync(storageDir, { recursive: true, force: true });
    },
  });
}

const JOINING = ["admin", "member"] as const;
/** Inputs of a workflow that are not of people. */
const PLACES: ReadonlySet<string> = new Set(["run", "feeds", "still"]);

/** The people whom a workflow names, of an organization of its own, which it may end; and what only their mails tell. */
async function peopleOf(app: TestApp, names: readonly string[]): Promise<Readonly<Record<string, string>>> {
  if (names.every((name) => PLACES.has(name))) return {};
  const home = await freshOrganization(app);
  const people: Record<string, string> = { owner: `Bearer ${home.token}`, owner_email: home.email };
  for (const role of JOINING) {
    if (names.includes(role)) people[role] = `Bearer ${(await memberOf(app, home.organizationId, role)).token}`;
  }
  for (const purpose of ["verify", "reset"] as const) {
    const name = `${purpose}_token`;
    if (names.includes(name)) people[name] = await mailToken({ app, organization: home }, purpose);
  }
  if (names.includes("guest")) {
    const guest = await freshOrganization(app);
    await verify({ app, organization: guest });
    const { token } = await openInvitation(app, home.organizationId, guest.email, "viewer");
    Object.assign(people, { guest: `Bearer ${guest.token}`, guest_email: guest.email, invitation: token });
  }
  if (names.includes("newcomer_email")) {
    people.newcomer_email = newAddress("newcomer");
    const { token } = await openInvitation(app, home.organizationId, people.newcomer_email, "member");
    people.newcomer_invitation = token;
  }
  return people;
}

type Place = Pick<InProcess, "baseUrl" | "close"> & {
  /** Where the server keeps files. */
  readonly storageDir: string;
};

/** A Reelmark that is up, with people to call it, and with what no document tells of it. */
export async function reelmarkTarget(
  app: TestApp,
  send: InProcess["send"],
  { baseUrl, storageDir, close }: Place,
): Promise<InProcess> {
  let tenants = await newTenants(app);
  let working: Promise<Work> | undefined;
  const feeds = async () => {
    working ??= openWork({ databaseUrl: app.databaseUrl, storageDir });
    return (await working).feeds;
  };
  const known = () => ({ app, organization: tenants.home });
  return {
    document: reelmarkDocument(),
    async send(request) {
      const answer = await send(request);
      await (await working)?.do(answer);
      return answer;
    },
    baseUrl,
    principals: tenants.principals,
    async renew() {
      tenants = await newTenants(app);
      return tenants.principals;
    },
    async restore(what) {
      // How often log-ins and mails were tried, or what the plan gives: its own limits are not waited for.
      if (what === "limit") return void (await query(app.databaseUrl, "delete from login_failures"));
      await query(app.databaseUrl, "update organizations set plan = 'scale' where id <> $1", [tenants.limited]);
    },
    async input(operation) {
      const own = NAMES[operation];
      if (!own) return INPUTS[operation]?.(known());
      const [row] = await query<{ name: string }>(app.databaseUrl, own, [
        tenants.home.userId,
        tenants.home.organizationId,
      ]);
      return { query: { confirm: row?.name ?? "" } };
    },
    maker: async (kind) => MAKERS[kind]?.(known()),
    origin: ORIGIN,
    workflows: reelmarkWorkflows(),
    inputs: async (names) => ({
      ...(await peopleOf(app, names)),
      ...(names.includes("feeds") ? { feeds: await feeds() } : {}),
      // Its workers do nothing but for those feeds.
      still: "https://feeds.example.com",
    }),
    async close() {
      await (await working)?.close();
      await close();
    },
  };
}
