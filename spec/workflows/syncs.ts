import { balance, brand, listing, OWNER, persona, signUp, step, takePlan, workflow } from "./steps.ts";

const source = (id: string, status: "active" | "paused" = "active") => [
  step(id, "createSource", {
    as: OWNER,
    body: { persona_id: "$steps.persona.outputs.id", url: `{$inputs.still}/${id}.xml` },
    expect: [201],
    outputs: { id: "$response.body#/id" },
  }),
  ...(status === "active" ? [] : [setStatus(`pause-${id}`, id, status)]),
];

const setStatus = (id: string, source: string, status: "active" | "paused") =>
  step(id, "updateSource", {
    as: OWNER,
    params: { source_id: `$steps.${source}.outputs.id` },
    body: { status },
    expect: [200, `$response.body#/status == '${status}'`],
  });

/** Syncs the persona of the step `persona`. */
const sync = (id: string, ...expect: [number, ...string[]]) =>
  step(id, "syncPersona", {
    as: OWNER,
    params: { persona_id: "$steps.persona.outputs.id" },
    body: {},
    expect,
    ...(expect[0] === 202 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

const cancel = (id: string, job: string, status: 200 | 409, ...more: string[]) =>
  step(id, "cancelSyncJob", {
    as: OWNER,
    params: { sync_job_id: `$steps.${job}.outputs.id` },
    expect: [status, ...more],
  });

const AS_BEFORE = [
  "$response.body#/available == $steps.see-the-credits.outputs.available",
  "$response.body#/held == 0",
  "$response.body#/spent_this_month == 0",
];

export const oneRunAtATime = workflow({
  id: "a-persona-is-synced-once-at-a-time",
  summary: "A run holds credits for active sources alone; while it goes on, another is refused, and names it",
  steps: [
    signUp,
    takePlan("pro"),
    brand("first"),
    persona("persona", "Studio Nora", 201),
    ...source("one"),
    ...source("two"),
    ...source("three", "paused"),
    balance("see-the-credits", "$response.body#/held == 0"),
    sync(
      "sync",
      202,
      "$response.body#/status == 'pending'",
      "$response.body#/trigger == 'request'",
      "$response.body#/source_id == null",
      "$response.body#/estimated_cost == 2",
      "$response.body#/cost == null",
      "$response.body#/progress == 0",
      "$response.body#/started_at == null",
      "$response.body#/finished_at == null",
      "$response.body#/results/1/status == 'pending'",
      "!$response.body#/results/2/status",
    ),
    balance(
      "see-them-held",
      "$response.body#/held >= 2",
      "$response.body#/available < $steps.see-the-credits.outputs.available",
      "$response.body#/spent_this_month == 0",
    ),
    sync("sync-again", 409, "$response.body#/error/details/sync_job_id == $steps.sync.outputs.id"),
    cancel(
      "cancel-it",
      "sync",
      200,
      "$response.body#/status == 'canceled'",
      "$response.body#/cost == 0",
      "$response.body#/new_count == 0",
      "$response.body#/results/0/status == 'skipped'",
      "$response.body#/results/1/status == 'skipped'",
      "$response.body#/finished_at >= $response.body#/created_at",
    ),
    balance("see-them-given-back", ...AS_BEFORE),
    cancel("cancel-it-again", "sync", 409),
    setStatus("make-it-active", "three", "active"),
    sync("sync-now", 202, "$response.body#/estimated_cost == 3"),
    step("delete-one", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.three.outputs.id" },
      expect: [204],
    }),
    cancel("cancel-this-too", "sync-now", 200, "$response.body#/cost == 0"),
    balance("see-all-given-back", ...AS_BEFORE),
  ],
});

const jobs = listing("listSyncJobs");

export const runsAreFound = workflow({
  id: "runs-are-found-by-what-they-are-over",
  summary:
    "A run over one source is found by it, one over a persona by the persona alone; a run of one is refused twice",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    sync(
      "sync-nothing",
      202,
      "$response.body#/status == 'skipped'",
      "$response.body#/estimated_cost == 0",
      "$response.body#/cost == 0",
      "$response.body#/progress == 100",
      "$response.body#/finished_at >= $response.body#/created_at",
    ),
    cancel("cancel-what-has-ended", "sync-nothing", 409),
    ...source("one"),
    step("sync-one", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.one.outputs.id" },
      body: {},
      expect: [
        202,
        "$response.body#/source_id == $steps.one.outputs.id",
        "$response.body#/persona_id == $steps.persona.outputs.id",
        "$response.body#/estimated_cost == 1",
        "$response.body#/results/0/source_id == $steps.one.outputs.id",
      ],
      outputs: { id: "$response.body#/id" },
    }),
    step("sync-one-again", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.one.outputs.id" },
      body: { force: true },
      expect: [409, "$response.body#/error/details/sync_job_id == $steps.sync-one.outputs.id"],
    }),
    jobs("of-the-persona", { persona_id: "$steps.persona.outputs.id" }, "sync-one", "sync-nothing"),
    jobs("of-the-source", { source_id: "$steps.one.outputs.id" }, "sync-one"),
    jobs("pending", { status: "pending" }, "sync-one"),
    cancel("cancel-it", "sync-one", 200),
    jobs("no-longer-pending", { status: "pending" }),
    takePlan("pro"),
    balance("see-the-credits", "$response.body#/held == 0"),
    step("sync-it-again", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.one.outputs.id" },
      body: {},
      expect: [202],
    }),
    balance("see-one-held", "$response.body#/held == 1"),
    jobs("canceled", { status: "canceled", source_id: "$steps.one.outputs.id" }, "sync-one"),
    step("delete-it", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.one.outputs.id" },
      expect: [204],
    }),
    balance("see-it-given-back", ...AS_BEFORE),
  ],
});

export const noCreditsNoSync = workflow({
  id: "no-credits-no-sync",
  summary: "Without credits nothing is synced, and nothing is left of the try",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    ...source("one"),
    takePlan("free"),
    balance("see-none", "$response.body#/available == 0"),
    sync("sync", 402, "$response.body#/error/code == 'INSUFFICIENT_BALANCE'"),
    jobs("see-no-run", {}),
    balance("see-none-held", "$response.body#/available == 0", "$response.body#/held == 0"),
  ],
});
