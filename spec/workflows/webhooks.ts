import { ADDRESS, newKey, OWNER, PASSWORD, signUp, step, workflow } from "./steps.ts";

const ID = "$steps.endpoint.outputs.id";

const setStatus = (id: string, status: "enabled" | "disabled", ...more: string[]) =>
  step(id, "updateWebhook", {
    as: OWNER,
    params: { webhook_id: ID },
    body: { status },
    expect: [200, `$response.body#/status == '${status}'`, ...more],
  });

const listed = (id: string, status: "enabled" | "disabled", count: number) =>
  step(id, "listWebhooks", { as: OWNER, query: { status }, expect: [200, `$response.body#/count == ${count}`] });

const redeliver = (id: string, status: 202 | 409) =>
  step(id, "redeliverWebhook", {
    as: OWNER,
    params: { delivery_id: "$steps.test.outputs.id" },
    expect: [status, ...(status === 202 ? ["$response.body#/id == $steps.test.outputs.id"] : [])],
  });

export const disabledEndpoint = workflow({
  id: "a-disabled-endpoint-is-sent-nothing",
  summary: "A disabled endpoint is sent nothing, what was on its way included, until it is enabled again",
  steps: [
    signUp,
    step("endpoint", "createWebhook", {
      as: OWNER,
      body: { url: "https://hooks.example.com/reelmark" },
      expect: [
        201,
        "$response.body#/status == 'enabled'",
        "$response.body#/events == null",
        "$response.body#/disabled_reason == null",
        "$response.body#/disabled_at == null",
        "$response.body#/failing_since == null",
        { context: "$response.body#/secret", matches: "^whsec_[A-Za-z0-9+/]{43}=$" },
      ],
      outputs: { id: "$response.body#/id" },
    }),
    step("test", "testWebhook", {
      as: OWNER,
      params: { webhook_id: ID },
      expect: [202, "$response.body#/event_type == 'webhook.test'", `$response.body#/webhook_id == ${ID}`],
      outputs: { id: "$response.body#/id", event: "$response.body#/event_id" },
    }),
    step("see-the-event", "getEvent", {
      as: OWNER,
      params: { event_id: "$steps.test.outputs.event" },
      expect: [200, "$response.body#/type == 'webhook.test'", "$response.body#/payload/type == 'webhook.test'"],
    }),
    setStatus(
      "disable-it",
      "disabled",
      "$response.body#/disabled_reason == 'request'",
      "$response.body#/disabled_at >= $response.body#/created_at",
    ),
    step("nothing-is-on-its-way", "listWebhookDeliveries", {
      as: OWNER,
      query: { webhook_id: ID, status: "pending" },
      expect: [200, "$response.body#/count == 0"],
    }),
    step("see-the-delivery", "getWebhookDelivery", {
      as: OWNER,
      params: { delivery_id: "$steps.test.outputs.id" },
      expect: [200, "$response.body#/status != 'pending'", "$response.body#/next_attempt_at == null"],
    }),
    listed("see-it-disabled", "disabled", 1),
    listed("see-none-enabled", "enabled", 0),
    step("test-it-disabled", "testWebhook", { as: OWNER, params: { webhook_id: ID }, expect: [409] }),
    redeliver("send-again-disabled", 409),
    setStatus("enable-it", "enabled", "$response.body#/disabled_reason == null", "$response.body#/disabled_at == null"),
    redeliver("send-again", 202),
    listed("see-it-enabled", "enabled", 1),
    step("delete-it", "deleteWebhook", { as: OWNER, params: { webhook_id: ID }, expect: [204] }),
    step("its-delivery-is-gone", "getWebhookDelivery", {
      as: OWNER,
      params: { delivery_id: "$steps.test.outputs.id" },
      expect: [404],
    }),
    step("the-event-stays", "getEvent", {
      as: OWNER,
      params: { event_id: "$steps.test.outputs.event" },
      expect: [200],
    }),
  ],
});

const endpoint = (id: string, events: ("api_key.created" | "api_key.revoked" | "sync.completed")[] | null) =>
  step(id, "createWebhook", {
    as: OWNER,
    body: { url: `https://hooks.example.com/${id}`, events },
    expect: [201],
    outputs: { id: "$response.body#/id" },
  });

