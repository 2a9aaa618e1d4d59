import { MAX_PARTS, StorageError, type UploadedPart } from "./service.ts";

/** Bytes of one part: with one filling and one on its way, a put holds twice this. */
const PART_BYTES = 8 * 1024 * 1024;

/** The calls that a put is made of. */
export type PutCalls = {
  readonly whole: (body: Uint8Array) => Promise<void>;
  readonly begin: () => Promise<string>;
  readonly part: (handle: string, number: number, body: Uint8Array) => Promise<UploadedPart>;
  readonly complete: (handle: string, parts: readonly UploadedPart[]) => Promise<unknown>;
  readonly abort: (handle: string) => Promise<void>;
};

/**
 * Writes a stream of unknown length: in one call when it fits in a part, else in parts, of which one is on its way while
 * the next fills. Throws what the stream or a call throws, after the upload was aborted; TOO_LARGE past 80 GB.
 */
export async function putWhole(bytes: AsyncIterable<Uint8Array>, calls: PutCalls): Promise<{ size: number }> {
  let handle: string | undefined;
  let onItsWay: Promise<UploadedPart> | undefined;
  const parts: UploadedPart[] = [];
  let size = 0;
  const arrived = async () => {
    if (onItsWay !== undefined) parts.push(await onItsWay);
    onItsWay = undefined;
  };
  const begun = async () => {
    handle ??= await calls.begin();
    return handle;
  };
  const send = async (body: Uint8Array) => {
    await arrived();
    if (parts.length >= MAX_PARTS)
      throw new StorageError(
        "TOO_LARGE",
        `A file sent at once has at most ${PART_BYTES * MAX_PARTS} bytes: send it in parts`,
      );
    onItsWay = calls.part(await begun(), parts.length + 1, body);
    // Looked at when the next part is full; until then its failure is nobody's unhandled rejection.
    onItsWay.catch(() => {});
  };
  try {
    for await (const body of filled(bytes)) {
      size += body.length;
      if (handle === undefined && body.length < PART_BYTES) {
        await calls.whole(body);
        return { size };
      }
      await send(body);
    }
    await arrived();
    await calls.complete(await begun(), parts);
    return { size };
  } catch (error) {
    // A part that lands after the abort would stay, so the one on its way ends first.
    await onItsWay?.catch(() => {});
    // What cannot be aborted now is found by the sweeper.
    if (handle !== undefined) await calls.abort(handle).catch(() => {});
    throw error;
  }
}

/**
 * The stream in blocks of PART_BYTES; the last is shorter, and the only one of an empty stream is empty. There are two of
 * them, in turns: whoever asks for the next but one is done with this one.
 */
async function* filled(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let block = Buffer.allocUnsafeSlow(64 * 1024);
  let other: Buffer<ArrayBuffer> | undefined;
  let used = 0;
  let full = false;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + PART_BYTES - used);
      if (used + piece.length > block.length) block = grown(block, used, used + piece.length);
      block.set(piece, used);
      used += piece.length;
      at += piece.length;
      if (used === PART_BYTES) {
        yield block;
        full = true;
        [block, other] = [other ?? Buffer.allocUnsafeSlow(PART_BYTES), block];
        used = 0;
      }
    }
  }
  if (used > 0 || !full) yield block.subarray(0, used);
}

/** Small files stay small in memory: a block doubles until it is a part. */
function grown(block: Buffer, used: number, need: number): Buffer<ArrayBuffer> {
  const larger = Buffer.allocUnsafeSlow(Math.min(PART_BYTES, Math.max(need, block.length * 2)));
  block.copy(larger, 0, 0, used);
  return larger;
}
