import { bearer, FAR, newKey, OWNER, signUp, step, use, workflow } from "./steps.ts";

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
      expect: [403],
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
      expect: [403],
    }),
  ],
});

export const keyEndsWithLeaving = workflow({
  id: "a-key-ends-when-its-user-leaves",
  summary: "Keys of somebody who leaves are revoked, for good; their session goes on without the organization",
  steps: [
    whoIs,
    newKey("create-key", ["brands:read"], "$inputs.member"),
    use("use-it", "create-key", 200),
    step("leave", "leaveOrganization", { as: "$inputs.member", expect: [204] }),
    use("use-it-again", "create-key", 401),
    step("see-it-revoked", "getApiKey", {
      as: "$inputs.owner",
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200, "$response.body#/status == 'revoked'"],
    }),
    step("be-in-none", "listOrganizations", { as: "$inputs.member", expect: [200, "!$response.body#/data/0"] }),
    step("see-no-organization", "getOrganization", { as: "$inputs.member", expect: [403] }),
    step("keep-the-session", "listSessions", { as: "$inputs.member", expect: [200, "$response.body#/count == 1"] }),
  ],
});
