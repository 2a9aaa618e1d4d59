import { brand, counted, OWNER, persona, signUp, step, workflow } from "./steps.ts";

const source = (id: string, status: 201 | 409) =>
  step(id, "createSource", {
    as: OWNER,
    body: { persona_id: "$steps.persona.outputs.id", url: "https://feeds.example.com/nora.xml" },
    expect: [status],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

export const feedOnce = workflow({
  id: "a-feed-is-a-personas-once",
  summary: "A persona has a feed once, cannot be deleted while it has it, and can have it again when it is deleted",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source("feed", 201),
    source("feed-again", 409),
    step("delete-the-persona", "deletePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      expect: [409],
    }),
    step("delete-it", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      expect: [204],
    }),
    source("feed-now", 201),
    counted("count-one", "sources", 1),
    step("tom", "createPersona", {
      as: OWNER,
      body: { brand_id: "$steps.first.outputs.id", name: "Tom" },
      expect: [201],
      outputs: { id: "$response.body#/id" },
    }),
    step("feed-of-another", "createSource", {
      as: OWNER,
      body: { persona_id: "$steps.tom.outputs.id", url: "https://feeds.example.com/nora.xml" },
      expect: [201],
    }),
    counted("count-two", "sources", 2),
  ],
});

export const pausedNotSynced = workflow({
  id: "what-rests-is-not-synced",
  summary: "A paused source is not synced by request, and neither are the sources of an archived persona",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    source("feed", 201),
    step("pause-it", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      body: { status: "paused" },
      expect: [200, "$response.body#/status == 'paused'", "$response.body#/next_sync_at == null"],
    }),
    step("sync-it", "syncSource", {
      as: OWNER,
      params: { source_id: "$steps.feed.outputs.id" },
      body: {},
      expect: [409],
    }),
    step("archive-the-persona", "updatePersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: { status: "archived" },
      expect: [200],
    }),
    step("sync-the-persona", "syncPersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: {},
      expect: [409],
    }),
  ],
});

const made = (
  id: string,
  body: object,
  ...expect: [number, ...(string | { context: `$${string}`; matches: string })[]]
) =>
  step(id, "createSource", {
    as: OWNER,
    body: {
      persona_id: "$steps.persona.outputs.id",
      url: `https://feeds.example.com/${id}.xml`,
      ...body,
    },
    expect,
    ...(expect[0] === 201 ? { outputs: { id: "$response.body#/id", next: "$response.body#/next_sync_at" } } : {}),
  });

const changed = (
  id: string,
  source: string,
  body: { sync_interval_minutes?: number | null; sync_times?: string[] | null; status?: "active" | "paused" },
  ...expect: [number, ...(string | { context: `$${string}`; matches: string })[]]
) => step(id, "updateSource", { as: OWNER, params: { source_id: `$steps.${source}.outputs.id` }, body, expect });

const next = (matches: string) => ({ context: "$response.body#/next_sync_at", matches }) as const;

