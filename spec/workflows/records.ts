import { bearer, newKey, OWNER, signUp, step, workflow } from "./steps.ts";

const whatWasDone = (id: string, operation: string, count: number, ...more: string[]) =>
  step(id, "listAuditEvents", {
    as: OWNER,
    query: { operation },
    expect: [200, `$response.body#/count == ${count}`, ...more],
  });

export const audited = workflow({
  id: "every-change-is-audited",
  summary: "A change leaves one record: what was done, to what, by whom and with which key; a refusal leaves none",
  steps: [
    signUp,
    newKey("create-key", ["brands:write"]),
    step("create-brand", "createBrand", {
      as: bearer("create-key"),
      body: { name: "First", slug: "first" },
      expect: [201],
      outputs: { id: "$response.body#/id", request: "$response.header.X-Request-Id" },
    }),
    step("create-it-again", "createBrand", {
      as: bearer("create-key"),
      body: { name: "Second", slug: "first" },
      expect: [409],
    }),
    whatWasDone(
      "see-what-was-done",
      "createBrand",
      1,
      "$response.body#/data/0/resource/id == $steps.create-brand.outputs.id",
      "$response.body#/data/0/request_id == $steps.create-brand.outputs.request",
      "$response.body#/data/0/actor/kind == 'api_key'",
      "$response.body#/data/0/actor/credential_id == $steps.create-key.outputs.id",
      "$response.body#/data/0/actor/user_id == $steps.sign-up.outputs.user",
    ),
  ],
});

export const keysAreTold = workflow({
  id: "what-happens-to-keys-is-told",
  summary: "An event tells of a key that was created, and of one that was revoked, without the key itself",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    step("see-it-created", "listEvents", {
      as: OWNER,
      query: { type: "api_key.created" },
      expect: [
        200,
        "$response.body#/count == 1",
        "$response.body#/data/0/payload/data/id == $steps.create-key.outputs.id",
        "!$response.body#/data/0/payload/data/key",
      ],
    }),
    step("see-it-revoked", "listEvents", {
      as: OWNER,
      query: { type: "api_key.revoked" },
      expect: [
        200,
        "$response.body#/count == 1",
        "$response.body#/data/0/payload/data/id == $steps.create-key.outputs.id",
        "$response.body#/data/0/payload/data/status == 'revoked'",
      ],
    }),
  ],
});

export const webhookSecret = workflow({
  id: "a-webhook-secret-is-shown-once",
  summary: "The secret of an endpoint is shown when it is made, and another when it is rotated; never again after",
  steps: [
    signUp,
    step("create-endpoint", "createWebhook", {
      as: OWNER,
      body: { url: "https://hooks.example.com/reelmark" },
      expect: [201],
      outputs: { id: "$response.body#/id", secret: "$response.body#/secret" },
    }),
    step("see-no-secret", "getWebhook", {
      as: OWNER,
      params: { webhook_id: "$steps.create-endpoint.outputs.id" },
      expect: [200, "!$response.body#/secret", "$response.body#/secret_expires_at == null"],
    }),
    step("rotate-with-overlap", "rotateWebhookSecret", {
      as: OWNER,
      params: { webhook_id: "$steps.create-endpoint.outputs.id" },
      body: { overlap_seconds: 3600 },
      expect: [
        200,
        "$response.body#/secret != $steps.create-endpoint.outputs.secret",
        "$response.body#/secret_expires_at > $response.body#/created_at",
      ],
    }),
    step("rotate-without-overlap", "rotateWebhookSecret", {
      as: OWNER,
      params: { webhook_id: "$steps.create-endpoint.outputs.id" },
      body: { overlap_seconds: 0 },
      expect: [200, "$response.body#/secret_expires_at == null"],
    }),
  ],
});
