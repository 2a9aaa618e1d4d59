import { Worker } from "node:worker_threads";
import type { FileType } from "./sniff.ts";

/** What a file's own headers say of it; null is what they do not, or what could not be read cheaply. */
export type Media = {
  readonly width: number | null;
  readonly height: number | null;
  readonly duration_ms: number | null;
};

/** Reads the bytes from `start` to `end`, both included. */
export type RangeReader = (start: number, end: number) => Promise<Uint8Array>;

/** What the worker asks of us, and what it says in the end. */
export type FromWorker = { readonly start: number; readonly end: number } | { readonly media: Media };
export type ToWorker = { readonly bytes: Uint8Array } | { readonly refused: true };
export type MediaTask = { readonly type: FileType; readonly size: number };

/** Bounds of one look: bytes read in all, in how many reads, for how long, and the worker's heap. */
const BOUNDS = { bytes: 16 * 1024 * 1024, reads: 500, ms: 5_000, heapMb: 128 } as const;
/** Looks at once; a worker takes about 30 MB. */
const AT_ONCE = 2;

const NOTHING: Media = { width: null, height: null, duration_ms: null };
const HAS_NONE: readonly FileType[] = ["application/pdf", "text/markdown", "text/plain"];

let running = 0;
const waiting: (() => void)[] = [];

/**
 * Width, height and duration from a file's headers, wherever in it they are; as shown, so a rotated video or photo has its
 * sides swapped. Never throws: what is broken, hostile or costly to know is null. The parsers run in a thread of their own,
 * because a file of a kilobyte can make them loop or fill memory: it is stopped then.
 * @param type What `sniff` found.
 * @param size Bytes of the whole file.
 */
export async function readMedia(read: RangeReader, size: number, type: FileType): Promise<Media> {
  if (HAS_NONE.includes(type) || size === 0) return NOTHING;
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await look(read, { type, size });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

async function look(read: RangeReader, task: MediaTask): Promise<Media> {
  const worker = new Worker(new URL("./media-worker.ts", import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: BOUNDS.heapMb },
    // What a parser prints about a stranger's file is nobody's log line.
    stdout: true,
    stderr: true,
    env: {},
  });
  let bytes = BOUNDS.bytes;
  let reads: number = BOUNDS.reads;
  const answer = async ({ start, end }: { start: number; end: number }): Promise<ToWorker> => {
    bytes -= end - start + 1;
    reads -= 1;
    if (bytes < 0 || reads < 0 || start < 0 || start > end || end >= task.size) return { refused: true };
    return { bytes: await read(start, end) };
  };
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<Media>((resolve) => {
      const giveUp = () => resolve(NOTHING);
      timer = setTimeout(giveUp, BOUNDS.ms);
      worker.on("message", (message: FromWorker) => {
        if ("media" in message) return resolve(message.media);
        answer(message).then((reply) => worker.postMessage(reply), giveUp);
      });
      worker.on("error", giveUp);
      worker.on("exit", giveUp);
    });
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
