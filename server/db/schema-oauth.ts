import { sql } from "drizzle-orm";
import { check, foreignKey, index, integer, jsonb, pgTable, text } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { createdAt, memberships, orgId, sessions, tenant } from "./schema.ts";

/** What a browser's cookie stands for: a session, by the hash of a secret of its own. */
export const sessionCookies = pgTable(
  "session_cookies",
  {
    token_hash: bytes("token_hash").primaryKey(),
    session_id: text()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    created_at: createdAt,
  },
  (t) => [index("session_cookies_session").on(t.session_id)],
);

/** Clients that registered themselves (RFC 7591). Nobody's: a client is known before anybody has approved it. */
export const oauthClients = pgTable(
  "oauth_clients",
  {
    id: text().primaryKey(),
    metadata: jsonb().notNull(),
    created_at: createdAt,
    /** When somebody last approved it; null for one that nobody ever did. */
    used_at: time("used_at"),
  },
  (t) => [index("oauth_clients_created").on(t.created_at)],
);

/** What a user let a client do, for one organization. It ends with the session it was given in, and with the membership. */
export const oauthGrants = pgTable(
  "oauth_grants",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    user_id: text().notNull(),
    session_id: text()
      .notNull()
      .references(() => sessions.id, { onDelete: "cascade" }),
    client_id: text().notNull(),
    resource: text().notNull(),
    scopes: text().array().notNull(),
    created_at: createdAt,
    /** Moved on by every refresh. */
    expires_at: time("expires_at").notNull(),
  },
  (t) => [
    foreignKey({
      name: "oauth_grants_membership",
      columns: [t.org_id, t.user_id],
      foreignColumns: [memberships.org_id, memberships.user_id],
    }).onDelete("cascade"),
    index("oauth_grants_membership_idx").on(t.org_id, t.user_id),
    // A user's own, newest first: listed across organizations.
    index("oauth_grants_user").on(t.user_id, t.id),
    index("oauth_grants_session").on(t.session_id),
    index("oauth_grants_client").on(t.client_id),
    index("oauth_grants_expires").on(t.expires_at),
    check("oauth_grants_scopes", sql`cardinality(${t.scopes}) > 0`),
    tenant("oauth_grants"),
  ],
);

/** Tokens, codes and requests in the making, by the hash of what is sent: nothing here opens anything. */
export const oauthArtifacts = pgTable(
  "oauth_artifacts",
  {
    id_hash: bytes("id_hash").primaryKey(),
    kind: text().notNull(),
    grant_id: text().references(() => oauthGrants.id, { onDelete: "cascade" }),
    user_code_hash: bytes("user_code_hash").unique("oauth_artifacts_user_code_key"),
    payload: jsonb().notNull(),
    created_at: createdAt,
    expires_at: time("expires_at").notNull(),
    consumed_at: time("consumed_at"),
    /** Of a device code: when it was last asked for, and how long to wait between two times. */
    polled_at: time("polled_at"),
    poll_seconds: integer().notNull().default(5),
  },
  (t) => [
    index("oauth_artifacts_grant").on(t.grant_id),
    index("oauth_artifacts_expires").on(t.expires_at),
    check(
      "oauth_artifacts_kind",
      sql`${t.kind} in ('AccessToken', 'AuthorizationCode', 'DeviceCode', 'Interaction', 'RefreshToken')`,
    ),
  ],
);
