import { counted, FAR, newKey, OWNER, signUp, step, use, workflow } from "./steps.ts";

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

export const noEndedKey = workflow({
  id: "a-key-ends-in-the-future",
  summary: "A key is neither made nor changed to have ended already",
  steps: [
    signUp,
    step("make-one-that-has-ended", "createApiKey", {
      as: OWNER,
      body: { label: "Ended", scopes: ["brands:read"], expires_at: "2020-01-01T00:00:00.000Z" },
      expect: [400, "$response.body#/error/code == 'VALIDATION_ERROR'"],
    }),
    newKey("create-key", ["brands:read"]),
    step("end-it-in-the-past", "updateApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      body: { expires_at: "2020-01-01T00:00:00.000Z" },
      expect: [400],
    }),
    use("use-it", "create-key", 200),
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

export const activeKeysCounted = workflow({
  id: "active-keys-are-counted",
  summary: "The usage of an organization counts keys that work, and no revoked one",
  steps: [
    signUp,
    counted("count-none", "api_keys", 0),
    newKey("create-key", ["brands:read"]),
    counted("count-one", "api_keys", 1),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    counted("count-none-again", "api_keys", 0),
  ],
});
