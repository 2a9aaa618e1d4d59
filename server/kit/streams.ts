import { ApiError } from "../../spec/kit/errors.ts";

/** One block of an event stream (WHATWG HTML §9.2.6). Without `data` it only says from where a reader may go on: `id`. */
export type EventFrame<T> = { readonly id?: string; readonly event?: string; readonly data?: T };

/** What holds for every event stream of a process. */
export type StreamRules = {
  /** Ends all of them at once: the server is about to stop. */
  readonly draining?: AbortSignal;
  /** A stream in which nothing comes says that it lives this often, in milliseconds. 15 s unless told. */
  readonly beatMs?: number;
  /** A stream ends after so many milliseconds, and its reader comes back. 15 minutes unless told. */
  readonly longestMs?: number;
  /** How many a tenant may have open in this process. 20 unless told. */
  readonly most?: number;
};

/** Who reads a stream: a tenant, and whether their credential is still good for it. */
export type Reader = { readonly tenant: string; isGood(): Promise<boolean> };

/** A credential is looked at again before what comes so many milliseconds after the last look, and at each beat. */
const LOOK_AGAIN_MS = 1_000;
/** When a tenant with too many streams may try again, in seconds. */
const TRY_AGAIN_S = 10;

/** The event streams that are open in this process. */
export class Streams {
  readonly #rules: Required<Omit<StreamRules, "draining">> & Pick<StreamRules, "draining">;
  readonly #open = new Map<string, number>();

  constructor(rules: StreamRules = {}) {
    this.#rules = { beatMs: 15_000, longestMs: 900_000, most: 20, ...rules };
  }

  /** Counts one more of a tenant, and returns what takes it off again. Throws 429 when there are too many. */
  #take(tenant: string): () => void {
    const { most } = this.#rules;
    const open = this.#open.get(tenant) ?? 0;
    if (open >= most)
      throw new ApiError("RATE_LIMITED", `${most} event streams of yours are open: end one, then try again`, {
        details: { limit: most, retry_after: TRY_AGAIN_S },
        headers: { "Retry-After": String(TRY_AGAIN_S) },
      });
    this.#open.set(tenant, open + 1);
    return () => {
      const left = (this.#open.get(tenant) ?? 1) - 1;
      if (left > 0) this.#open.set(tenant, left);
      else this.#open.delete(tenant);
    };
  }

  /**
   * An event stream as bytes: pulled from its source as fast as it is read, kept alive by comments, and ended by its age, by
   * the end of the reader's credential, and by the server's. Throws 429 when the tenant has too many. `write` makes the data
   * of a frame; `broken` is told why a stream broke off.
   */
  open<T>(
    source: AsyncIterable<EventFrame<T>>,
    write: (data: T) => unknown,
    broken: (error: unknown) => void,
    reader: Reader,
  ): ReadableStream<Uint8Array> {
    const { draining, beatMs, longestMs } = this.#rules;
    const release = this.#take(reader.tenant);
    const iterator = source[Symbol.asyncIterator]();
    const bytes = (text: string) => new TextEncoder().encode(text);
    let next: Promise<IteratorResult<EventFrame<T>>> | undefined;
    let lookedAt = performance.now();
    let isOver = false;
    let wake = () => {};
    /** Lets go of everything; true for the first call. */
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      clearTimeout(oldAge);
      draining?.removeEventListener("abort", close);
      release();
      wake();
      // Not waited for: a source that is just looking for more ends when it has looked.
      iterator.return?.().catch(broken);
      return true;
    };
    let close = () => void end();
    const oldAge = setTimeout(() => close(), longestMs);
    oldAge.unref();

    /** What comes next, or undefined after a beat's time without it, and when the stream is over. */
    const awaited = (coming: NonNullable<typeof next>) =>
      new Promise<IteratorResult<EventFrame<T>> | undefined>((resolve, reject) => {
        const beat = setTimeout(resolve, beatMs, undefined);
        wake = () => {
          clearTimeout(beat);
          resolve(undefined);
        };
        coming.then(resolve, reject).finally(() => clearTimeout(beat));
      });

    return new ReadableStream(
      {
        start(controller) {
          close = () => {
            if (end()) controller.close();
          };
          if (draining?.aborted) close();
          else draining?.addEventListener("abort", close);
        },
        async pull(controller) {
          try {
            next ??= iterator.next();
            const got = await awaited(next);
            if (!isOver && (got === undefined || performance.now() - lookedAt >= LOOK_AGAIN_MS)) {
              if (!(await reader.isGood())) close();
              lookedAt = performance.now();
            }
            if (isOver) return;
            if (got === undefined) return controller.enqueue(bytes(":\n\n"));
            next = undefined;
            if (got.done) return close();
            controller.enqueue(bytes(block(got.value, write)));
          } catch (error) {
            // Over already: nobody reads what was on its way.
            if (!end()) return;
            broken(error);
            throw error;
          }
        },
        cancel: () => void end(),
      },
      // Nothing is fetched before it is asked for.
      { highWaterMark: 0 },
    );
  }
}

function block<T>({ id, event, data }: EventFrame<T>, write: (data: T) => unknown): string {
  const lines = [
    ...(id === undefined ? [] : [`id: ${id}`]),
    ...(event === undefined ? [] : [`event: ${event}`]),
    ...(data === undefined ? [] : [`data: ${JSON.stringify(write(data))}`]),
  ];
  const bad = lines.find((line) => /[\r\n\0]/.test(line));
  if (bad !== undefined) throw new Error(`A line of an event stream breaks in two: ${JSON.stringify(bad)}`);
  return `${lines.join("\n")}\n\n`;
}
