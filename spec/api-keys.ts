import { line } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { ahead, id, input, moment, nullable, patch, ruled, schema, secret, timestamp, z } from "./kit/schema.ts";
import { operation, SCOPES, ScopeName } from "./vocabulary.ts";

const scopes = z
  .array(ScopeName)
  .min(1)
  .max(Object.keys(SCOPES).length)
  .refine((list) => new Set(list).size === list.length, "must not repeat a scope")
  .describe("What the key may do, each scope once. No more than the caller may do")
  .meta({ example: ["brands:read", "personas:read", "personas:write"], uniqueItems: true });

const label = line(80, "Tells the key from others", "Storefront");

const status = z
  .enum(["active", "revoked", "expired"])
  .describe("`revoked` is permanent; `expired` when `expires_at` has passed");

const expiresAt = nullable(timestamp("When the key stops working; null for never"));

const fields = {
  id: id("key"),
  label,
  prefix: z.string().describe("The key's first characters, to recognise it by").meta({ example: "rm_3f9a1c2" }),
  scopes,
  status,
  expires_at: expiresAt,
  last_used_at: nullable(timestamp("The last successful request, within 5 seconds; null when never used")),
  created_by: id("usr", "The user whose role bounds the key"),
  created_at: timestamp("When the key was created"),
};

export const ApiKey = schema("ApiKey", "An API key, without the key itself", fields);

const key = secret(
  z
    .string()
    .describe("The key itself, shown this once. Send it as `Authorization: Bearer …` or `x-api-key`")
    .meta({ example: "rm_3f9a1c20d4b58e7796a1c3f20b4d68e9a7c1f3e50b2d4f68a9c1e3f5b1c2d3e4" }),
);

export const CreatedApiKey = schema("CreatedApiKey", "An API key with the key itself, shown once", { ...fields, key });

const newExpiry = nullable(
  ahead(
    ruled(
      // Far ahead, so that the example still works for whoever copies it.
      moment("When the key stops working; null or absent for never, as far as the caller's own allows").meta({
        example: "2036-01-15T09:30:00.000Z",
        format: "date-time",
      }),
      "lies in the future, and not after the end of the caller's own key",
    ),
  ),
);

export const ApiKeyInput = input("ApiKeyInput", "A new API key", { label, scopes, expires_at: newExpiry.optional() });

export const ApiKeyPatch = patch("ApiKeyPatch", "What to change of an API key", {
  label,
  scopes,
  expires_at: newExpiry,
});

export const RotateApiKeyInput = input("RotateApiKeyInput", "How to rotate", {
  overlap_seconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(0)
    .describe("For how long the old key still works, in seconds: at most 7 days")
    .meta({ example: 3600 }),
});

export const listApiKeys = operation({
  id: "listApiKeys",
  method: "get",
  path: "/v1/api-keys",
  tag: "API keys",
  summary: "List API keys",
  description: "The organization's keys, newest first.",
  scopes: ["api_keys:read"],
  effect: { lists: "api_key" },
  query: page.query({ status: status.optional() }),
  responses: { 200: page.of(ApiKey) },
});

export const createApiKey = operation({
  id: "createApiKey",
  method: "post",
  path: "/v1/api-keys",
  tag: "API keys",
  summary: "Create an API key",
  description:
    "The answer holds the key, once. Its scopes are explicit and within the caller's own; a key made by a key ends no later than its maker.",
  scopes: ["api_keys:write"],
  idempotent: "key",
  effect: { creates: "api_key" },
  body: ApiKeyInput,
  responses: { 201: CreatedApiKey },
});

export const getApiKey = operation({
  id: "getApiKey",
  method: "get",
  path: "/v1/api-keys/{api_key_id}",
  tag: "API keys",
  summary: "Get an API key",
  scopes: ["api_keys:read"],
  effect: { reads: "api_key" },
  responses: { 200: ApiKey },
});

export const updateApiKey = operation({
  id: "updateApiKey",
  method: "patch",
  path: "/v1/api-keys/{api_key_id}",
  tag: "API keys",
  summary: "Update an API key",
  description: "A merge patch (RFC 7396). Nothing brings a revoked or expired key back: both answer 409.",
  scopes: ["api_keys:write"],
  effect: { updates: "api_key" },
  body: ApiKeyPatch,
  responses: { 200: ApiKey },
  errors: ["CONFLICT"],
});

export const deleteApiKey = operation({
  id: "deleteApiKey",
  method: "delete",
  path: "/v1/api-keys/{api_key_id}",
  tag: "API keys",
  summary: "Delete an API key",
  description: "The key stops working at once and leaves the list.",
  scopes: ["api_keys:write"],
  effect: { deletes: "api_key" },
  responses: { 204: none("The key is gone") },
});

export const rotateApiKey = operation({
  id: "rotateApiKey",
  method: "post",
  path: "/v1/api-keys/{api_key_id}/rotate",
  tag: "API keys",
  summary: "Rotate an API key",
  description:
    "Makes a new key with the same label, scopes and expiry, under a new id. The old one works on for `overlap_seconds`.",
  scopes: ["api_keys:write"],
  idempotent: "key",
  effect: { creates: "api_key" },
  body: RotateApiKeyInput,
  responses: { 201: CreatedApiKey },
});

export const revokeApiKey = operation({
  id: "revokeApiKey",
  method: "post",
  path: "/v1/api-keys/{api_key_id}/revoke",
  tag: "API keys",
  summary: "Revoke an API key",
  description: "The key is refused everywhere from the next request on, for good. It stays in the list.",
  scopes: ["api_keys:write"],
  idempotent: "natural",
  effect: { updates: "api_key" },
  responses: { 200: ApiKey },
});
