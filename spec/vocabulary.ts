import { choice, id, z } from "./kit/schema.ts";
import { vocabulary } from "./kit/vocabulary.ts";

/** Every scope, with what it allows in words: shown in the Scopes guide, on consent pages and in `details`. */
export const SCOPES = {
  "profile:read": "See who you are and which organization you act for",
  "profile:write": "Change your profile",
  "api_keys:read": "See API keys: labels, prefixes and scopes, never the keys themselves",
  "api_keys:write": "Create, change, rotate, revoke and delete API keys, none wider than the caller",
  "brands:read": "See brands",
  "brands:write": "Create, change, order and delete brands",
  "personas:read": "See personas",
  "personas:write": "Create, change and delete personas",
  "sources:read": "See sources and what they brought",
  "sources:write": "Create, change and delete sources",
  "sync:write": "Start a sync",
  "content:read": "See generated content",
  "content:write": "Generate, clone, approve and reject content",
  "clips:read": "See clips",
  "clips:write": "Cut clips and render them",
  "carousels:read": "See carousels",
  "carousels:write": "Create, generate and render carousels",
  "kb:read": "See and search knowledge bases",
  "kb:write": "Change knowledge bases and their documents",
  "agents:read": "See agents and their runs",
  "agents:write": "Create, schedule and run agents",
  "posts:read": "See posts",
  "posts:write": "Draft and change posts",
  "publishing:read": "See accounts, queues and deliveries, and posts",
  "publishing:write": "Publish: connect accounts, schedule and send posts",
  "analytics:read": "See figures of posts and videos",
  "widgets:read": "See storefront widgets",
  "widgets:write": "Create and change storefront widgets",
  "uploads:read": "See and download files",
  "uploads:write": "Upload files",
  "billing:read": "See the balance and its transactions",
  "billing:write": "Top up and change the plan",
  "webhooks:read": "See webhook endpoints and their deliveries",
  "webhooks:write": "Create, change and test webhook endpoints",
  "feedback:read": "See feedback tickets",
  "feedback:write": "Open and answer feedback tickets",
  "organization:read": "See the organization and its members",
  "organization:write": "Change the organization and its members",
  "audit:read": "See who did what",
} as const;

export type Scope = keyof typeof SCOPES;

// The keys of a literal object are its literal keys; TypeScript types them as string.
export const ScopeName = choice("Scope", "What a credential may do", Object.keys(SCOPES) as [Scope, ...Scope[]]);

/** A scope that brings others with it (design §4). */
export const IMPLIED_SCOPES: Readonly<Partial<Record<Scope, readonly Scope[]>>> = {
  "publishing:read": ["posts:read"],
  "publishing:write": ["posts:write"],
};

/** Tags, in the order of the reference, with the sentence shown above each. */
export const TAGS = {
  Authentication:
    "Sign up, log in, stay logged in, log out. A session is a short-lived token and a refresh token that rotates.",
  Account: "Your address, your password, your sessions, the programs you let in, and the end of your account.",
  Profile: "The user behind the credential, and the organization it acts for.",
  "API keys": "Long-lived credentials with explicit scopes. A key is shown once, when it is created or rotated.",
  Organizations: "The tenant a credential acts for: its members, their roles, and who is invited.",
  Plans: "What an organization's plan gives, and how much of it is used.",
  Audit: "Who changed what, and when.",
  Brands: "What you publish for. Personas, sources and posts belong to a brand.",
  Personas: "The faces and voices of a brand.",
  Sources: "Feeds that a persona mirrors, and the posts they brought.",
  Sync: "Runs that fetch sources: by request, or by a source's own schedule.",
  Uploads: "Files: sent at once, in parts that can be resumed, or fetched from an address.",
  Billing: "Credits: the balance, every movement of it, topping up, and the plan.",
  Webhooks: "Your endpoints, the events they are told of, and every delivery.",
} as const;

export const TAG_GROUPS = [
  { name: "Identity", tags: ["Authentication", "Account", "Profile", "API keys"] },
  { name: "Organization", tags: ["Organizations", "Plans", "Billing", "Audit", "Webhooks"] },
  { name: "Studio", tags: ["Brands", "Personas", "Sources", "Sync", "Uploads"] },
] as const;

/** `operation()` with Reelmark's words: scopes, tags and path parameters that are not here do not compile. */
export const { operation } = vocabulary({
  scopes: SCOPES,
  tags: TAGS,
  params: {
    user_id: id("usr", "The user's id"),
    session_id: id("ses", "The session's id"),
    grant_id: id("oag", "The grant's id"),
    invitation_id: id("inv", "The invitation's id"),
    api_key_id: id("key", "The API key's id"),
    brand_id: id("brd", "The brand's id"),
    persona_id: id("per", "The persona's id"),
    source_id: id("src", "The source's id"),
    source_post_id: id("spo", "The source post's id"),
    sync_job_id: id("syn", "The sync job's id"),
    upload_id: id("upl", "The upload's id"),
    part_number: z
      .string()
      .max(5)
      .regex(/^([1-9][0-9]{0,3}|10000)$/, "must be a whole number from 1 to 10000")
      .describe("The part's place, from 1")
      .meta({ example: "1" }),
    topup_id: id("top", "The top-up's id"),
    webhook_id: id("whk", "The webhook endpoint's id"),
    event_id: id("msg", "The event's id"),
    delivery_id: id("dlv", "The delivery's id"),
  },
});
