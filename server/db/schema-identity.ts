import { sql } from "drizzle-orm";
import { check, index, integer, pgTable, primaryKey, text, unique } from "drizzle-orm/pg-core";
import { bytes, time } from "./columns.ts";
import { createdAt, organizations, orgId, tenant, users } from "./schema.ts";

/** One-time tokens of mails, by their hash: to verify an address, or to reset a password. */
export const mailTokens = pgTable(
  "mail_tokens",
  {
    token_hash: bytes("token_hash").primaryKey(),
    user_id: text()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    purpose: text({ enum: ["verify", "reset"] }).notNull(),
    /** The address it was sent to: a token for an old address proves nothing of a new one. */
    email: text().notNull(),
    created_at: createdAt,
    expires_at: time("expires_at").notNull(),
    used_at: time("used_at"),
  },
  (t) => [
    index("mail_tokens_user").on(t.user_id),
    check("mail_tokens_purpose", sql`${t.purpose} in ('verify', 'reset')`),
  ],
);

/** Mails on their way. Written with what causes them, sent by a job; the text is sealed, because it holds a token. */
export const mails = pgTable("mails", {
  id: text().primaryKey(),
  sealed: text().notNull(),
  created_at: createdAt,
});

export const invitations = pgTable(
  "invitations",
  {
    id: text().primaryKey(),
    org_id: orgId(),
    email: text().notNull(),
    role: text({ enum: ["owner", "admin", "member", "viewer"] }).notNull(),
    token_hash: bytes("token_hash").notNull().unique("invitations_token_key"),
    invited_by: text().references(() => users.id, { onDelete: "set null" }),
    created_at: createdAt,
    expires_at: time("expires_at").notNull(),
    accepted_at: time("accepted_at"),
  },
  (t) => [
    unique("invitations_org_id").on(t.org_id, t.id),
    check("invitations_role", sql`${t.role} in ('owner', 'admin', 'member', 'viewer')`),
    tenant("invitations"),
  ],
);

/** Servers whose tokens are believed. Managed by the operator alone. */
export const issuers = pgTable(
  "issuers",
  {
    id: text().primaryKey(),
    issuer: text().notNull().unique("issuers_issuer_key"),
    /** Exactly one of the two: where its public keys are, or the secret it shares (older Supabase projects). */
    jwks_url: text(),
    secret_sealed: text(),
    algorithms: text().array().notNull(),
    audience: text().notNull(),
    clock_tolerance_seconds: integer().notNull().default(5),
    subject_claim: text().notNull().default("sub"),
    email_claim: text().notNull().default("email"),
    name_claim: text().notNull().default("name"),
    /** Whom a first-seen user joins; none: they come without an organization. */
    org_id: text().references(() => organizations.id, { onDelete: "cascade" }),
    role: text({ enum: ["owner", "admin", "member", "viewer"] })
      .notNull()
      .default("member"),
    created_at: createdAt,
  },
  (t) => [check("issuers_key", sql`(${t.jwks_url} is null) <> (${t.secret_sealed} is null)`)],
);

/** Who a user is elsewhere. The pair is the identity; an address is never one. */
export const externalIdentities = pgTable(
  "external_identities",
  {
    issuer_id: text()
      .notNull()
      .references(() => issuers.id, { onDelete: "cascade" }),
    subject: text().notNull(),
    /** Null once the account was deleted: the subject stays known, so that it does not join the organization anew. */
    user_id: text().references(() => users.id, { onDelete: "set null" }),
    created_at: createdAt,
  },
  (t) => [primaryKey({ columns: [t.issuer_id, t.subject] }), index("external_identities_user").on(t.user_id)],
);

/** External tokens that were logged out, by `sid` or `jti`, until they would have ended anyway. */
export const deniedTokens = pgTable(
  "denied_tokens",
  {
    issuer_id: text()
      .notNull()
      .references(() => issuers.id, { onDelete: "cascade" }),
    token_id: text().notNull(),
    expires_at: time("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.issuer_id, t.token_id] })],
);

/** Append-only, and without foreign keys: the record outlives what it is about. `org_id` is empty where there was none. */
export const auditEvents = pgTable(
  "audit_events",
  {
    id: text().primaryKey(),
    org_id: text().notNull(),
    operation: text().notNull(),
    actor_kind: text().notNull(),
    user_id: text(),
    credential_id: text(),
    resource_kind: text(),
    resource_id: text(),
    fields: text().array().notNull(),
    request_id: text().notNull(),
    address: text(),
    created_at: createdAt,
  },
  (t) => [
    index("audit_events_list").on(t.org_id, t.id),
    index("audit_events_resource").on(t.org_id, t.resource_id, t.id),
    tenant("audit_events"),
  ],
);