export const oneSchedule = workflow({
  id: "a-source-has-one-schedule",
  summary: "A source has an interval, or times of day in its brand's timezone, or neither; told nothing, 60 minutes",
  steps: [
    signUp,
    step("first", "createBrand", {
      as: OWNER,
      body: { name: "Kathmandu", slug: "kathmandu", timezone: "Asia/Kathmandu" },
      expect: [201, "$response.body#/timezone == 'Asia/Kathmandu'"],
      outputs: { id: "$response.body#/id" },
    }),
    persona("persona", "Studio Nora", 201),
    made(
      "told-nothing",
      {},
      201,
      "$response.body#/sync_interval_minutes == 60",
      "$response.body#/sync_times == null",
      "$response.body#/next_sync_at > $response.body#/created_at",
      "$response.body#/automation_mode == 'sync_only'",
      "$response.body#/post_count == 0",
      "$response.body#/consecutive_failures == 0",
      "$response.body#/last_synced_at == null",
      "$response.body#/title == null",
    ),
    made(
      "told-none",
      { sync_interval_minutes: null, sync_times: null },
      201,
      "$response.body#/sync_interval_minutes == null",
      "$response.body#/next_sync_at == null",
    ),
    made("told-no-times", { sync_times: null }, 201, "$response.body#/next_sync_at == null"),
    made("told-no-interval", { sync_interval_minutes: null }, 201, "$response.body#/next_sync_at == null"),
    made("told-both", { sync_interval_minutes: 60, sync_times: ["06:30"] }, 400),
    made(
      "at-a-time",
      { sync_times: ["06:30"] },
      201,
      "$response.body#/sync_interval_minutes == null",
      "$response.body#/next_sync_at > $response.body#/created_at",
      next("T00:45:00"),
    ),
    made("at-two-times", { sync_times: ["18:45", "06:45"] }, 201, next("T(01|13):00:00")),
    changed("add-an-interval", "at-a-time", { sync_interval_minutes: 15 }, 400),
    changed(
      "change-to-an-interval",
      "at-a-time",
      { sync_interval_minutes: 1440, sync_times: null },
      200,
      "$response.body#/sync_interval_minutes == 1440",
      "$response.body#/next_sync_at > $steps.told-nothing.outputs.next",
    ),
    changed(
      "change-to-another-time",
      "told-nothing",
      { sync_interval_minutes: null, sync_times: ["00:00"] },
      200,
      next("T18:15:00"),
    ),
    changed("rest", "told-nothing", { status: "paused" }, 200, "$response.body#/next_sync_at == null"),
    changed(
      "rest-at-another-time",
      "told-nothing",
      { sync_times: ["12:00"] },
      200,
      "$response.body#/next_sync_at == null",
    ),
    changed("work-again", "told-nothing", { status: "active" }, 200, next("T06:15:00")),
    changed(
      "never-again",
      "told-nothing",
      { sync_times: null },
      200,
      "$response.body#/next_sync_at == null",
      "$response.body#/status == 'active'",
    ),
  ],
});

const MOST = 20;

export const mostSources = workflow({
  id: "a-persona-has-at-most-20-sources",
  summary: "A persona has at most 20 sources, paused ones among them; once one is deleted there is room again",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    ...Array.from({ length: MOST }, (_, at) => made(`source-${at + 1}`, {}, 201)),
    changed("pause-one", "source-1", { status: "paused" }, 200),
    made("one-too-many", {}, 409),
    counted("count-them", "sources", MOST),
    step("delete-one", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.source-2.outputs.id" },
      expect: [204],
    }),
    made("one-more", {}, 201),
  ],
});

export const noPrivateFeeds = workflow({
  id: "no-feed-in-the-servers-own-network",
  summary: "Sources and imports of addresses that are not public are refused, also when a source is changed to one",
  steps: [
    signUp,
    brand("first"),
    persona("persona", "Studio Nora", 201),
    made("public", {}, 201),
    ...[
      "http://10.0.0.1/feed.xml",
      "http://169.254.169.254/latest",
      "http://[fd00::1]/feed.xml",
      "http://192.168.0.1/",
    ].flatMap((url, at) => [
      made(`private-${at}`, { url }, 400, "$response.body#/error/code == 'VALIDATION_ERROR'"),
      step(`change-to-private-${at}`, "updateSource", {
        as: OWNER,
        params: { source_id: "$steps.public.outputs.id" },
        body: { url },
        expect: [400],
      }),
      step(`import-private-${at}`, "importUpload", { as: OWNER, body: { url }, expect: [400] }),
    ]),
    made("taken", {}, 201),
    step("change-to-taken", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.public.outputs.id" },
      body: { url: "https://feeds.example.com/taken.xml" },
      expect: [409],
    }),
    step("see-it-unchanged", "getSource", {
      as: OWNER,
      params: { source_id: "$steps.public.outputs.id" },
      expect: [200, "$response.body#/url == 'https://feeds.example.com/public.xml'"],
    }),
  ],
});
