import { createHash } from "node:crypto";
import { openAsBlob } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ApiError,
  type Client,
  ConnectionError,
  createClient,
  JobError,
  type UploadProgress,
} from "../../client/index.ts";
import { PUBLIC_URL } from "../setup/app.ts";
import { openPlace, openTenant, type Place, sample } from "../uploads/support.ts";
import { type Fault, faultyProxy } from "./proxy.ts";

let place: Place;
beforeAll(async () => {
  place = await openPlace("local");
});
afterAll(() => place.close());

const MiB = 1024 ** 2;
/** What the server makes the parts of a file of this size. */
const PART = 8 * MiB;
const LARGE = Buffer.alloc(2.5 * PART, "A line of a long text, over and over.\n");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
/** Pauses are a moment, so that the real server gets on with its work. */
const timing = {
  now: Date.now,
  random: () => 0,
  sleep: (_ms: number, signal?: AbortSignal) => pause(20, undefined, signal && { signal }),
};

type Fetch = (request: Request) => Promise<Response>;

/** A tenant's client over a fetch of the test's own. */
async function tenant(wrap: (inner: Fetch) => Fetch = (inner) => inner, options: { retries?: number } = {}) {
  const { token, api: owner } = await openTenant(place.app);
  // In-process, nobody but us looks at the signal.
  const inner: Fetch = async (request) => {
    request.signal.throwIfAborted();
    return place.app.fetch(request);
  };
  const api = createClient({ baseUrl: `${PUBLIC_URL}/api`, token, timing, fetch: wrap(inner), ...options });
  return { api, owner, token };
}
const isPart = ({ method }: Request) => method === "PUT";

/** A stream that notes how much was taken of it. */
function counted(bytes: Uint8Array, chunk = 256 * 1024) {
  let taken = 0;
  let canceled = false;
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (taken >= bytes.length) return controller.close();
        controller.enqueue(bytes.slice(taken, taken + chunk));
        taken += chunk;
      },
      cancel: () => {
        canceled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, taken: () => taken, canceled: () => canceled };
}

test("a small file goes in one request, and is what its bytes say", async () => {
  const { api } = await tenant();
  const bytes = await sample("sample.mp4");
  const progress: UploadProgress[] = [];
  const file = new File([new Uint8Array(bytes)], "coffee.mp4");
  const upload = await api.upload(file, { onProgress: (one) => void progress.push(one) });
  expect(upload).toMatchObject({ status: "ready", via: "multipart", filename: "coffee.mp4", sha256: sha256(bytes) });
  expect(progress).toEqual([{ upload, sent: bytes.length, size: bytes.length }]);
  const blob = await openAsBlob(fileURLToPath(new URL("../fixtures/media/sample.md", import.meta.url)));
  expect(await api.upload(blob)).toMatchObject({ filename: "file", type: "text/plain" });
});

test("a large one goes in parts, so many at once, and every byte arrives", async () => {
  let now = 0;
  let most = 0;
  const { api } = await tenant((inner) => async (request) => {
    if (!isPart(request)) return inner(request);
    most = Math.max(most, ++now);
    return inner(request).finally(() => now--);
  });
  const progress: UploadProgress[] = [];
  const options = { filename: "long.txt", parallel: 2, onProgress: (one: UploadProgress) => void progress.push(one) };
  const upload = await api.upload(new Blob([LARGE]), options);
  expect(upload).toMatchObject({ status: "ready", via: "parts", filename: "long.txt", sha256: sha256(LARGE) });
  expect(most).toBe(2);
  expect(
    progress
      .map(({ sent }) => sent)
      .sort((a, b) => a - b)
      .at(-1),
  ).toBe(LARGE.length);
  expect(progress.every(({ size, upload: { id } }) => size === LARGE.length && id === upload.id)).toBe(true);
  expect(progress).toHaveLength(3);
});

test("a stream whose size is told is read no further than its parts are sent", async () => {
  const gate = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { api } = await tenant((inner) => async (request) => {
    if (isPart(request)) {
      arrived.resolve();
      await gate.promise;
    }
    return inner(request);
  });
  const { stream, taken } = counted(LARGE);
  const uploading = api.upload(stream, { filename: "a.txt", size: LARGE.length, parallel: 1 });
  await arrived.promise;
  await pause(50);
  expect(taken()).toBe(PART);
  gate.resolve();
  expect(await uploading).toMatchObject({ sha256: sha256(LARGE) });
});

test("a stream without a size, or a small one, is gathered first", async () => {
  const { api } = await tenant();
  const bytes = new TextEncoder().encode("# A title\n");
  for (const options of [{}, { size: bytes.length }])
    expect(await api.upload(counted(bytes, 3).stream, options)).toMatchObject({
      via: "multipart",
      sha256: sha256(bytes),
    });
  const large = await api.upload(counted(LARGE).stream, { filename: "b.txt" });
  expect(large).toMatchObject({ via: "parts", sha256: sha256(LARGE) });
});

