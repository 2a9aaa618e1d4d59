import type { SourceEdit } from "./edit.ts";
import { SECOND_IDENTITY_EDITS } from "./second-identity.ts";

/** Mistakes in the resources of the studio, files and webhooks. */
const SECOND_WORK_EDITS: readonly SourceEdit[] = [
  {
    name: "reorder-answers-by-age",
    about:
      "POST /v1/brands/reorder with the newest brand first answers the oldest first: `data` is every brand, in order",
    only: ["reorderBrands"],
    file: "server/brands/sql.ts",
    find: " from brands order by position, id`",
    put: " from brands order by id`",
  },
  {
    name: "brand-wakes-by-another-field",
    about: "PATCH of an archived brand's name answers `status: active`: what is absent does not stay",
    only: ["updateBrand", "getBrand"],
    file: "server/brands/handlers.ts",
    find: 'next.timezone, next.status === "archived"]',
    put: 'next.timezone, body.status === "archived"]',
  },
  {
    name: "persona-archived-for-good",
    about: "PATCH of an archived persona with `status: active` is a 200 that answers, and keeps, `archived`",
    only: ["updatePersona", "getPersona"],
    file: "server/personas/sql.ts",
    find: "avatar_url = $5, archived = $6,",
    put: "avatar_url = $5, archived = archived or $6,",
  },
  {
    name: "persona-works-for-archived-brand",
    about:
      "after its brand was archived, a persona still takes a new source (201) and a sync (202) where both are a 409",
    only: ["createSource", "syncPersona", "syncSource"],
    file: "server/personas/service.ts",
    find: "select p.archived or b.archived as archived",
    put: "select p.archived",
  },
  {
    name: "source-times-in-utc",
    about: "a source with `sync_times: [06:30]` under a brand in Asia/Tokyo has `next_sync_at` at 06:30 UTC, not there",
    only: ["createSource", "updateSource"],
    file: "server/sources/rows.ts",
    find: "nextSync(source, source.id, place.timezone, fromMs, nowMs)",
    put: 'nextSync(source, source.id, "UTC", fromMs, nowMs)',
  },
  {
    name: "source-post-summary-not-searched",
    about: "GET /v1/source-posts?text=… with a word of a post's summary, not in its title, leaves the post out",
    only: ["listSourcePosts"],
    file: "server/sources/post-sql.ts",
    find: " or strpos(lower(summary), lower($6)) > 0)",
    put: ")",
  },
  {
    name: "sync-costs-its-estimate",
    about:
      "a sync that is canceled before a source was fetched, or that failed, has `cost: 1` and spends it from the balance",
    only: ["cancelSyncJob", "syncSource", "getSyncJob"],
    file: "server/sync/runs.ts",
    find: "const cost = costOf(row.results);",
    put: "const cost = row.estimated_cost;",
  },
  {
    name: "range-of-the-end-one-too-long",
    about: "a download with `Range: bytes=-5` is a 206 of six bytes, and its `Content-Range` says so",
    only: ["downloadUpload"],
    file: "server/kit/range.ts",
    find: "Math.max(0, size - Number(last))",
    put: "Math.max(0, size - Number(last) - 1)",
  },
  {
    name: "upload-name-keeps-backslash",
    about: "POST /v1/uploads/resumable with the filename `a\\b.txt` answers it as it came; `\\` becomes `_`",
    only: ["createResumableUpload", "importUpload"],
    file: "server/uploads/filename.ts",
    find: '.replace(/[/\\\\]/g, "_")',
    put: '.replace(/\\//g, "_")',
  },
  {
    name: "upload-last-part-of-a-whole-multiple",
    about: "an upload of exactly two parts of 5 MiB: its last part is said to have 0 bytes, and its bytes are a 413",
    only: ["createUploadPartUrl", "putUploadPart"],
    file: "server/uploads/parts.ts",
    find: "number < part_count ? part_size : size - part_size * (part_count - 1)",
    put: "number < part_count ? part_size : size % part_size",
  },
  {
    name: "upload-bytes-stay-counted",
    about: "POST /v1/uploads, then DELETE of it: `storage_bytes.used` of GET /v1/usage does not go back to what it was",
    only: ["createUpload", "deleteUpload", "getUsage"],
    file: "server/uploads/sql.ts",
    find: "$8, $9, $5, $10, $10) returning",
    put: "$8, $9, 0, $10, $10) returning",
  },
  {
    name: "webhook-disabled-anew-by-each-change",
    about: "PATCH of a disabled endpoint's description moves `disabled_at`, which says when it was disabled",
    only: ["updateWebhook"],
    file: "server/webhooks/sql.ts",
    find: "disabled_at = case when $5 then coalesce(disabled_at, now()) end",
    put: "disabled_at = case when $5 then now() end",
  },
  {
    name: "webhook-overlap-in-minutes",
    about: "rotate-secret with `overlap_seconds: 60` answers a `secret_expires_at` an hour ahead",
    only: ["rotateWebhookSecret"],
    file: "server/webhooks/sql.ts",
    find: "now() + $3 * interval '1 second'",
    put: "now() + $3 * interval '1 minute'",
  },
  {
    name: "webhook-events-never-all-again",
    about: "PATCH of `events: null` (all) on an endpoint of two events answers, and keeps, the two",
    only: ["updateWebhook", "getWebhook"],
    file: "server/webhooks/endpoints.ts",
    find: "description = present.description, events = present.events } = body;",
    put: "description = present.description } = body;\n      const events = body.events ?? present.events;",
  },
  {
    name: "redelivery-has-no-time",
    about: "redelivering a delivery that has ended answers `pending` with `next_attempt_at: null`, and it never ends",
    only: ["redeliverWebhook", "getWebhookDelivery"],
    file: "server/webhooks/delivery-sql.ts",
    find: "round_count = 0, next_attempt_at = now(), delivered_at = null",
    put: "round_count = 0, delivered_at = null",
  },
  {
    name: "stream-of-every-type",
    about: "GET /v1/events/stream?type=upload.ready tells of a source that is created meanwhile",
    only: ["streamEvents"],
    file: "server/webhooks/deliveries.ts",
    find: "streamOf(query.type ?? null, ctx)",
    put: "streamOf(null, ctx)",
  },
];

/** A second set of mistakes, chosen by someone who had read neither the checks nor the first set. */
export const SECOND_EDITS: readonly SourceEdit[] = [...SECOND_WORK_EDITS, ...SECOND_IDENTITY_EDITS];
