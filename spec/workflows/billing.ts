import { brand, OWNER, persona, signUp, step, takePlan, workflow } from "./steps.ts";

const source = step("source", "createSource", {
  as: OWNER,
  body: { persona_id: "$steps.persona.outputs.id", url: "{$inputs.still}/studio.xml" },
  expect: [201],
  outputs: { id: "$response.body#/id" },
});

const balance = (id: string, available: number, held: number, low: boolean, ...more: string[]) =>
  step(id, "getBalance", {
    as: OWNER,
    expect: [
      200,
      `$response.body#/available == ${available}`,
      `$response.body#/held == ${held}`,
      `$response.body#/low == ${low}`,
      "$response.body#/spent_this_month == 0",
      ...more,
    ],
  });

/** Sets below how many credits few are left. */
const threshold = (id: string, credits: number) =>
  step(id, "setAutoReload", {
    as: OWNER,
    body: { enabled: false, threshold: credits, credits: 100 },
    expect: [200, `$response.body#/threshold == ${credits}`, "$response.body#/updated_at != null"],
  });

const movements = (id: string, kind: "hold" | "release" | "monthly" | "grant" | "capture", count: number) =>
  step(id, "listTransactions", {
    as: OWNER,
    query: { kind },
    expect: [200, `$response.body#/count == ${count}`],
  });

export const heldCredits = workflow({
  id: "credits-are-held-and-given-back",
  summary: "The month's credits are there once; work holds some of them, and gives back what it did not use",
  steps: [
    signUp,
    takePlan("pro"),
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source,
    balance(
      "see-the-months-credits",
      1000,
      0,
      false,
      "$response.body#/monthly_credits == 1000",
      "$response.body#/low_threshold == 100",
    ),
    threshold("be-told-below-all", 1000),
    balance("as-many-as-the-threshold-are-not-few", 1000, 0, false, "$response.body#/low_threshold == 1000"),
    threshold("be-told-below-more", 1001),
    balance("fewer-than-the-threshold-are", 1000, 0, true, "$response.body#/low_threshold == 1001"),
    step("sync", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.source.outputs.id" },
      body: {},
      expect: [202],
      outputs: { id: "$response.body#/id" },
    }),
    balance("see-one-held", 999, 1, true),
    step("see-the-hold", "listTransactions", {
      as: OWNER,
      expect: [
        200,
        "$response.body#/count == 2",
        "$response.body#/data/0/kind == 'hold'",
        "$response.body#/data/0/amount == -1",
        "$response.body#/data/0/available_after == 999",
        "$response.body#/data/0/held_after == 1",
        "$response.body#/data/0/operation == 'syncSource'",
        "$response.body#/data/1/kind == 'monthly'",
        "$response.body#/data/1/amount == 1000",
        "$response.body#/data/1/available_after == 1000",
        "$response.body#/data/1/held_after == 0",
        "$response.body#/data/1/hold_id == null",
      ],
      outputs: { hold: "$response.body#/data/0/hold_id" },
    }),
    step("cancel", "cancelSyncJob", {
      as: OWNER,
      params: { sync_job_id: "$steps.sync.outputs.id" },
      expect: [200],
    }),
    step("see-the-release", "listTransactions", {
      as: OWNER,
      query: { hold_id: "$steps.see-the-hold.outputs.hold" },
      expect: [
        200,
        "$response.body#/count == 2",
        "$response.body#/data/0/kind == 'release'",
        "$response.body#/data/0/amount == 1",
        "$response.body#/data/0/available_after == 1000",
        "$response.body#/data/0/held_after == 0",
        "$response.body#/data/1/kind == 'hold'",
      ],
    }),
    balance("see-all-again", 1000, 0, true),
    movements("see-one-hold", "hold", 1),
    movements("see-nothing-spent", "capture", 0),
  ],
});

