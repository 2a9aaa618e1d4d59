import { afterEach, beforeEach, expect, test } from "vitest";
import { openStorage } from "../../server/storage/open.ts";
import { MIN_PART_BYTES } from "../../server/storage/service.ts";
import { collect, listed, noise, openS3, type S3Store, streamed } from "./stores.ts";

const KEY = "org_1/upl_1";
let store: S3Store;
beforeEach(async () => {
  store = await openS3();
});
afterEach(() => store.close());

const presign = async (number: number, size: number) => {
  const { handle } = await store.storage.createParts(KEY);
  const signed = await store.storage.presignPart(KEY, handle, number, size, 60);
  if (!signed) throw new Error("S3 presigns");
  const put = (bytes: Buffer, url = signed.url) => fetch(url, { method: "PUT", body: new Uint8Array(bytes) });
  return { handle, ...signed, put };
};

test("200 a presigned part goes straight to the store, which lists and completes it", async () => {
  const { handle, put, headers } = await presign(1, 1_000);
  expect(headers).toEqual({ "content-length": "1000" });
  expect((await put(noise(1_000))).status).toBe(200);
  const parts = await store.storage.parts(KEY, handle);
  expect(parts).toEqual([{ number: 1, size: 1_000, tag: expect.any(String), writtenMs: expect.any(Number) }]);
  await store.storage.completeParts(KEY, handle, parts);
  expect((await collect(await store.storage.read(KEY))).equals(noise(1_000))).toBe(true);
});

test("403 a presigned part is for that many bytes, that part, that key and that time", async () => {
  const { handle, put, url } = await presign(1, 1_000);
  expect((await put(noise(1_001))).status).toBe(403);
  expect((await put(noise(999))).status).toBe(403);
  expect((await put(noise(1_000), url.replace("partNumber=1", "partNumber=2"))).status).toBe(403);
  expect((await put(noise(1_000), url.replace("upl_1", "upl_2"))).status).toBe(403);
  expect((await fetch(url)).status).toBe(403);
  expect(await store.storage.parts(KEY, handle)).toEqual([]);
  store.double.clock.aheadMs = 61_000;
  expect((await put(noise(1_000))).status).toBe(403);
});

test("200 a presigned download is an attachment of the name and type that were asked for, whatever the object says", async () => {
  await store.storage.put(KEY, streamed(noise(5_000)), { type: "text/html" });
  const filename = 'Ünï "quoted" \\ 猫.mp4';
  const url = (await store.storage.presignRead(KEY, { expiresSeconds: 60, filename, type: "video/mp4" })) ?? "";
  const whole = await fetch(url);
  expect(whole.status).toBe(200);
  expect(whole.headers.get("content-type")).toBe("video/mp4");
  expect(whole.headers.get("content-disposition")).toBe(
    'attachment; filename="?n? \\"quoted\\" \\\\ ?.mp4"; filename*=UTF-8\'\'%C3%9Cn%C3%AF%20%22quoted%22%20%5C%20%E7%8C%AB.mp4',
  );
  expect(Buffer.from(await whole.arrayBuffer()).equals(noise(5_000))).toBe(true);
  const part = await fetch(url, { headers: { range: "bytes=10-19" } });
  expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, noise(5_000).subarray(10, 20)]);
  expect((await fetch(url.replace("video%2Fmp4", "text%2Fhtml"))).status).toBe(403);
  expect((await fetch(url.replace("upl_1", "upl_2"))).status).toBe(403);
});

test("signed URLs begin with S3_PUBLIC_ENDPOINT", async () => {
  const storage = await openStorage({ ...store.config, publicEndpoint: "https://files.example.com" });
  const url = await storage.presignRead(KEY, { expiresSeconds: 60, filename: "a.txt", type: "text/plain" });
  expect(url).toMatch(/^https:\/\/files\.example\.com\/files\/org_1\/upl_1\?/);
  await storage.close();
});

test("a bucket that cannot be used is a sentence at start that says what to set, without the secret", async () => {
  const { config, double } = store;
  const wrong = [
    { ...config, secretAccessKey: "another-secret" },
    { ...config, bucket: "nowhere" },
    { ...config, endpoint: "http://127.0.0.1:9" },
  ];
  for (const one of wrong) {
    const storage = await openStorage(one);
    const error = await storage.check().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({ name: "StartError", message: expect.stringMatching(/Set S3_ENDPOINT, S3_BUCKET/) });
    expect(String(error)).not.toContain(one.secretAccessKey);
    await expect(storage.put(KEY, streamed(noise(1)))).rejects.toMatchObject({
      code: expect.stringMatching(/UNAVAILABLE|NOT_FOUND/),
    });
    await storage.close();
  }
  expect(double.done).toEqual(["HeadBucket"]);
});

test("a store that fails for a moment is asked again, and nothing is doubled", async () => {
  const bytes = noise(20_000_000);
  for (const operation of ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"]) {
    store.double.faults.push({ operation, times: 1, how: "500" });
  }
  await store.storage.put(KEY, streamed(bytes));
  expect((await collect(await store.storage.read(KEY))).equals(bytes)).toBe(true);
  expect(store.double.done.filter((operation) => operation === "UploadPart")).toHaveLength(3);
  expect(await listed(store.storage)).toEqual([{ kind: "object", key: KEY }]);
});

test("a put that the store refuses in its middle is aborted there", async () => {
  store.double.faults.push({ operation: "UploadPart", times: 99, how: "500" });
  await expect(store.storage.put(KEY, streamed(noise(30_000_000)))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await listed(store.storage)).toEqual([]);
});

test("an upload that was completed, but whose answer was lost, is completed", async () => {
  const { storage, double } = store;
  const { handle } = await storage.createParts(KEY);
  const part = await storage.putPart(KEY, handle, 1, streamed(noise(MIN_PART_BYTES)), MIN_PART_BYTES);
  double.faults.push({ operation: "CompleteMultipartUpload", times: 1, how: "lost" });
  expect(await storage.completeParts(KEY, handle, [part])).toEqual({ size: MIN_PART_BYTES });
});

test("a reader that stops early frees its connection", async () => {
  const { storage, double } = store;
  await storage.put(KEY, streamed(noise(30_000_000)));
  const bytes = await storage.read(KEY);
  for await (const _ of bytes) break;
  await expect.poll(double.sending).toBe(0);
  (await storage.read(KEY)).destroy();
  await expect.poll(double.sending).toBe(0);
});

test("objects of others in the bucket are not listed", async () => {
  const { endpoint, credentials } = store.double;
  const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({ endpoint, forcePathStyle: true, region: credentials.region, credentials });
  for (const Key of ["backup.tar", "org_1/upl_1.bak", "a/b/c", "Org/x"]) {
    await client.send(new PutObjectCommand({ Bucket: "files", Key, Body: "x" }));
  }
  client.destroy();
  await store.storage.put(KEY, streamed(noise(1)));
  expect(await listed(store.storage)).toEqual([{ kind: "object", key: KEY }]);
});
