import { MAX_PARTS, MIN_PART_BYTES, StorageError, type UploadedPart } from "./service.ts";

const KEY = /^[a-z0-9_]{1,100}\/[a-z0-9_]{1,100}$/;

/** Whether a name in the store is one of ours: what is not is left alone by the sweeper. */
export const isKey = (name: string): boolean => KEY.test(name);

/** Throws BAD_KEY for anything but `<org_id>/<upload_id>` in lowercase letters, digits and underscores. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new StorageError("BAD_KEY", "A key is <org_id>/<upload_id> in a-z, 0-9 and _");
}

/** Throws BAD_PART unless a part's number is from 1 to MAX_PARTS. */
export function checkNumber(number: number): void {
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
    throw new StorageError("BAD_PART", `A part's number is from 1 to ${MAX_PARTS}`);
}

/** The bytes of all parts together. Throws BAD_PART unless they ascend, and all but the last have MIN_PART_BYTES. */
export function checkParts(parts: readonly UploadedPart[]): number {
  if (parts.length === 0) throw new StorageError("BAD_PART", "An upload has at least one part");
  let before = 0;
  let total = 0;
  for (const [index, { number, size }] of parts.entries()) {
    checkNumber(number);
    if (number <= before) throw new StorageError("BAD_PART", "Parts are listed once each, by ascending number");
    if (size < MIN_PART_BYTES && index < parts.length - 1)
      throw new StorageError("BAD_PART", `Part ${number} has fewer than ${MIN_PART_BYTES} bytes and is not the last`);
    before = number;
    total += size;
  }
  return total;
}

/** The same bytes, if there are exactly `size` of them. Throws CUT on the first one too many, or at the end. */
export async function* exactly(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Uint8Array, void> {
  let seen = 0;
  for await (const chunk of bytes) {
    seen += chunk.length;
    if (seen > size) throw new StorageError("CUT", `There are more than the ${size} bytes that were announced`);
    yield chunk;
  }
  if (seen < size) throw new StorageError("CUT", `There are ${seen} bytes, and ${size} were announced`);
}

/** The same bytes until the signal comes, also while the next are being waited for. Throws the signal's reason. */
export async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void> {
  signal?.throwIfAborted();
  const source = bytes[Symbol.asyncIterator]();
  // A listener for each step, taken off after it: a race against one long promise would keep every chunk's step alive.
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve, reject) => {
      const stop = () => reject(signal?.reason);
      signal?.addEventListener("abort", stop, { once: true });
      source
        .next()
        .then(resolve, reject)
        .finally(() => signal?.removeEventListener("abort", stop));
    });
  let ended = false;
  try {
    for (;;) {
      const step = await next();
      if (step.done) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    // Not awaited: a source that hangs would answer only once its next bytes have come.
    if (!ended) void Promise.resolve(source.return?.()).catch(() => {});
  }
}

/** Two lists, each by ascending key, as one; whatever of one key comes from `left` comes first. */
export async function* mergeByKey<T extends { readonly key: string }>(
  left: AsyncIterable<T>,
  right: AsyncIterable<T>,
): AsyncGenerator<T, void> {
  const others = right[Symbol.asyncIterator]();
  try {
    let other = await others.next();
    for await (const item of left) {
      for (; !other.done && other.value.key < item.key; other = await others.next()) yield other.value;
      yield item;
    }
    for (; !other.done; other = await others.next()) yield other.value;
  } finally {
    await others.return?.();
  }
}
