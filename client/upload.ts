import type { Operations } from "./generated/operations.ts";
import type { components } from "./generated/schema.ts";
import type { CallOptions } from "./types.ts";
import type { Waiting } from "./wait.ts";

type Upload = components["schemas"]["Upload"];

/** How far an upload is. `upload` is known from its first part on. */
export type UploadProgress = { readonly upload: Upload; readonly sent: number; readonly size: number };

/** How a file is uploaded. */
export type UploadOptions = CallOptions & {
  /** The file's name. A `File` has one. */
  readonly filename?: string;
  /** Bytes of a stream. Without it a stream is first read to its end, into memory. */
  readonly size?: number;
  /** How many parts are under way at once: 4 unless told. */
  readonly parallel?: number;
  /** Told when a part, or the whole of a small file, has come. */
  readonly onProgress?: (progress: UploadProgress) => void;
};

export type Uploading = {
  /**
   * Uploads a file and waits until it is ready: a small one in one request, a larger one in parts, each tried again by itself.
   * Aborting deletes what has come. After any other error it is kept for a day: its missing parts can be put one by one.
   *
   * @param source A `File` or `Blob` (`fs.openAsBlob` of a path, in Node), or a stream of bytes.
   * @throws {JobError} The server refused the file.
   */
  upload(source: Blob | ReadableStream<Uint8Array>, options?: UploadOptions): Promise<Upload>;
};

/** Up to so many bytes go in one request. */
const SINGLE = 2 ** 23;

/** A stream in parts of so many bytes, numbered from 1. An abort ends it, however long its source would take. */
async function* partsOf(stream: ReadableStream<Uint8Array>, size: number, signal: AbortSignal | undefined) {
  const reader = stream.getReader();
  // A source that failed cannot be canceled any more, and has said so already.
  const cancel = () => reader.cancel().catch(() => undefined);
  signal?.addEventListener("abort", cancel);
  let held: (Blob | Uint8Array<ArrayBuffer>)[] = [];
  let length = 0;
  try {
    for (let number = 1; ; ) {
      const { done, value } = await reader.read();
      if (value) {
        // The bytes of a stream are in no memory that threads share, which is all that the types cannot rule out.
        held.push(value as Uint8Array<ArrayBuffer>);
        length += value.length;
      }
      for (; length >= size || (done && length > 0); length -= size) {
        const blob = new Blob(held);
        held = [blob.slice(size)];
        yield [`${number++}`, blob.slice(0, size)] as const;
      }
      if (done) return;
    }
  } finally {
    await cancel();
  }
}

/** `upload` over a client's methods. */
export const uploading =
  (api: Operations, waitFor: Waiting["waitFor"]): Uploading["upload"] =>
  async (source, { filename = (source as File).name || "file", size = 0, parallel = 4, onProgress, ...call } = {}) => {
    const { signal } = call;
    const blob = source instanceof Blob ? source : size > SINGLE ? undefined : await new Response(source).blob();
    const total = blob?.size ?? size;
    if (blob && total <= SINGLE) {
      const body = new FormData();
      body.append("file", blob, filename);
      const upload = await api.createUpload({ ...call, body });
      onProgress?.({ upload, sent: total, size: total });
      return upload;
    }
    const upload = await api.createResumableUpload({ ...call, body: { filename, size: total } });
    const params = { upload_id: upload.id };
    const queue = partsOf(blob?.stream() ?? (source as ReadableStream), upload.parts?.size ?? Number.NaN, signal);
    let sent = 0;
    try {
      const worker = async () => {
        for (let next = await queue.next(); next.value; next = await queue.next()) {
          const [part_number, body] = next.value;
          await api.putUploadPart({ ...call, params: { ...params, part_number }, body });
          sent += body.size;
          onProgress?.({ upload, sent, size: total });
        }
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      return await waitFor(await api.completeUpload({ ...call, params }), call);
    } catch (error) {
      // Not waited for: it may be at a read that never ends. The other workers end with the part that they are at.
      void queue.return();
      if (signal?.aborted) await api.deleteUpload({ params, totalTimeout: 10_000 }).catch(() => undefined);
      throw error;
    }
  };
