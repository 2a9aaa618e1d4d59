import { bearer, newKey, OWNER, signUp, step, workflow } from "./steps.ts";

const use = (id: string, key: string, status: 200 | 401) =>
  step(id, "listBrands", {
    as: bearer(key),
    expect: status === 200 ? [200] : [401, "$response.body#/error/code == 'INVALID_API_KEY'"],
  });

/** A time that no run of these workflows sees. */
const FAR = "2090-01-01T00:00:00.000Z";

export const revokedKey = workflow({
  id: "a-revoked-key-is-refused-for-good",
  summary: "A revoked key is refused from the next request on, and nothing brings it back; it stays to be seen",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    use("use-it", "create-key", 200),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/status == 'revoked'"],
    }),
    use("use-it-again", "create-key", 401),
    step("change-it", "updateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { label: "Back again" },
      expect: [409],
    }),
    step("see-it", "getApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/status == 'revoked'", "$response.body#/label == 'Key of create-key'"],
    }),
  ],
});

export const deletedKey = workflow({
  id: "a-deleted-key-is-refused",
  summary: "A deleted key is refused from the next request on, and is gone",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    use("use-it", "create-key", 200),
    step("delete-it", "deleteApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [204],
    }),
    use("use-it-again", "create-key", 401),
    step("see-it", "getApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [404],
    }),
  ],
});

export const rotatedKey = workflow({
  id: "a-rotated-key-ends-with-its-overlap",
  summary: "A rotated key works on for the overlap alone; the new one has its label, scopes and end",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"], OWNER, FAR),
    step("rotate-it", "rotateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { overlap_seconds: 3600 },
      expect: [
        201,
        "$response.body#/id != $steps.create-key.outputs.id",
        "$response.body#/label == 'Key of create-key'",
        "$response.body#/scopes/0 == 'brands:read'",
        `$response.body#/expires_at == '${FAR}'`,
      ],
      outputs: { id: "$response.body#/id", token: "$response.body#/key" },
    }),
    use("use-the-old-one", "create-key", 200),
    use("use-the-new-one", "rotate-it", 200),
    step("see-the-end-of-the-old-one", "getApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, `$response.body#/expires_at < '${FAR}'`],
    }),
    step("rotate-without-overlap", "rotateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.rotate-it.outputs.id" },
      body: { overlap_seconds: 0 },
      expect: [201],
      outputs: { token: "$response.body#/key" },
    }),
    use("use-what-was-rotated", "rotate-it", 401),
    use("use-the-newest", "rotate-without-overlap", 200),
  ],
});

export const renamedKey = workflow({
  id: "a-renamed-key-keeps-its-end",
  summary: "Changing the label of a key leaves its scopes and its end as they are",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"], OWNER, FAR),
    step("rename-it", "updateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { label: "Renamed" },
      expect: [
        200,
        "$response.body#/label == 'Renamed'",
        "$response.body#/scopes/0 == 'brands:read'",
        `$response.body#/expires_at == '${FAR}'`,
      ],
    }),
  ],
});

export const noWiderKey = workflow({
  id: "a-key-makes-no-wider-key",
  summary: "A key makes keys with scopes of its own alone, that end no later than itself",
  steps: [
    signUp,
    newKey("create-narrow", ["api_keys:write", "brands:read"], OWNER, FAR),
    step("make-a-wider-one", "createApiKey", {
      as: bearer("create-narrow"),
      body: { label: "Wider", scopes: ["brands:read", "brands:write"] },
      expect: [403, "$response.body#/error/code == 'FORBIDDEN'"],
    }),
    step("make-a-longer-one", "createApiKey", {
      as: bearer("create-narrow"),
      body: { label: "Longer", scopes: ["brands:read"], expires_at: "2091-01-01T00:00:00.000Z" },
      expect: ["$statusCode == 400 || $statusCode == 403"],
    }),
    step("make-one-like-it", "createApiKey", {
      as: bearer("create-narrow"),
      body: { label: "Like it", scopes: ["brands:read"] },
      expect: [201, `$response.body#/expires_at == '${FAR}'`],
    }),
  ],
});