test("a stream that is shorter or longer than its size is refused, never cut", async () => {
  const { api } = await tenant();
  for (const size of [LARGE.length - MiB, LARGE.length + MiB]) {
    const { stream } = counted(LARGE);
    await expect(api.upload(stream, { size, filename: "a.txt" })).rejects.toBeInstanceOf(ApiError);
  }
  const { data } = await api.listUploads({ query: { status: "ready" } });
  expect(data).toEqual([]);
});

test("what breaks on the way is sent again, and the file is whole", async () => {
  const { token } = await openTenant(place.app);
  const faults: Fault[] = ["503", "lose", "refuse", "none", "cut", "429", "half", "short", "502 after", "lose"];
  const proxy = await faultyProxy(place.app.fetch, () => faults.shift() ?? "none", 5000);
  const api = createClient({ baseUrl: `${proxy.url}/api`, token, timing, retries: 9 });
  expect(await api.upload(new Blob([LARGE]), { filename: "a.txt" })).toMatchObject({ sha256: sha256(LARGE) });
  expect(faults).toEqual([]);
  await proxy.close();
});

/** Begins an upload that breaks off after its first part. */
async function broken(send: (api: Client, onProgress: (one: UploadProgress) => void) => Promise<unknown>) {
  let parts = 0;
  const cut = { off: true };
  const { api } = await tenant(
    (inner) => async (request) => {
      if (isPart(request) && ++parts > 1 && cut.off) throw new TypeError("the network is gone");
      return inner(request);
    },
    { retries: 0 },
  );
  let id = "";
  await expect(send(api, ({ upload }) => (id = upload.id))).rejects.toBeInstanceOf(ConnectionError);
  cut.off = false;
  return { api, id };
}

test("what broke off is kept, and its missing parts can be put one by one", async () => {
  const first = counted(LARGE);
  const options = { filename: "a.txt", size: LARGE.length, parallel: 1 };
  const { api, id } = await broken((client, onProgress) => client.upload(first.stream, { ...options, onProgress }));
  expect(first.canceled()).toBe(true);
  const params = { upload_id: id };
  expect(await api.listUploadParts({ params })).toMatchObject({ data: [{ number: 1 }] });
  for (const n of [2, 3]) {
    const body = new Blob([LARGE.subarray((n - 1) * PART, n * PART)]);
    await api.putUploadPart({ params: { ...params, part_number: `${n}` }, body });
  }
  const done = await api.waitFor(await api.completeUpload({ params }));
  expect(done).toMatchObject({ id, status: "ready", sha256: sha256(LARGE) });
});

test("a source that fails ends it with its own error, and a later abort finds nothing to do", async () => {
  const later = new AbortController();
  const { api } = await tenant();
  const failing = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.error(new Error("the disk is gone")),
  });
  const uploading = api.upload(failing, { filename: "a.txt", size: LARGE.length, signal: later.signal });
  await expect(uploading).rejects.toThrow("the disk is gone");
  later.abort();
  // What is rejected and not caught would end this process.
  await pause(10);
});

test("an abort ends it with the signal's reason, and nothing of it is kept", async () => {
  const stop = new AbortController();
  const { api, owner } = await tenant();
  const onProgress = () => stop.abort("enough");
  const uploading = api.upload(new Blob([LARGE]), { filename: "a.txt", parallel: 1, signal: stop.signal, onProgress });
  await expect(uploading).rejects.toBe("enough");
  expect((await owner.listUploads()).data).toEqual([]);
});

test("so it does while its source has nothing to say", async () => {
  const stop = new AbortController();
  const { api, owner } = await tenant();
  let canceled = false;
  const silent = new ReadableStream<Uint8Array>(
    {
      pull: () => new Promise(() => stop.abort("too long")),
      cancel: () => {
        canceled = true;
      },
    },
    { highWaterMark: 0 },
  );
  const uploading = api.upload(silent, { filename: "a.txt", size: LARGE.length, signal: stop.signal });
  await expect(uploading).rejects.toBe("too long");
  expect(canceled).toBe(true);
  expect((await owner.listUploads()).data).toEqual([]);
});

test("a file that the server refuses is an error that says why, in one request or in parts", async () => {
  const { api } = await tenant();
  const zip = Buffer.concat([Buffer.from("504b0304", "hex"), Buffer.alloc(9 * MiB, 1)]);
  const small = api.upload(new File([zip.subarray(0, 1000)], "a.mp4"));
  await expect(small).rejects.toMatchObject({ operationId: "createUpload", code: "UNSUPPORTED_MEDIA_TYPE" });
  const error = await api.upload(new File([zip], "a.mp4")).catch((caught: unknown) => caught);
  if (!(error instanceof JobError)) throw new Error("no JobError");
  expect(error.message).toMatch(/^upl_\w+: failed: .*ZIP/i);
});
