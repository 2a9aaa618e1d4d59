import { begin, ended, look, source, sync } from "./feed-steps.ts";
import { OWNER, step, workflow } from "./steps.ts";

const posts = (id: string, query: Readonly<Record<string, string | boolean>>, ...of: readonly string[]) =>
  step(id, "listSourcePosts", {
    as: OWNER,
    query,
    expect: [
      200,
      `$response.body#/count == ${of.length}`,
      ...of.map((one, at) => `$response.body#/data/${at}/external_id == '${one}'`),
    ],
  });

export const postsAreFound = workflow({
  id: "posts-are-found-by-what-they-say",
  summary: "Posts come newest first, as their feed says them, and are found by time, text, files, source and persona",
  steps: [
    ...begin,
    source("coffee", "coffee.xml"),
    sync("sync", "coffee", false),
    ended("see-it-done", "sync", "$response.body#/new_count == 3"),
    step("see-all", "listSourcePosts", {
      as: OWNER,
      query: { source_id: "$steps.coffee.outputs.id" },
      expect: [
        200,
        "$response.body#/count == 3",
        "$response.body#/data/0/external_id == 'c-1'",
        "$response.body#/data/0/persona_id == $steps.persona.outputs.id",
        "$response.body#/data/0/title == 'Why crema fades'",
        "$response.body#/data/0/published_at == '2026-01-02T10:00:00.000Z'",
        "$response.body#/data/0/media/0/url == 'https://cdn.example.com/crema.mp4'",
        "$response.body#/data/0/media/0/kind == 'video'",
        "$response.body#/data/0/media/0/type == 'video/mp4'",
        "$response.body#/data/0/media/0/size == 1000",
        "$response.body#/data/1/summary == '100% slow and sweet'",
        "$response.body#/data/2/published_at == '2026-01-01T01:30:00.000Z'",
      ],
      outputs: { id: "$response.body#/data/1/id" },
    }),
    posts("in-a-title", { text: "GRINDING" }, "c-3"),
    posts("in-a-summary", { text: "sweet" }, "c-2"),
    posts("in-either", { text: "crema" }, "c-1", "c-3"),
    posts("no-pattern", { text: "100% s" }, "c-2"),
    posts("no-pattern-either", { text: "c_ema" }),
    posts("with-files", { has_media: true }, "c-1"),
    posts("without-files", { has_media: false }, "c-2", "c-3"),
    posts("since-its-very-time", { published_since: "2026-01-01T09:00:00.000Z" }, "c-1", "c-2"),
    posts("until-its-very-time", { published_until: "2026-01-01T09:00:00.000Z" }, "c-3"),
    posts(
      "all-at-once",
      {
        published_since: "2026-01-01T02:00:00Z",
        text: "crema",
        has_media: true,
        persona_id: "$steps.persona.outputs.id",
      },
      "c-1",
    ),
    step("fetch-what-is-not-there", "importSourcePostMedia", {
      as: OWNER,
      params: { source_post_id: "$steps.see-all.outputs.id" },
      body: { index: 0 },
      expect: [400],
    }),
    look(
      "see-the-source",
      "coffee",
      "$response.body#/title == 'Coffee, explained'",
      "$response.body#/name == null",
      "$response.body#/format == 'rss'",
      "$response.body#/last_synced_at >= $response.body#/created_at",
      "$response.body#/next_sync_at > $response.body#/last_synced_at",
    ),
    step("delete-the-source", "deleteSource", {
      as: OWNER,
      params: { source_id: "$steps.coffee.outputs.id" },
      expect: [204],
    }),
    posts("see-none", {}),
  ],
});

export const postsAreKeptOnce = workflow({
  id: "a-post-is-kept-once",
  summary:
    "A post that its feed has changed is changed and not new; another address forgets the feed and keeps its posts",
  steps: [
    ...begin,
    source("news", "news-{$inputs.run}.xml"),
    sync("sync", "news", false),
    ended("see-one-new", "sync", "$response.body#/new_count == 1"),
    step("see-the-post", "listSourcePosts", {
      as: OWNER,
      expect: [200, "$response.body#/data/0/title == 'Open'"],
      outputs: { id: "$response.body#/data/0/id", updated_at: "$response.body#/data/0/updated_at" },
    }),
    sync("sync-again", "news", true),
    ended("see-another-new", "sync-again", "$response.body#/new_count == 1", "$response.body#/cost == 1"),
    step("see-it-changed", "getSourcePost", {
      as: OWNER,
      params: { source_post_id: "$steps.see-the-post.outputs.id" },
      expect: [
        200,
        "$response.body#/title == 'Open again'",
        "$response.body#/updated_at > $steps.see-the-post.outputs.updated_at",
      ],
    }),
    posts("see-both", { source_id: "$steps.news.outputs.id" }, "n-2", "n-1"),
    look("count-both", "news", "$response.body#/post_count == 2", "$response.body#/title == 'News'"),
    step("give-it-another-address", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.news.outputs.id" },
      body: { url: "{$inputs.feeds}/coffee.xml" },
      expect: [
        200,
        "$response.body#/title == null",
        "$response.body#/format == null",
        "$response.body#/last_synced_at == null",
        "$response.body#/post_count == 2",
      ],
    }),
    sync("sync-the-other", "news", false),
    ended("see-all-new", "sync-the-other", "$response.body#/status == 'completed'", "$response.body#/new_count == 3"),
    look("count-all", "news", "$response.body#/post_count == 5", "$response.body#/title == 'Coffee, explained'"),
    step("break-its-address", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.news.outputs.id" },
      body: { url: "{$inputs.feeds}/nothing.xml" },
      expect: [200],
    }),
    sync("sync-nothing", "news", false),
    ended("see-it-failed", "sync-nothing", "$response.body#/status == 'failed'"),
    look("see-one-failure", "news", "$response.body#/consecutive_failures == 1", "$response.body#/status == 'active'"),
    step("mend-its-address", "updateSource", {
      as: OWNER,
      params: { source_id: "$steps.news.outputs.id" },
      body: { url: "{$inputs.feeds}/coffee.xml" },
      expect: [200, "$response.body#/last_error == null", "$response.body#/consecutive_failures == 0"],
    }),
  ],
});
