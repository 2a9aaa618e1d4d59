import { UserSession } from "../accounts.ts";
import { ApiKey, CreatedApiKey } from "../api-keys.ts";
import { Grant } from "../grants.ts";
import { exampleId, type Output } from "../kit/schema.ts";
import { told } from "../kit/story.ts";
import { OAUTH } from "../oauth.ts";
import { Invitation, Member, Organization, User } from "../organizations.ts";
import { JONAS, MIRA, made, NIGHTLY_KEY, NORA, SESSION, STOREFRONT_KEY } from "./ids.ts";

const storefront = {
  id: STOREFRONT_KEY,
  label: "Storefront",
  prefix: "rm_3f9a1c2",
  scopes: ["brands:read", "personas:read", "personas:write"],
  status: "active",
  expires_at: "2036-01-15T09:30:00.000Z",
  last_used_at: "2026-01-15T09:29:41.000Z",
  created_by: NORA,
  created_at: "2026-01-12T08:31:55.702Z",
} satisfies Output<typeof ApiKey>;

export const PEOPLE = [
  told(User, {
    id: NORA,
    email: "nora@orangecat.example",
    email_verified: true,
    name: "Nora Lindt",
    created_at: "2025-09-01T07:58:20.331Z",
  }),
  told(
    Organization,
    {
      id: exampleId("org"),
      name: "Orange Cat Studio",
      plan: "pro",
      role: "owner",
      created_at: "2025-09-01T07:58:20.331Z",
    },
    {
      id: made("org", "2025-12-02T18:44:09.610Z"),
      name: "Bean & Bike Club",
      plan: "free",
      role: "member",
      created_at: "2025-12-02T18:44:09.610Z",
    },
  ),
  told(
    Member,
    {
      user_id: NORA,
      name: "Nora Lindt",
      email: "nora@orangecat.example",
      role: "owner",
      joined_at: "2025-09-01T07:58:20.331Z",
    },
    {
      user_id: MIRA,
      name: "Mira Sato",
      email: "mira@orangecat.example",
      role: "admin",
      joined_at: "2025-09-03T08:15:40.000Z",
    },
    {
      user_id: JONAS,
      name: "Jonas Frei",
      email: "jonas@orangecat.example",
      role: "member",
      joined_at: "2025-11-20T13:02:11.000Z",
    },
  ),
  told(
    Invitation,
    {
      id: exampleId("inv"),
      email: "tom@orangecat.example",
      role: "member",
      status: "pending",
      invited_by: NORA,
      created_at: "2026-01-14T16:20:05.118Z",
      expires_at: "2026-01-21T16:20:05.118Z",
    },
    {
      id: made("inv", "2025-12-09T10:11:12.480Z"),
      email: "press@roastery.example",
      role: "viewer",
      status: "expired",
      invited_by: MIRA,
      created_at: "2025-12-09T10:11:12.480Z",
      expires_at: "2025-12-16T10:11:12.480Z",
    },
    {
      id: made("inv", "2025-11-20T12:40:33.907Z"),
      email: "jonas@orangecat.example",
      role: "member",
      status: "accepted",
      invited_by: MIRA,
      created_at: "2025-11-20T12:40:33.907Z",
      expires_at: "2025-11-27T12:40:33.907Z",
    },
  ),
  told(
    UserSession,
    { id: SESSION, current: true, created_at: "2026-01-15T08:02:17.244Z", expires_at: "2026-02-14T09:19:52.016Z" },
    {
      id: made("ses", "2026-01-11T19:36:50.873Z"),
      current: false,
      created_at: "2026-01-11T19:36:50.873Z",
      expires_at: "2026-02-10T20:02:09.731Z",
    },
  ),
  told(
    Grant,
    {
      id: exampleId("oag"),
      client_id: "oac_b7Qm2rV0yB1nTq8sUeW5xLd7",
      client_name: "Storyboard for Desktop",
      organization_id: exampleId("org"),
      organization_name: "Orange Cat Studio",
      scopes: ["brands:read", "personas:read", "sources:read"],
      created_at: "2026-01-15T08:04:51.390Z",
      expires_at: "2026-02-14T09:19:52.016Z",
    },
    {
      id: made("oag", "2026-01-11T19:38:24.107Z"),
      client_id: OAUTH.commandLine,
      client_name: OAUTH.commandLineName,
      organization_id: made("org", "2025-12-02T18:44:09.610Z"),
      organization_name: "Bean & Bike Club",
      scopes: ["profile:read", "brands:read", "brands:write", "webhooks:read"],
      created_at: "2026-01-11T19:38:24.107Z",
      expires_at: "2026-02-10T20:02:09.731Z",
    },
  ),
  told(
    ApiKey,
    storefront,
    {
      id: NIGHTLY_KEY,
      label: "Nightly sync",
      prefix: "rm_b70e54d",
      scopes: ["sources:read", "sync:write"],
      status: "active",
      expires_at: null,
      last_used_at: "2026-01-15T02:00:06.000Z",
      created_by: MIRA,
      created_at: "2025-11-24T10:20:08.015Z",
    },
    {
      id: made("key", "2025-10-02T09:09:31.660Z"),
      label: "Agency trial",
      prefix: "rm_91c2f08",
      scopes: ["brands:read", "sources:read"],
      status: "expired",
      expires_at: "2025-12-31T23:00:00.000Z",
      last_used_at: "2025-12-30T17:48:02.000Z",
      created_by: NORA,
      created_at: "2025-10-02T09:09:31.660Z",
    },
    {
      id: made("key", "2025-09-01T08:14:47.209Z"),
      label: "Nora's old laptop",
      prefix: "rm_0d8ea67",
      scopes: ["brands:read", "brands:write"],
      status: "revoked",
      expires_at: null,
      last_used_at: null,
      created_by: NORA,
      created_at: "2025-09-01T08:14:47.209Z",
    },
  ),
  told(CreatedApiKey, {
    ...storefront,
    last_used_at: null,
    created_at: "2026-01-15T09:30:00.000Z",
    key: "rm_3f9a1c20d4b58e7796a1c3f20b4d68e9a7c1f3e50b2d4f68a9c1e3f5b1c2d3e4",
  }),
];
