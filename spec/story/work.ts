import { exampleId, type Output } from "../kit/schema.ts";
import { answered, told } from "../kit/story.ts";
import { importSourcePostMedia } from "../sources.ts";
import { cancelSyncJob, SyncJob, syncPersona, syncSource } from "../sync.ts";
import { completeUpload, createResumableUpload, UploadPart } from "../upload-parts.ts";
import { importUpload, Upload } from "../uploads.ts";
import {
  BLOG,
  CHANNEL,
  CHANNEL_SYNC,
  made,
  PODCAST,
  ROASTERY,
  ROASTERY_SYNC,
  STUDIO_NORA,
  TEA_NOTES,
  TEA_TABLE,
  VIDEO,
} from "./ids.ts";

/** The run that brought "Why crema fades". */
export const channelSync = {
  id: CHANNEL_SYNC,
  persona_id: STUDIO_NORA,
  source_id: CHANNEL,
  trigger: "request",
  status: "completed",
  progress: 100,
  estimated_cost: 1,
  cost: 1,
  new_count: 1,
  results: [{ source_id: CHANNEL, status: "completed", new_count: 1, error: null }],
  error: null,
  created_at: "2026-01-15T09:28:00.052Z",
  started_at: "2026-01-15T09:28:00.407Z",
  finished_at: "2026-01-15T09:28:04.310Z",
} satisfies Output<typeof SyncJob>;

const begun = {
  ...channelSync,
  status: "pending",
  progress: 0,
  cost: null,
  new_count: 0,
  results: [{ source_id: CHANNEL, status: "pending", new_count: 0, error: null }],
  started_at: null,
  finished_at: null,
} satisfies Output<typeof SyncJob>;

const roasterySync = {
  id: ROASTERY_SYNC,
  persona_id: ROASTERY,
  source_id: null,
  trigger: "schedule",
  status: "running",
  progress: 50,
  estimated_cost: 2,
  cost: null,
  new_count: 0,
  results: [
    { source_id: PODCAST, status: "completed", new_count: 0, error: null },
    { source_id: BLOG, status: "pending", new_count: 0, error: null },
  ],
  error: null,
  created_at: "2026-01-15T09:27:30.118Z",
  started_at: "2026-01-15T09:27:31.005Z",
  finished_at: null,
} satisfies Output<typeof SyncJob>;

const problem = { code: "http_status", message: "The feed answered 503 Service Unavailable" };
/** The run that found the blog down. */
export const failedSync = {
  ...roasterySync,
  id: made("syn", "2026-01-15T08:27:30.441Z"),
  source_id: BLOG,
  status: "failed",
  progress: 100,
  estimated_cost: 1,
  cost: 0,
  results: [{ source_id: BLOG, status: "failed", new_count: 0, error: problem }],
  error: problem,
  created_at: "2026-01-15T08:27:30.441Z",
  started_at: "2026-01-15T08:27:31.020Z",
  finished_at: "2026-01-15T08:27:39.884Z",
} satisfies Output<typeof SyncJob>;

/** A video, whole and checked. */
export const video = {
  id: VIDEO,
  filename: "nora-coffee.mp4",
  via: "multipart",
  status: "ready",
  progress: 100,
  type: "video/mp4",
  size: 10_485_760,
  sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
  width: 1080,
  height: 1920,
  duration_ms: 58_000,
  source_url: null,
  parts: null,
  error: null,
  created_at: "2026-01-15T09:12:40.233Z",
  ready_at: "2026-01-15T09:12:46.507Z",
  expires_at: null,
} satisfies Output<typeof Upload>;

const waiting = {
  ...video,
  status: "pending",
  progress: 0,
  type: null,
  size: null,
  sha256: null,
  width: null,
  height: null,
  duration_ms: null,
  ready_at: null,
  created_at: "2026-01-15T09:30:00.000Z",
  expires_at: "2026-01-16T09:30:00.000Z",
} satisfies Output<typeof Upload>;

const fetching = {
  ...waiting,
  filename: "coffee-12.mp4",
  via: "url",
  source_url: "https://cdn.example.com/coffee-12.mp4",
} satisfies Output<typeof Upload>;

/** A file that is none of those that are kept. */
export const refused = {
  ...waiting,
  id: made("upl", "2026-01-08T17:21:18.940Z"),
  filename: "raw-footage.zip",
  status: "failed",
  progress: 100,
  size: 73_400_320,
  error: { code: "type_not_allowed", message: "The file is a ZIP archive" },
  created_at: "2026-01-08T17:21:18.940Z",
  expires_at: null,
} satisfies Output<typeof Upload>;

export const WORK = [
  told(
    SyncJob,
    channelSync,
    roasterySync,
    failedSync,
    {
      ...channelSync,
      id: made("syn", "2026-01-13T08:31:02.760Z"),
      status: "skipped",
      cost: 0,
      new_count: 0,
      results: [{ source_id: CHANNEL, status: "skipped", new_count: 0, error: null }],
      created_at: "2026-01-13T08:31:02.760Z",
      started_at: "2026-01-13T08:31:03.104Z",
      finished_at: "2026-01-13T08:31:03.122Z",
    },
    {
      ...begun,
      id: made("syn", "2025-12-01T11:09:55.390Z"),
      persona_id: TEA_TABLE,
      source_id: TEA_NOTES,
      status: "canceled",
      cost: 0,
      results: [{ source_id: TEA_NOTES, status: "pending", new_count: 0, error: null }],
      created_at: "2025-12-01T11:09:55.390Z",
      finished_at: "2025-12-01T11:10:02.518Z",
    },
  ),
  told(
    Upload,
    video,
    {
      ...video,
      id: made("upl", "2026-01-14T09:57:44.380Z"),
      filename: "nora.png",
      type: "image/png",
      size: 248_116,
      sha256: "4e07408562bedb8b60ce05c1decfe3ad16b72230967de01f640b7e4729b49fce",
      width: 512,
      height: 512,
      duration_ms: null,
      created_at: "2026-01-14T09:57:44.380Z",
      ready_at: "2026-01-14T09:57:44.902Z",
    },
    {
      ...waiting,
      id: made("upl", "2026-01-14T21:05:12.064Z"),
      filename: "roastery-tour.mov",
      via: "parts",
      progress: 40,
      size: 41_943_040,
      parts: { size: 8_388_608, count: 5 },
      created_at: "2026-01-14T21:05:12.064Z",
      expires_at: "2026-01-15T21:05:12.064Z",
    },
    refused,
  ),
  told(
    UploadPart,
    { number: 1, size: 8_388_608, created_at: "2026-01-14T21:05:31.870Z" },
    { number: 2, size: 8_388_608, created_at: "2026-01-14T21:05:52.419Z" },
  ),
];

export const WORK_ANSWERS = [
  answered(syncSource, 202, begun),
  answered(syncPersona, 202, { ...begun, source_id: null }),
  answered(cancelSyncJob, 200, {
    ...begun,
    status: "canceled",
    cost: 0,
    started_at: "2026-01-15T09:28:00.407Z",
    finished_at: "2026-01-15T09:28:01.736Z",
  }),
  answered(createResumableUpload, 201, {
    ...waiting,
    via: "parts",
    size: 10_485_760,
    parts: { size: 8_388_608, count: 2 },
  }),
  answered(completeUpload, 202, {
    ...waiting,
    via: "parts",
    progress: 100,
    size: 10_485_760,
    parts: { size: 8_388_608, count: 2 },
  }),
  answered(importUpload, 202, fetching),
  answered(importSourcePostMedia, 202, { ...fetching, id: exampleId("upl") }),
];
