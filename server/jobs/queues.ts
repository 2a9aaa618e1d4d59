/** How the jobs of one queue are treated. */
export type QueueSettings = {
  /** Jobs of this queue that one process works on at once. */
  readonly concurrency: number;
  /** Jobs of one group (an endpoint) that all processes together work on at once. */
  readonly perGroup?: number;
  /** Places of one process that one organization may have at once, so that none keeps the others waiting. */
  readonly perOrganization?: number;
  /** How often a job is run before it is given up; a crash of its worker counts too, or a job that kills workers never ends. */
  readonly tries: number;
  /** How long after an error it is run again, in seconds: at first, and, doubled each time, at most. A crash is no error. */
  readonly backoff: { readonly first: number; readonly most: number };
  /** How long one try may take, in seconds: then it is another's, and this worker's signal is aborted. */
  readonly expireSeconds: number;
};

/** A worker that is not heard of for this long is taken for dead, in seconds: pg-boss's least. */
export const HEARTBEAT_SECONDS = 10;
/** How soon another worker may take the job of one that died, in seconds. */
const CRASH_SECONDS = 1;

const HOUR = 3600;
const DAY = 24 * HOUR;
const patient = { tries: 6, backoff: { first: 2, most: 60 } } as const;

/** Every queue. A job's data holds ids alone: what is to be done stands in the rows that they name. */
export const QUEUES = {
  "sync.run": { ...patient, concurrency: 4, expireSeconds: HOUR / 2 },
  // Its group is the organization: a slow server that one fetches from must not keep the others waiting. About half an hour
  // of tries, because what waits for a store that is down has been sent already.
  "upload.process": {
    concurrency: 8,
    perGroup: 2,
    tries: 13,
    backoff: { first: 2, most: 300 },
    expireSeconds: 6 * HOUR,
  },
  "storage.delete": {
    ...patient,
    concurrency: 2,
    tries: 21,
    backoff: { first: 2, most: HOUR },
    expireSeconds: HOUR / 4,
  },
  "storage.sweep": { ...patient, concurrency: 1, tries: 2, expireSeconds: 6 * HOUR },
  "billing.reload": {
    ...patient,
    concurrency: 1,
    tries: 9,
    backoff: { first: 2, most: HOUR },
    expireSeconds: HOUR / 4,
  },
  // When an attempt fails, the next is planned by the delivery itself: what is tried again here is a crash.
  "webhook.deliver": {
    concurrency: 128,
    perGroup: 4,
    perOrganization: 16,
    tries: 21,
    backoff: { first: 1, most: 1 },
    expireSeconds: 120,
  },
  // About a day of tries.
  "mail.send": { concurrency: 4, tries: 30, backoff: { first: 15, most: HOUR }, expireSeconds: 120 },
} as const satisfies Record<string, QueueSettings>;

export type QueueName = keyof typeof QUEUES;

/** Where jobs go that failed for good; the operator sees them, and may send them again. */
export const DEAD = "dead";
/** What pg-boss is told of it: kept for three months while nobody looks. */
export const DEAD_OPTIONS = { deleteAfterSeconds: 30 * DAY, retentionSeconds: 90 * DAY } as const;

/** What pg-boss is told of a queue. Jobs that are done are kept for an hour; the rows say what became of the work. */
export const queueOptions = ({ tries, expireSeconds }: QueueSettings) => ({
  retryLimit: tries - 1,
  // pg-boss itself only retries what crashed or took too long. When an error is tried again, the executor says.
  retryDelay: CRASH_SECONDS,
  retryBackoff: false,
  expireInSeconds: expireSeconds,
  heartbeatSeconds: HEARTBEAT_SECONDS,
  deleteAfterSeconds: HOUR,
  deadLetter: DEAD,
});