/** A key that reaches no further than `api_keys:write` and reading brands tries to manage one that does. */
const forbidden = (id: string, operation: "revokeApiKey" | "deleteApiKey" | "rotateApiKey") =>
  step(id, operation, {
    as: bearer("create-narrow"),
    params: { api_key_id: "$steps.create-wide.outputs.id" },
    ...(operation === "rotateApiKey" ? { body: { overlap_seconds: 0 } } : {}),
    expect: [403],
  });

export const noWiderManaged = workflow({
  id: "a-key-manages-no-wider-key",
  summary: "A key neither changes, rotates, revokes nor deletes a key with more scopes than its own",
  steps: [
    signUp,
    newKey("create-wide", ["brands:read", "brands:write"]),
    newKey("create-narrow", ["api_keys:write", "brands:read"]),
    step("change-the-wide-one", "updateApiKey", {
      as: bearer("create-narrow"),
      params: { api_key_id: "$steps.create-wide.outputs.id" },
      body: { label: "Taken over" },
      expect: [403],
    }),
    forbidden("rotate-the-wide-one", "rotateApiKey"),
    forbidden("revoke-the-wide-one", "revokeApiKey"),
    forbidden("delete-the-wide-one", "deleteApiKey"),
    use("use-the-wide-one", "create-wide", 200),
  ],
});

export const useIsNoted = workflow({
  id: "the-use-of-a-key-is-noted",
  summary: "`last_used_at` of a key tells its last successful request, within 5 seconds",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    step("see-it-unused", "getApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/last_used_at == null"],
    }),
    use("use-it", "create-key", 200),
    step("see-it-used", "getApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/last_used_at >= $response.body#/created_at"],
      retry: { times: 20, everySeconds: 0.25 },
    }),
  ],
});

const counted = (id: string, keys: number) =>
  step(id, "getUsage", { as: OWNER, expect: [200, `$response.body#/api_keys == ${keys}`] });

export const activeKeysCounted = workflow({
  id: "active-keys-are-counted",
  summary: "The usage of an organization counts keys that work, and no revoked one",
  steps: [
    signUp,
    counted("count-none", 0),
    newKey("create-key", ["brands:read"]),
    counted("count-one", 1),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    counted("count-none-again", 0),
  ],
});

const whoIs = step("who-is-it", "getProfile", {
  as: "$inputs.member",
  expect: [200],
  outputs: { user: "$response.body#/user/id" },
});

export const keyFollowsRole = workflow({
  id: "a-key-follows-the-role-of-its-user",
  summary: "What a key may do is cut to the role of its user, from the next request after the role has changed",
  steps: [
    whoIs,
    newKey("create-key", ["brands:read", "brands:write"], "$inputs.member"),
    step("write-as-a-member", "createBrand", {
      as: bearer("create-key"),
      body: { name: "First", slug: "first-{$inputs.run}" },
      expect: [201],
    }),
    step("make-them-a-viewer", "updateMember", {
      as: "$inputs.owner",
      params: { user_id: "$steps.who-is-it.outputs.user" },
      body: { role: "viewer" },
      expect: [200, "$response.body#/role == 'viewer'"],
    }),
    step("write-as-a-viewer", "createBrand", {
      as: bearer("create-key"),
      body: { name: "Second", slug: "second-{$inputs.run}" },
      expect: [403],
    }),
    use("read-as-a-viewer", "create-key", 200),
  ],
});

export const keyEndsWithMembership = workflow({
  id: "a-key-ends-with-the-membership",
  summary: "Keys and sessions of somebody who is removed are refused from the next request on",
  steps: [
    whoIs,
    newKey("create-key", ["brands:read"], "$inputs.member"),
    use("use-it", "create-key", 200),
    step("remove-them", "removeMember", {
      as: "$inputs.owner",
      params: { user_id: "$steps.who-is-it.outputs.user" },
      expect: [204],
    }),
    use("use-it-again", "create-key", 401),
    step("see-the-organization", "getOrganization", {
      as: "$inputs.member",
      expect: ["$statusCode >= 400 && $statusCode < 500"],
    }),
  ],
});