const deliveries = (id: string, of: string, count: number, ...more: string[]) =>
  step(id, "listWebhookDeliveries", {
    as: OWNER,
    query: { webhook_id: `$steps.${of}.outputs.id` },
    expect: [200, `$response.body#/count == ${count}`, ...more],
  });

export const whoIsTold = workflow({
  id: "endpoints-are-told-what-they-asked-for",
  summary: "An endpoint is told of the events that it names, of all where it names none, and of none while disabled",
  steps: [
    signUp,
    endpoint("of-revocations", ["api_key.revoked", "sync.completed"]),
    endpoint("of-all", null),
    endpoint("endpoint", null),
    setStatus("disable-the-third", "disabled"),
    newKey("create-key", ["brands:read"]),
    deliveries("not-of-creations", "of-revocations", 0),
    deliveries("of-all-one", "of-all", 1, "$response.body#/data/0/event_type == 'api_key.created'"),
    setStatus("enable-the-third", "enabled"),
    deliveries("nothing-of-before", "endpoint", 0),
    step("revoke-it", "revokeApiKey", {
      as: OWNER,
      params: { api_key_id: "$steps.create-key.outputs.id" },
      expect: [200],
    }),
    deliveries("of-the-revocation", "of-revocations", 1, "$response.body#/data/0/event_type == 'api_key.revoked'"),
    deliveries("of-what-happens-from-then-on", "endpoint", 1),
    step("test-the-first", "testWebhook", {
      as: OWNER,
      params: { webhook_id: "$steps.of-revocations.outputs.id" },
      expect: [202],
      outputs: { event: "$response.body#/event_id" },
    }),
    deliveries("newest-first", "of-revocations", 2, "$response.body#/data/0/event_type == 'webhook.test'"),
    deliveries("a-test-is-for-one-alone", "of-all", 2),
    step("one-delivery-of-the-test", "listWebhookDeliveries", {
      as: OWNER,
      query: { event_id: "$steps.test-the-first.outputs.event" },
      expect: [
        200,
        "$response.body#/count == 1",
        "$response.body#/data/0/webhook_id == $steps.of-revocations.outputs.id",
      ],
    }),
  ],
});

export const formerSecret = workflow({
  id: "a-former-secret-ends-with-its-overlap",
  summary: "A rotated secret signs for the seconds of the overlap, and then there is one again; the rest stays",
  steps: [
    signUp,
    step("endpoint", "createWebhook", {
      as: OWNER,
      body: { url: "https://hooks.example.com/reelmark", description: "Storefront", events: ["api_key.created"] },
      expect: [201],
      outputs: { id: "$response.body#/id" },
    }),
    step("rotate-for-long", "rotateWebhookSecret", {
      as: OWNER,
      params: { webhook_id: ID },
      body: { overlap_seconds: 10 },
      expect: [200, "$response.body#/secret_expires_at > $response.body#/updated_at"],
    }),
    // A password is checked slowly on purpose: milliseconds taken for seconds would be over.
    step("let-a-moment-pass", "login", { body: { email: ADDRESS, password: PASSWORD }, expect: [200] }),
    step("see-two-secrets", "getWebhook", {
      as: OWNER,
      params: { webhook_id: ID },
      expect: [200, "$response.body#/secret_expires_at > $response.body#/updated_at"],
    }),
    step("rotate", "rotateWebhookSecret", {
      as: OWNER,
      params: { webhook_id: ID },
      body: { overlap_seconds: 2 },
      expect: [
        200,
        "$response.body#/secret_expires_at > $response.body#/updated_at",
        "$response.body#/description == 'Storefront'",
        "$response.body#/events/0 == 'api_key.created'",
        "$response.body#/status == 'enabled'",
      ],
    }),
    step("see-one-secret", "getWebhook", {
      as: OWNER,
      params: { webhook_id: ID },
      expect: [200, "$response.body#/secret_expires_at == null"],
      retry: { times: 20, everySeconds: 0.25 },
    }),
  ],
});
