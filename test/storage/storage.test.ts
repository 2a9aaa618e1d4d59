import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MAX_PARTS, MIN_PART_BYTES } from "../../server/storage/service.ts";
import { broken, collect, listed, noise, STORES, type Store, streamed } from "./stores.ts";

const KEY = "org_1/upl_1";
const code = (name: string) => expect.objectContaining({ name: "StorageError", code: name });

describe.each(STORES)("%s", (_, open) => {
  let store: Store;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  test("what was put is read back, whole and by ranges, until it is deleted", async () => {
    const { storage } = store;
    const bytes = noise(300_000);
    expect(await storage.put(KEY, streamed(bytes), { type: "video/mp4" })).toEqual({ size: bytes.length });
    expect(await storage.size(KEY)).toBe(bytes.length);
    expect((await collect(await storage.read(KEY))).equals(bytes)).toBe(true);
    const part = async (start: number, end: number) => collect(await storage.read(KEY, { start, end }));
    expect((await part(0, 0)).equals(bytes.subarray(0, 1))).toBe(true);
    expect((await part(1_000, 99_999)).equals(bytes.subarray(1_000, 100_000))).toBe(true);
    expect((await part(299_999, 9_999_999)).equals(bytes.subarray(299_999))).toBe(true);
    await expect(storage.read(KEY, { start: 300_000, end: 300_000 })).rejects.toEqual(code("RANGE"));
    await expect(storage.read(KEY, { start: 2, end: 1 })).rejects.toEqual(code("RANGE"));
    await storage.delete(KEY);
    await storage.delete(KEY);
    expect(await storage.size(KEY)).toBeUndefined();
    await expect(storage.read(KEY)).rejects.toEqual(code("NOT_FOUND"));
  });

  test.each([0, 1, 8 * 1024 ** 2 - 1, 8 * 1024 ** 2, 8 * 1024 ** 2 + 1, 20_000_003])(
    "a stream of %i bytes arrives as it was",
    async (size) => {
      const bytes = noise(size);
      expect(await store.storage.put(KEY, streamed(bytes))).toEqual({ size });
      expect((await collect(await store.storage.read(KEY))).equals(bytes)).toBe(true);
      expect(await listed(store.storage)).toEqual([{ kind: "object", key: KEY }]);
    },
  );

  test.each([10, 300_000, 18_000_000])("a stream that fails after %i bytes leaves nothing", async (size) => {
    await expect(store.storage.put(KEY, broken(noise(size)))).rejects.toThrow("the client left");
    expect(await listed(store.storage)).toEqual([]);
  });

  test("a put that fails leaves what stood under its key", async () => {
    const first = noise(1_000);
    await store.storage.put(KEY, streamed(first));
    await expect(store.storage.put(KEY, broken(noise(9_000_000, 2)))).rejects.toThrow("the client left");
    expect((await collect(await store.storage.read(KEY))).equals(first)).toBe(true);
    const second = noise(2_000, 2);
    await store.storage.put(KEY, streamed(second));
    expect((await collect(await store.storage.read(KEY))).equals(second)).toBe(true);
  });

  test("a signal ends a put that waits for bytes which never come", async () => {
    const stop = new AbortController();
    const silent = async function* () {
      yield noise(9_000_000);
      stop.abort(new Error("stopping"));
      await new Promise(() => {});
    };
    await expect(store.storage.put(KEY, silent(), { signal: stop.signal })).rejects.toThrow("stopping");
    await expect(store.storage.put(KEY, streamed(noise(1)), { signal: stop.signal })).rejects.toThrow("stopping");
    expect(await listed(store.storage)).toEqual([]);
  });

  test.each(["", "a", "/etc/passwd", "org_1/../x", "org_1/upl.1", "org_1/a/b", "Org/upl", "org_1/", "a/b\0", "a/b\n"])(
    "the key %j is refused by every method",
    async (key) => {
      const { storage } = store;
      const part = { number: 1, tag: "x", size: 1 };
      const calls: (() => Promise<unknown>)[] = [
        () => storage.put(key, streamed(noise(1))),
        () => storage.read(key),
        () => storage.size(key),
        () => storage.delete(key),
        () => storage.createParts(key),
        () => storage.putPart(key, "x", 1, streamed(noise(1)), 1),
        () => storage.parts(key, "x"),
        () => storage.completeParts(key, "x", [part]),
        () => storage.abortParts(key, "x"),
      ];
      for (const call of calls) await expect(call()).rejects.toEqual(code("BAD_KEY"));
    },
  );

  test("parts come in any order, in parallel and again, and make the object in the order of their numbers", async () => {
    const { storage } = store;
    const [one, two, last] = [noise(MIN_PART_BYTES, 1), noise(MIN_PART_BYTES + 7, 2), noise(100, 3)];
    const { handle } = await storage.createParts(KEY, { type: "video/mp4" });
    await storage.putPart(KEY, handle, 3, streamed(noise(100, 9)), 100);
    const put = (number: number, bytes: Buffer) => storage.putPart(KEY, handle, number, streamed(bytes), bytes.length);
    const parts = await Promise.all([put(1, one), put(2, two), put(3, last)]);
    const listing = await storage.parts(KEY, handle);
    expect(listing).toEqual(parts.map((part) => ({ ...part, writtenMs: expect.any(Number) })));
    for (const { writtenMs } of listing) expect(Math.abs(writtenMs - Date.now())).toBeLessThan(60_000);
    expect(await storage.size(KEY)).toBeUndefined();
    const whole = Buffer.concat([one, two, last]);
    const complete = () => storage.completeParts(KEY, handle, parts);
    expect(await Promise.all([complete(), complete(), complete()])).toEqual(Array(3).fill({ size: whole.length }));
    expect((await collect(await storage.read(KEY))).equals(whole)).toBe(true);
    // As after a crash between completing and saying so.
    expect(await storage.completeParts(KEY, handle, parts)).toEqual({ size: whole.length });
    expect(await listed(storage)).toEqual([{ kind: "object", key: KEY }]);
    await expect(put(1, one)).rejects.toEqual(code("NOT_FOUND"));
  });

  test("a part that is cut, or does not end, leaves the former one", async () => {
    const { storage } = store;
    const { handle } = await storage.createParts(KEY);
    const good = await storage.putPart(KEY, handle, 1, streamed(noise(200_000)), 200_000);
    const other = noise(200_000, 2);
    await expect(storage.putPart(KEY, handle, 1, broken(other), 300_000)).rejects.toThrow("the client left");
    await expect(storage.putPart(KEY, handle, 1, streamed(other), 300_000)).rejects.toEqual(code("CUT"));
    await expect(storage.putPart(KEY, handle, 1, streamed(other), 100_000)).rejects.toEqual(code("CUT"));
    expect(await storage.parts(KEY, handle)).toMatchObject([good]);
    await storage.completeParts(KEY, handle, [good]);
    expect((await collect(await storage.read(KEY))).equals(noise(200_000))).toBe(true);
  });

  test("parts are completed only as they were uploaded, and within the bounds of S3", async () => {
    const { storage } = store;
    const { handle } = await storage.createParts(KEY);
    const put = (number: number, size: number) =>
      storage.putPart(KEY, handle, number, streamed(noise(size, number)), size);
    const [first, second, small] = [await put(1, MIN_PART_BYTES), await put(2, MIN_PART_BYTES), await put(3, 10)];
    const refused = [
      [],
      [second, first],
      [first, first],
      [small, { ...first, number: 4 }],
      [{ ...first, tag: second.tag }],
      [{ ...first, tag: "../../objects/org_1/upl_2" }],
      [first, { number: 9, tag: first.tag, size: first.size }],
      [{ ...first, number: MAX_PARTS + 1 }],
    ];
    for (const parts of refused) {
      await expect(storage.completeParts(KEY, handle, parts)).rejects.toEqual(code("BAD_PART"));
    }
    for (const number of [0, -1, 1.5, MAX_PARTS + 1]) await expect(put(number, 1)).rejects.toEqual(code("BAD_PART"));
    expect(await storage.size(KEY)).toBeUndefined();
    await storage.completeParts(KEY, handle, [first, small]);
    expect(await storage.size(KEY)).toBe(MIN_PART_BYTES + 10);
  });

  test("an aborted upload is gone, and aborting it again is fine", async () => {
    const { storage } = store;
    const { handle } = await storage.createParts(KEY);
    const part = await storage.putPart(KEY, handle, 1, streamed(noise(10)), 10);
    await storage.abortParts(KEY, handle);
    await storage.abortParts(KEY, handle);
    expect(await listed(storage)).toEqual([]);
    await expect(storage.putPart(KEY, handle, 1, streamed(noise(10)), 10)).rejects.toEqual(code("NOT_FOUND"));
    await expect(storage.parts(KEY, handle)).rejects.toEqual(code("NOT_FOUND"));
    await expect(storage.completeParts(KEY, handle, [part])).rejects.toEqual(code("NOT_FOUND"));
    // Another upload of the same key is not that of this handle, nor is this one of another key.
    const other = await storage.createParts("org_2/upl_1");
    await expect(storage.parts(KEY, other.handle)).rejects.toEqual(code("NOT_FOUND"));
  });

  test("the list has objects and unfinished uploads by ascending key, from a key on, before a moment", async () => {
    const { storage } = store;
    const keys = Array.from({ length: 8 }, (_, i) => `org_${1 + (i % 3)}/upl_${i}`);
    for (const key of keys) await storage.put(key, streamed(noise(10)));
    const begun: { key: string; handle: string; kind: "parts" }[] = [];
    for (const key of [...keys.slice(0, 4), "org_1/upl_00", "org_9/upl_9"]) {
      begun.push({ kind: "parts", key, handle: (await storage.createParts(key)).handle });
    }
    const all = await listed(storage);
    expect(all.map(({ key }) => key)).toEqual([...keys, ...begun.map(({ key }) => key)].sort());
    expect(all.filter(({ kind }) => kind === "parts")).toEqual(expect.arrayContaining(begun));
    expect(all.filter(({ kind }) => kind === "object")).toHaveLength(keys.length);
    for (const after of ["org_1/upl_3", "org_1/zzz", "org_2/upl_1", "org_9/upl_9"]) {
      expect(await listed(storage, undefined, after), after).toEqual(all.filter(({ key }) => key > after));
    }
    expect(await listed(storage, Date.now() - 60_000)).toEqual([]);
  });

  test("check() says yes to a store that can be used", async () => {
    await expect(store.storage.check()).resolves.toBeUndefined();
  });
});
