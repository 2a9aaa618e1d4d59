import { billingChores } from "./billing/chores.ts";
import { reloadWorker } from "./billing/reload.ts";
import type { Worker } from "./jobs/worker.ts";
import type { Chore } from "./jobs/workers.ts";
import { forgetOauth } from "./oauth/chores.ts";
import type { WorkServices } from "./services.ts";
import { replannedSources, scheduledSyncs } from "./sync/schedules.ts";
import { syncWorker } from "./sync/worker.ts";
import { sweepWorker, uploadChore } from "./uploads/sweep.ts";
import { removalWorker, uploadWorker } from "./uploads/worker.ts";
import { forgetEvents } from "./webhooks/retention.ts";
import { webhookWorker } from "./webhooks/worker.ts";

/** Every worker of Reelmark: one a queue. */
export const allWorkers = (services: WorkServices): Worker[] => [
  syncWorker(services),
  webhookWorker(services),
  uploadWorker(services),
  removalWorker(services),
  sweepWorker(services),
  reloadWorker(services),
];

/** What is done every so often, by one of all worker processes. */
export const allChores = (services: WorkServices): Chore[] => [
  ...billingChores(services),
  forgetEvents,
  forgetOauth,
  uploadChore(services),
  scheduledSyncs(services),
  replannedSources,
];
