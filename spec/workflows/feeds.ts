import { begin, ended, look, source, sync, unheld } from "./feed-steps.ts";
import { OWNER, step, workflow } from "./steps.ts";

export const whatASyncCosts = workflow({
  id: "a-sync-costs-what-was-fetched",
  summary:
    "A feed that was read costs a credit; a fresh one is skipped unless forced, and neither that nor a failure costs",
  steps: [
    ...begin,
    source("coffee", "coffee.xml"),
    source("nothing", "nothing.xml"),
    unheld("see-the-credits", "$response.body#/spent_this_month == 0"),
    sync("sync", "coffee", false),
    ended(
      "see-it-done",
      "sync",
      "$response.body#/status == 'completed'",
      "$response.body#/cost == 1",
      "$response.body#/new_count == 3",
      "$response.body#/results/0/status == 'completed'",
      "$response.body#/results/0/new_count == 3",
      "$response.body#/started_at >= $response.body#/created_at",
    ),
    unheld(
      "see-one-spent",
      "$response.body#/spent_this_month == 1",
      "$response.body#/available < $steps.see-the-credits.outputs.available",
    ),
    sync(
      "sync-the-fresh-one",
      "coffee",
      false,
      "$response.body#/status == 'skipped'",
      "$response.body#/cost == 0",
      "$response.body#/estimated_cost == 0",
      "$response.body#/results/0/status == 'skipped'",
    ),
    sync("force-it", "coffee", true, "$response.body#/estimated_cost == 1"),
    ended(
      "see-nothing-new",
      "force-it",
      "$response.body#/status == 'completed'",
      "$response.body#/cost == 1",
      "$response.body#/new_count == 0",
    ),
    sync("sync-nothing", "nothing", false),
    ended(
      "see-it-failed",
      "sync-nothing",
      "$response.body#/status == 'failed'",
      "$response.body#/cost == 0",
      "$response.body#/results/0/error/code == 'http_status'",
    ),
    unheld(
      "see-two-spent",
      "$response.body#/spent_this_month == 2",
      "$response.body#/available < $steps.see-one-spent.outputs.available",
    ),
    step("sync-both", "syncPersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: {},
      expect: [202, "$response.body#/estimated_cost == 1"],
      outputs: { id: "$response.body#/id" },
    }),
    ended("see-none-read", "sync-both", "$response.body#/status == 'failed'", "$response.body#/cost == 0"),
    step("force-both", "syncPersona", {
      as: OWNER,
      params: { persona_id: "$steps.persona.outputs.id" },
      body: { force: true },
      expect: [202, "$response.body#/estimated_cost == 2"],
      outputs: { id: "$response.body#/id" },
    }),
    ended("see-one-read", "force-both", "$response.body#/status == 'completed'", "$response.body#/cost == 1"),
    unheld("see-three-spent", "$response.body#/spent_this_month == 3"),
    look("see-its-posts-once", "coffee", "$response.body#/post_count == 3", "$response.body#/last_error == null"),
    look(
      "see-its-failures",
      "nothing",
      "$response.body#/consecutive_failures == 3",
      "$response.body#/last_error/code == 'http_status'",
      "$response.body#/last_synced_at == null",
      "$response.body#/next_sync_at > $response.body#/created_at",
    ),
  ],
});

export const goodSyncForgets = workflow({
  id: "a-good-sync-forgets-the-failures",
  summary:
    "Failures are counted until a sync goes well; a post's file is fetched only on request, as any from its address",
  steps: [
    ...begin,
    source("late", "late-{$inputs.run}.xml"),
    sync("sync-too-early", "late", false),
    ended("see-it-failed", "sync-too-early", "$response.body#/status == 'failed'"),
    look(
      "see-one-failure",
      "late",
      "$response.body#/consecutive_failures == 1",
      "$response.body#/last_synced_at == null",
    ),
    sync("sync-again", "late", false, "$response.body#/status == 'pending'"),
    ended("see-it-done", "sync-again", "$response.body#/new_count == 1"),
    look("see-no-failure", "late", "$response.body#/consecutive_failures == 0", "$response.body#/last_error == null"),
    step("see-no-file", "listUploads", { as: OWNER, expect: [200, "$response.body#/count == 0"] }),
    step("see-its-post", "listSourcePosts", {
      as: OWNER,
      expect: [200],
      outputs: { id: "$response.body#/data/0/id", url: "$response.body#/data/0/media/0/url" },
    }),
    step("fetch-its-file", "importSourcePostMedia", {
      as: OWNER,
      params: { source_post_id: "$steps.see-its-post.outputs.id" },
      body: { index: 0 },
      expect: [
        202,
        "$response.body#/via == 'url'",
        "$response.body#/filename == 'coffee.txt'",
        "$response.body#/source_url == $steps.see-its-post.outputs.url",
      ],
      outputs: { id: "$response.body#/id" },
    }),
    step("delete-the-source", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.late.outputs.id" },
      expect: [204],
    }),
    step("the-file-stays", "getUpload", {
      as: OWNER,
      params: { upload_id: "$steps.fetch-its-file.outputs.id" },
      expect: [200, "$response.body#/status == 'ready'"],
      retry: { times: 100, everySeconds: 0.1 },
    }),
  ],
});
