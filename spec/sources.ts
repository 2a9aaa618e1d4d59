import { line, REACHABLE, webUrl } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { flag, id, input, moment, nullable, patch, ruled, schema, timestamp, z } from "./kit/schema.ts";
import { Upload } from "./uploads.ts";
import { operation } from "./vocabulary.ts";

/** Most sources of one persona: what one sync of a persona can cost at most. */
export const MAX_SOURCES = 20;
/** Minutes between the syncs of a source that was created without a schedule. */
export const DEFAULT_INTERVAL = 60;

const name = nullable(line(120, "What your team calls it; null for the feed's own title", "Coffee channel"));

const feedUrl = ruled(
  webUrl(
    "https?",
    "Where the feed is: RSS, Atom, JSON Feed or a podcast's; a channel's or an account's public feed is one",
    "https://feeds.example.com/coffee.xml",
  ),
  REACHABLE,
);

const status = z
  .enum(["active", "paused"])
  .describe(
    "A paused source keeps its posts and is not synced. One whose feed answers 410 Gone is paused by the server",
  );

const automationMode = z
  .enum(["sync_only"])
  .describe("What happens with new posts. `sync_only`: they are kept, nothing is made of them");

const interval = nullable(
  ruled(
    z
      .int()
      .min(15)
      .max(10_080)
      .describe("Minutes between scheduled syncs; null for none. Not together with `sync_times`")
      .meta({ example: 60 }),
    "stands without sync_times",
  ),
);

const times = nullable(
  ruled(
    z
      .array(
        z
          .string()
          .regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, "must be a time such as 06:30")
          .describe("A time of day, HH:MM")
          .meta({ example: "06:30" }),
      )
      .min(1)
      .max(24)
      .refine((list) => new Set(list).size === list.length, "must not repeat a time")
      .describe(
        "Times of day for scheduled syncs, in the brand's timezone; null for none. Not together with the interval",
      )
      // The example of a source has an interval, and a source has one schedule.
      .meta({ example: null, uniqueItems: true }),
    "stands without sync_interval_minutes",
  ),
);

const failure = z
  .object({
    code: z
      .string()
      .describe(
        "What went wrong, for programs: `blocked`, `timeout`, `too_large`, `http_status`, `not_a_feed` and others",
      )
      .meta({ example: "http_status" }),
    message: z
      .string()
      .describe("What went wrong, for people")
      .meta({ example: "The feed answered 503 Service Unavailable" }),
  })
  .describe("What went wrong");

export const Source = schema("Source", "A feed that a persona mirrors", {
  id: id("src"),
  persona_id: id("per", "The persona it belongs to"),
  url: feedUrl,
  name,
  title: nullable(
    z.string().describe("The feed's own title; null before the first sync").meta({ example: "Coffee, explained" }),
  ),
  format: nullable(
    z.enum(["rss", "atom", "json_feed"]).describe("What the feed turned out to be; null before the first sync"),
  ),
  automation_mode: automationMode,
  status,
  sync_interval_minutes: interval,
  sync_times: times,
  post_count: z.int().min(0).describe("How many posts it has brought, each counted once").meta({ example: 42 }),
  last_synced_at: nullable(timestamp("When its feed was last asked for with success; null for never")),
  next_sync_at: nullable(
    timestamp(
      "When it is next synced by itself; null when it is not: it is paused, or has no schedule, or its persona or brand is archived",
    ),
  ),
  last_error: nullable(failure),
  consecutive_failures: z
    .int()
    .min(0)
    .describe("Syncs that failed since the last good one, which sets it to 0")
    .meta({ example: 0 }),
  created_at: timestamp("When the source was created"),
  updated_at: timestamp("When the source last changed"),
});

export const SourceInput = input("SourceInput", "A new source", {
  persona_id: id("per", "The persona it belongs to"),
  url: feedUrl,
  name: name.optional(),
  automation_mode: automationMode.default("sync_only"),
  sync_interval_minutes: interval.optional(),
  sync_times: times.optional(),
});

export const SourcePatch = patch("SourcePatch", "What to change of a source", {
  url: feedUrl,
  name,
  automation_mode: automationMode,
  status,
  sync_interval_minutes: interval,
  sync_times: times,
});

const PostMedia = z
  .object({
    url: z.string().describe("Where the file is").meta({ example: "https://cdn.example.com/coffee-12.mp4" }),
    kind: z.enum(["video", "audio", "image", "other"]).describe("What it is, as far as the feed tells"),
    type: nullable(z.string().describe("Its media type, as the feed says").meta({ example: "video/mp4" })),
    size: nullable(z.int().min(0).describe("Its size in bytes, as the feed says").meta({ example: 10_485_760 })),
    duration_seconds: nullable(
      z.int().min(0).describe("Its length in seconds, as the feed says").meta({ example: 58 }),
    ),
  })
  .describe("A file that the post carries. It is recorded, and fetched only on request");

