import { Piscina } from "piscina";
import type { Feed, FeedBytes, FeedReader, TooMuch, Unreadable } from "./feed.ts";

/** How long one feed may take, in milliseconds: an honest one of 10 MB takes half a second, and ten times that on a busy machine. */
const PARSE_MS = 15_000;
/** Feeds that one process reads at once, and the memory of each thread, in megabytes. */
const THREADS = 2;
const THREAD_MB = 384;
const IDLE_MS = 30_000;

const TOO_MUCH: TooMuch = {
  code: "too_large",
  message: "The feed holds more than can be read. Ask its publisher for a shorter one.",
};

const isOutOfMemory = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";

/**
 * Reads feeds in threads: one that is made to take long, or much memory, stops nothing but itself. Threads start when they
 * are first needed, and end when they have been idle.
 */
export function openFeedReader(): FeedReader {
  const pool = new Piscina<FeedBytes, Feed | Unreadable>({
    filename: new URL("./parse.ts", import.meta.url).href,
    name: "readFeed",
    minThreads: 0,
    maxThreads: THREADS,
    idleTimeout: IDLE_MS,
    resourceLimits: { maxOldGenerationSizeMb: THREAD_MB },
    recordTiming: false,
  });
  // The clock of a feed starts when a thread is free for it: behind two slow ones it is not late itself.
  let free = THREADS;
  const waiting: (() => void)[] = [];
  const turn = async () => {
    if (free > 0) free--;
    else await new Promise<void>((go) => waiting.push(go));
  };
  const done = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return {
    async read(feed, signal) {
      await turn();
      const late = AbortSignal.timeout(PARSE_MS);
      try {
        return await pool.run(feed, { signal: signal ? AbortSignal.any([late, signal]) : late });
      } catch (error) {
        signal?.throwIfAborted();
        if (late.aborted || isOutOfMemory(error)) return TOO_MUCH;
        throw error;
      } finally {
        done();
      }
    },
    close: () => pool.destroy(),
  };
}