export const noCredits = workflow({
  id: "without-credits-nothing-begins",
  summary: "What the balance does not cover is a 402, begins nothing and moves nothing",
  steps: [
    signUp,
    takePlan("free"),
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source,
    balance("see-none", 0, 0, true, "$response.body#/monthly_credits == 0"),
    step("sync", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.source.outputs.id" },
      body: {},
      expect: [402, "$response.body#/error/code == 'INSUFFICIENT_BALANCE'"],
    }),
    step("sync-the-persona", "syncPersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: {},
      expect: [402],
    }),
    step("see-no-job", "listSyncJobs", { as: OWNER, expect: [200, "$response.body#/count == 0"] }),
    step("see-no-movement", "listTransactions", { as: OWNER, expect: [200, "$response.body#/count == 0"] }),
    step("want-the-pro-plan", "changeBillingPlan", {
      as: OWNER,
      body: { plan: "pro" },
      description: "With `manual` a larger plan is the operator's to give; with `stripe` it waits for its payment.",
      expect: ["$statusCode == 403 || $response.body#/pending_plan == 'pro'"],
    }),
    step("be-on-the-free-plan", "getOrganization", { as: OWNER, expect: [200, "$response.body#/plan == 'free'"] }),
  ],
});

export const samePlanEverywhere = workflow({
  id: "a-plan-is-the-same-everywhere",
  summary: "A smaller plan holds at once, and wherever a plan is shown it is that one, with the terms of the list",
  steps: [
    signUp,
    takePlan("pro"),
    step("see-how-it-is-paid", "getBillingPlan", {
      as: OWNER,
      expect: [200, "$response.body#/plan/id == 'pro'", "$response.body#/renews_at == null"],
      outputs: { plan: "$response.body#/plan" },
    }),
    step("see-all-plans", "listPlans", {
      expect: [
        200,
        "$response.body#/data/0/id == 'free'",
        "$response.body#/data/1 == $steps.see-how-it-is-paid.outputs.plan",
        "$response.body#/data/2/id == 'scale'",
        "$response.body#/data/1/monthly_credits == 1000",
        "$response.body#/data/1/seats == 10",
      ],
    }),
    step("see-its-use", "getUsage", {
      as: OWNER,
      expect: [
        200,
        "$response.body#/plan == $steps.see-how-it-is-paid.outputs.plan",
        "$response.body#/seats/limit == $response.body#/plan/seats",
        "$response.body#/storage_bytes/limit == $response.body#/plan/storage_bytes",
      ],
    }),
    step("see-oneself", "getProfile", { as: OWNER, expect: [200, "$response.body#/organization/plan == 'pro'"] }),
    step("see-ones-organizations", "listOrganizations", {
      as: OWNER,
      expect: [200, "$response.body#/data/0/plan == 'pro'"],
    }),
    step("see-the-balance", "getBalance", { as: OWNER, expect: [200, "$response.body#/monthly_credits == 1000"] }),
  ],
});

export const unpaidTopUp = workflow({
  id: "credits-come-with-their-payment",
  summary: "A top-up that is not paid for is pending, says what to do, and brings no credits",
  steps: [
    signUp,
    takePlan("pro"),
    step("buy", "createTopUp", {
      as: OWNER,
      body: { credits: 250 },
      expect: [
        201,
        "$response.body#/status == 'pending'",
        "$response.body#/credits == 250",
        "$response.body#/automatic == false",
        "$response.body#/paid_at == null",
        "$response.body#/error == null",
        "$response.body#/checkout_url != null || $response.body#/instructions != null",
      ],
      outputs: { id: "$response.body#/id", topup: "$response.body" },
    }),
    step("see-it", "getTopUp", {
      as: OWNER,
      params: { topup_id: "$steps.buy.outputs.id" },
      expect: [200, "$response.body == $steps.buy.outputs.topup"],
    }),
    balance("see-the-months-credits-alone", 1000, 0, false),
    step("see-no-other-movement", "listTransactions", {
      as: OWNER,
      query: { kind: "topup" },
      expect: [200, "$response.body#/count == 0"],
    }),
    step("see-auto-reload-unset", "getAutoReload", {
      as: OWNER,
      expect: [
        200,
        "$response.body#/enabled == false",
        "$response.body#/threshold == 100",
        "$response.body#/updated_at == null",
      ],
    }),
  ],
});