export const SourcePost = schema("SourcePost", "What a source brought", {
  id: id("spo"),
  source_id: id("src", "The source that brought it"),
  persona_id: id("per", "The persona of that source"),
  external_id: z
    .string()
    .describe("What the feed knows it by; a post is kept once under it")
    .meta({ example: "tag:example.com,2026:coffee-12" }),
  url: nullable(z.string().describe("The post's own page").meta({ example: "https://example.com/posts/coffee-12" })),
  title: nullable(z.string().describe("Its title, without markup").meta({ example: "Why crema fades" })),
  summary: nullable(
    z.string().describe("Its text, without markup, cut at 10,000 characters").meta({ example: "Oils, gas and time." }),
  ),
  author: nullable(z.string().describe("Who wrote it").meta({ example: "Nora" })),
  media: z.array(PostMedia).describe("The files it carries, at most 20"),
  published_at: nullable(timestamp("When it was published, as the feed says")),
  created_at: timestamp("When a sync first brought it"),
  updated_at: timestamp("When a sync last found it changed"),
});

export const SourcePostMediaInput = input("SourcePostMediaInput", "Which file of a post to fetch", {
  index: ruled(
    z.int().min(0).max(19).describe("Its place in `media`, from 0").meta({ example: 0 }),
    "is below the number of the post's files",
  ),
});

export const listSources = operation({
  id: "listSources",
  method: "get",
  path: "/v1/sources",
  tag: "Sources",
  summary: "List sources",
  description: "The organization's sources, newest first.",
  scopes: ["sources:read"],
  effect: { lists: "source" },
  query: page.query({
    persona_id: id("per", "Only sources of this persona").optional(),
    status: status.optional(),
  }),
  responses: { 200: page.of(Source) },
});

export const createSource = operation({
  id: "createSource",
  method: "post",
  path: "/v1/sources",
  tag: "Sources",
  summary: "Create a source",
  description: `The feed is not fetched here: start a sync. A persona has at most ${MAX_SOURCES} sources, each feed once (409).
An archived persona, or one of an archived brand, takes none (409). Addresses inside the server's own network are refused
(400). Where neither kind of schedule is sent it is synced every
${DEFAULT_INTERVAL} minutes; null for one, or for both, means none.`,
  scopes: ["sources:write"],
  idempotent: "key",
  effect: { creates: "source" },
  body: SourceInput,
  responses: { 201: Source },
  errors: ["CONFLICT", "NOT_FOUND"],
});

export const getSource = operation({
  id: "getSource",
  method: "get",
  path: "/v1/sources/{source_id}",
  tag: "Sources",
  summary: "Get a source",
  scopes: ["sources:read"],
  effect: { reads: "source" },
  responses: { 200: Source },
});

export const updateSource = operation({
  id: "updateSource",
  method: "patch",
  path: "/v1/sources/{source_id}",
  tag: "Sources",
  summary: "Update a source",
  description:
    "A merge patch (RFC 7396). Another `url` is another feed: it is read from its beginning, and posts stay; what was known " +
    "of the former one (`title`, `format`, `last_synced_at`, `last_error`) is null again. A source has one schedule: to " +
    "change its kind, set the other to null.",
  scopes: ["sources:write"],
  effect: { updates: "source" },
  body: SourcePatch,
  responses: { 200: Source },
  errors: ["CONFLICT"],
});

export const deleteSource = operation({
  id: "deleteSource",
  method: "delete",
  path: "/v1/sources/{source_id}",
  tag: "Sources",
  summary: "Delete a source",
  description: "Its posts go with it. Files that were fetched from them stay.",
  scopes: ["sources:write"],
  effect: { deletes: "source" },
  responses: { 204: none("The source and its posts are gone") },
});

export const listSourcePosts = operation({
  id: "listSourcePosts",
  method: "get",
  path: "/v1/source-posts",
  tag: "Sources",
  summary: "List source posts",
  description: "What sources brought, the newest find first.",
  scopes: ["sources:read"],
  effect: { lists: "source_post" },
  query: page.query({
    source_id: id("src", "Only posts of this source").optional(),
    persona_id: id("per", "Only posts of this persona's sources").optional(),
    has_media: flag("Only posts with files, or only those without").optional(),
    published_since: moment("Only posts published at or after this time").optional(),
    published_until: moment("Only posts published before this time").optional(),
    text: z
      .string()
      .min(1)
      .max(120)
      .describe("Only posts with this very text in title or summary, in any case")
      .optional(),
  }),
  responses: { 200: page.of(SourcePost) },
});

export const getSourcePost = operation({
  id: "getSourcePost",
  method: "get",
  path: "/v1/source-posts/{source_post_id}",
  tag: "Sources",
  summary: "Get a source post",
  scopes: ["sources:read"],
  effect: { reads: "source_post" },
  responses: { 200: SourcePost },
});

export const importSourcePostMedia = operation({
  id: "importSourcePostMedia",
  method: "post",
  path: "/v1/source-posts/{source_post_id}/media",
  tag: "Sources",
  summary: "Fetch a file of a source post",
  description: "Makes an upload of it, as `importUpload` does with its address.",
  scopes: ["sources:read", "uploads:write"],
  idempotent: "key",
  effect: { creates: "upload" },
  async: { poll: "getUpload", terminal: ["ready", "failed"] },
  body: SourcePostMediaInput,
  responses: { 202: Upload },
  errors: ["PLAN_LIMIT"],
});
