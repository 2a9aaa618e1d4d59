import { bearer, counted, FAR, newKey, OWNER, signUp, step, use, workflow } from "./steps.ts";

const write = (id: string, key: string, status: 201 | 403) =>
  step(id, "createBrand", { as: bearer(key), body: { name: id, slug: id }, expect: [status] });

const change = (id: string, scopes: readonly ("brands:read" | "brands:write")[]) =>
  step(id, "updateApiKey", {
    as: OWNER,
    params: { api_key_id: "$steps.create-key.outputs.id" },
    body: { scopes: [...scopes] },
    expect: [
      200,
      `$response.body#/scopes/${scopes.length - 1} == '${scopes.at(-1)}'`,
      "$response.body#/label == 'Key of create-key'",
    ],
  });

export const narrowedKey = workflow({
  id: "a-key-reaches-as-far-as-its-scopes-now",
  summary: "A key that is narrowed is held to it from the next request on, and one that is widened again may go on",
  steps: [
    signUp,
    newKey("create-key", ["brands:read", "brands:write"], OWNER, FAR),
    write("before", "create-key", 201),
    change("narrow-it", ["brands:read"]),
    write("meanwhile", "create-key", 403),
    use("read-meanwhile", "create-key", 200),
    change("widen-it", ["brands:read", "brands:write"]),
    write("after", "create-key", 201),
    step("let-it-last", "updateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { expires_at: null },
      expect: [200, "$response.body#/expires_at == null", "$response.body#/scopes/1 == 'brands:write'"],
    }),
  ],
});

const listed = (id: string, status: "active" | "expired" | "revoked", count: number, ...more: string[]) =>
  step(id, "listApiKeys", {
    as: OWNER,
    query: { status },
    expect: [200, `$response.body#/count == ${count}`, ...more],
    retry: { times: 20, everySeconds: 0.25 },
  });

export const expiredKey = workflow({
  id: "a-key-expires",
  summary: "A rotated key works for the seconds of its overlap; then it is refused, `expired`, and no longer counted",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    step("rotate-it", "rotateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { overlap_seconds: 2 },
      expect: [201, "$response.body#/expires_at == null", "$response.body#/last_used_at == null"],
      outputs: { id: "$response.body#/id", token: "$response.body#/key" },
    }),
    use("use-the-old-one", "create-key", 200),
    use("use-the-new-one", "rotate-it", 200),
    counted("count-both", "api_keys", 2),
    listed("see-the-old-one-expired", "expired", 1, "$response.body#/data/0/id == $steps.create-key.outputs.id"),
    use("use-what-expired", "create-key", 401),
    use("go-on-with-the-new-one", "rotate-it", 200),
    listed("see-the-new-one-active", "active", 1, "$response.body#/data/0/id == $steps.rotate-it.outputs.id"),
    listed("see-none-revoked", "revoked", 0),
    counted("count-the-new-one", "api_keys", 1),
    step("rotate-what-expired", "rotateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { overlap_seconds: 2 },
      expect: [409],
    }),
    step("delete-the-new-one", "deleteApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.rotate-it.outputs.id" },
      expect: [204],
    }),
    counted("count-none", "api_keys", 0),
  ],
});

const told = (id: string, type: "api_key.created" | "api_key.revoked", count: number, newest: string) =>
  step(id, "listEvents", {
    as: OWNER,
    query: { type },
    expect: [200, `$response.body#/count == ${count}`, `$response.body#/data/0/payload/data/id == ${newest}`],
  });

export const rotationIsTold = workflow({
  id: "a-rotated-and-a-deleted-key-are-told",
  summary: "An event tells of a key that a rotation made, of one that was deleted, and of a revocation once",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    step("rotate-it", "rotateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { overlap_seconds: 3600 },
      expect: [201],
      outputs: { id: "$response.body#/id", token: "$response.body#/key" },
    }),
    told("see-the-new-one", "api_key.created", 2, "$steps.rotate-it.outputs.id"),
    step("revoke-the-old-one", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    step("revoke-it-again", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/status == 'revoked'"],
    }),
    told("see-it-once", "api_key.revoked", 1, "$steps.create-key.outputs.id"),
    step("delete-the-new-one", "deleteApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.rotate-it.outputs.id" },
      expect: [204],
    }),
    told("see-the-deleted-one", "api_key.revoked", 2, "$steps.rotate-it.outputs.id"),
  ],
});

export const whoAKeyIs = workflow({
  id: "a-key-says-who-it-acts-for",
  summary: "The profile of a key is its user's and names the key, in either header; both headers at once are a 400",
  steps: [
    signUp,
    step("create-key", "createApiKey", {
      as: OWNER,
      body: { label: "Storefront", scopes: ["profile:read"] },
      expect: [
        201,
        "$response.body#/status == 'active'",
        "$response.body#/created_by == $steps.sign-up.outputs.user",
        "$response.body#/expires_at == null",
        { context: "$response.body#/key", matches: "^rm_[0-9a-f]{64}$" },
        { context: "$response.body#/prefix", matches: "^rm_[0-9a-f]{7}$" },
      ],
      outputs: { id: "$response.body#/id", token: "$response.body#/key" },
    }),
    step("by-authorization", "getProfile", {
      as: bearer("create-key"),
      expect: [
        200,
        "$response.body#/user/id == $steps.sign-up.outputs.user",
        "$response.body#/credential/kind == 'api_key'",
        "$response.body#/credential/id == $steps.create-key.outputs.id",
        { context: "$response.body#/credential/scopes", matches: '^\\["profile:read"\\]$' },
      ],
      outputs: { profile: "$response.body" },
    }),
    step("by-a-header-of-its-own", "getProfile", {
      headers: { "x-api-key": "$steps.create-key.outputs.token" },
      expect: [200, "$response.body == $steps.by-authorization.outputs.profile"],
    }),
    step("by-both", "getProfile", {
      as: bearer("create-key"),
      headers: { "x-api-key": "$steps.create-key.outputs.token" },
      expect: [400],
    }),
  ],
});
