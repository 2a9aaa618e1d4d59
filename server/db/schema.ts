import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  pgPolicy,
  pgTable,
  primaryKey,
  text,
  unique,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";

// Every tenant table has org_id NOT NULL, composite foreign keys with it, and the policy below. That row level security is
// also forced, and who may pass it, stands in the hand-written migrations: Drizzle has no words for those.

/** Rows of the organization that the connection is bound to, and no others. */
export const tenant = (table: string, column = "org_id") =>
  pgPolicy(`${table}_tenant`, {
    using: sql.raw(`${column} = (select current_setting('app.org_id', true))`),
    withCheck: sql.raw(`${column} = (select current_setting('app.org_id', true))`),
  });

export const createdAt = time("created_at").notNull().default(sql`now()`);

export const users = pgTable("users", {
  id: text().primaryKey(),
  /** Null for a user of an external issuer: an address that another server vouches for opens nothing here. */
  email: text().unique("users_email_key"),
  email_verified_at: time("email_verified_at"),
  name: text().notNull(),
  password_hash: text(),
  created_at: createdAt,
});

export const organizations = pgTable(
  "organizations",
  { id: text().primaryKey(), name: text().notNull(), plan: text().notNull().default("scale"), created_at: createdAt },
  (t) => [check("organizations_plan", sql`${t.plan} in ('free', 'pro', 'scale')`), tenant("organizations", "id")],
);

/** The tenant that a row belongs to, and goes with. */
export const orgId = () =>
  text()
    .notNull()
    .references(() => organizations.id, { onDelete: "cascade" });

export const memberships = pgTable(
  "memberships",
  {
    org_id: orgId(),
    user_id: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    role: text({ enum: ["owner", "admin", "member", "viewer"] }).notNull(),
    created_at: createdAt,
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.user_id] }),
    index("memberships_user").on(t.user_id),
    check("memberships_role", sql`${t.role} in ('owner', 'admin', 'member', 'viewer')`),
    tenant("memberships"),
  ],
);

/** A log-in. All its refresh tokens are one family: it ends as a whole. */
export const sessions = pgTable(
  "sessions",
  {
    id: text().primaryKey(),
    user_id: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    created_at: createdAt,
    expires_at: time("expires_at").notNull(),
    ended_at: time("ended_at"),
  },
  (t) => [index("sessions_user").on(t.user_id), index("sessions_expires").on(t.expires_at)],
);

export const refreshTokens = pgTable(
  "refresh_tokens",
  {
    token_hash: bytes("token_hash").primaryKey(),
    session_id: text()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    created_at: createdAt,
    used_at: time("used_at"),
  },
  (t) => [index("refresh_tokens_session").on(t.session_id)],
);

/** Private keys are sealed under ENCRYPTION_KEY. A retired key still verifies until the last token it signed has ended. */
export const signingKeys = pgTable("signing_keys", {
  kid: text().primaryKey(),
  public_jwk: jsonb().notNull(),
  private_sealed: text().notNull(),
  created_at: createdAt,
  retired_at: time("retired_at"),
});

/** Failed log-ins by account and by address, in windows. Not a tenant's: nobody is logged in yet. */
export const loginFailures = pgTable("login_failures", {
  key: text().primaryKey(),
  count: integer().notNull(),
  window_ends: time("window_ends").notNull(),
});

export const apiKeys = pgTable(
  "api_keys",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    created_by: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    label: text().notNull(),
    key_hash: bytes("key_hash").notNull().unique("api_keys_hash_key"),
    prefix: text().notNull(),
    scopes: text().array().notNull(),
    expires_at: time("expires_at"),
    revoked_at: time("revoked_at"),
    last_used_at: time("last_used_at"),
    created_at: createdAt,
  },
  (t) => [
    unique("api_keys_org_id").on(t.org_id, t.id),
    check("api_keys_scopes", sql`cardinality(${t.scopes}) > 0`),
    tenant("api_keys"),
  ],
);

export const brands = pgTable(
  "brands",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    name: text().notNull(),
    slug: text().notNull(),
    description: text(),
    timezone: text().notNull(),
    archived: boolean().notNull().default(false),
    position: integer().notNull(),
    created_at: createdAt,
    updated_at: time("updated_at").notNull().default(sql`now()`),
  },
  (t) => [
    unique("brands_org_id").on(t.org_id, t.id),
    unique("brands_slug_key").on(t.org_id, t.slug),
    index("brands_order").on(t.org_id, t.position, t.id),
    tenant("brands"),
  ],
);

export const personas = pgTable(
  "personas",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    brand_id: text().notNull(),
    name: text().notNull(),
    bio: text(),
    voice: text(),
    avatar_url: text(),
    archived: boolean().notNull().default(false),
    created_at: createdAt,
    updated_at: time("updated_at").notNull().default(sql`now()`),
  },
  (t) => [
    unique("personas_org_id").on(t.org_id, t.id),
    uniqueIndex("personas_name_key").on(t.org_id, t.brand_id, t.name),
    foreignKey({ name: "personas_brand", columns: [t.org_id, t.brand_id], foreignColumns: [brands.org_id, brands.id] }),
    tenant("personas"),
  ],
);

// Empty `org_id`: what a user did for no organization, such as making one. The principal in the key is theirs alone.
const ofTenantOrUser = sql.raw("org_id = '' or org_id = (select current_setting('app.org_id', true))");

/** Read and written by server/kit/postgres/idempotency.ts. Deleted with the organization by a trigger (migration 0003). */
export const idempotencyRecords = pgTable(
  "idempotency_records",
  {
    org_id: text().notNull(),
    principal: text().notNull(),
    operation: text().notNull(),
    key: text().notNull(),
    fingerprint: text().notNull(),
    status: integer(),
    headers: jsonb(),
    body: text(),
    resource_id: text(),
    claim_token: text(),
    lease_until: time("lease_until"),
    created_at: createdAt,
  },
  (t) => [
    primaryKey({ columns: [t.org_id, t.principal, t.operation, t.key] }),
    index("idempotency_created").on(t.created_at),
    pgPolicy("idempotency_records_tenant", { using: ofTenantOrUser, withCheck: ofTenantOrUser }),
  ],
);

/** Windows of rate-limiter-flexible when RATE_LIMIT_STORE is postgres; `expire` is Unix milliseconds. */
export const rateLimits = pgTable("rate_limits", {
  key: text().primaryKey(),
  points: integer().notNull().default(0),
  expire: bigint({ mode: "number" }),
});
