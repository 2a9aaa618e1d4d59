import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signedUrls } from "../../server/uploads/signed-urls.ts";
import { PUBLIC_URL } from "../setup/app.ts";
import { collect } from "../storage/stores.ts";
import { follow, openPlace, openTenant, type Place, sample } from "./support.ts";

const KEYS = [
  { id: "new", key: Buffer.alloc(32, 1) },
  { id: "old", key: Buffer.alloc(32, 2) },
];

describe("in a folder", () => {
  let place: Place;
  let aheadMs = 0;
  beforeAll(async () => {
    place = await openPlace("local", { clock: () => Date.now() + aheadMs, encryptionKeys: KEYS });
  });
  afterAll(() => place.close());

  async function addressOf(name: string, filename = name) {
    const tenant = await openTenant(place.app);
    const bytes = await sample(name);
    const upload = await tenant.upload(bytes, filename);
    const { url, expires_at } = await tenant.api.createDownloadUrl({ params: { upload_id: upload.id } });
    return { tenant, bytes, upload, url, expires_at };
  }
  const get = (url: string, init?: RequestInit) => follow(place.app, url, init);

  test("200 with the file as an attachment that nothing runs, by an address that needs no credential", async () => {
    const { bytes, url, expires_at } = await addressOf("sample.png", "kätz;chen.png");
    expect(Math.abs(Date.parse(expires_at) - Date.now() - 900_000)).toBeLessThan(5_000);
    const response = await get(url);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "image/png",
      "content-length": String(bytes.length),
      "content-disposition": `attachment; filename="k?tz;chen.png"; filename*=UTF-8''k%C3%A4tz%3Bchen.png`,
      "content-security-policy": "default-src 'none'; sandbox",
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-store",
      "accept-ranges": "bytes",
    });
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    const head = await get(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
      200,
      String(bytes.length),
      "",
    ]);
  });

  test("text says that it is UTF-8", async () => {
    const { url } = await addressOf("sample.md");
    expect((await get(url)).headers.get("content-type")).toBe("text/markdown; charset=utf-8");
  });

  test.each([
    ["bytes=0-0", 0, 0],
    ["bytes=5-9", 5, 9],
    ["bytes=10-", 10, -1],
    ["bytes=-7", -7, -1],
    ["bytes=3-999999999", 3, -1],
  ])("206 for Range: %s", async (range, from, to) => {
    const { bytes, url } = await addressOf("sample.png");
    const [start, end] = [from < 0 ? bytes.length + from : from, to < 0 ? bytes.length + to : to];
    const response = await get(url, { headers: { range } });
    expect(response.status).toBe(206);
    expect(response.headers.get("content-range")).toBe(`bytes ${start}-${end}/${bytes.length}`);
    expect(response.headers.get("content-length")).toBe(String(end - start + 1));
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes.subarray(start, end + 1))).toBe(true);
  });

  test.each(["bytes=999999999-", "bytes=5-1", "bytes=0-1,5-6", "lines=1-2"])(
    "200 with the whole for Range: %s",
    async (range) => {
      const { bytes, url } = await addressOf("sample.png");
      const response = await get(url, { headers: { range } });
      expect([response.status, (await response.arrayBuffer()).byteLength]).toEqual([200, bytes.length]);
    },
  );

  test("403 for an address of which any character of the signature was changed, or its time, path or method", async () => {
    const { url, upload, tenant } = await addressOf("sample.png");
    const whole = new URL(url);
    const signature = whole.searchParams.get("signature") ?? "";
    const other = await tenant.upload(await sample("sample.gif"), "b.gif");
    const tampered: string[] = [];
    for (let at = 0; at < signature.length; at++) {
      const changed = new URL(url);
      const replacement = signature[at] === "a" ? "b" : "a";
      changed.searchParams.set("signature", signature.slice(0, at) + replacement + signature.slice(at + 1));
      tampered.push(changed.href);
    }
    for (const by of [1, -1, 86_400]) {
      const changed = new URL(url);
      changed.searchParams.set("expires", String(Number(changed.searchParams.get("expires")) + by));
      tampered.push(changed.href);
    }
    tampered.push(url.replace(upload.id, other.id));
    tampered.push(url.replace(tenant.organizationId, (await openTenant(place.app)).organizationId));
    for (const changed of tampered) {
      expect(changed).not.toBe(url);
      expect((await get(changed)).status, changed).toBe(403);
    }
    const put = await get(url.replace("/content?", "/parts/1/content?"), {
      method: "PUT",
      body: "x",
      headers: { "content-type": "application/octet-stream" },
    });
    expect(put.status).toBe(403);
    expect((await get(url)).status).toBe(200);
  });

  test("403 for what is signed for one method and used for another", async () => {
    const tenant = await openTenant(place.app);
    const begun = await tenant.api.createResumableUpload({ body: { filename: "a.txt", size: 9 } });
    const { url } = await tenant.api.createUploadPartUrl({ params: { upload_id: begun.id, part_number: "1" } });
    // The path of a part has no GET; that of a download has no PUT: 405 before a signature is looked at.
    expect((await get(url)).status).toBe(405);
    const download = url.replace("/parts/1/content?", "/content?");
    expect((await get(download)).status).toBe(403);
  });

  test("403 when its quarter of an hour is over; 400 for a parameter more", async () => {
    const { url } = await addressOf("sample.png");
    expect((await get(`${url}&more=1`)).status).toBe(400);
    aheadMs = 901_000;
    try {
      const response = await get(url);
      expect([response.status, await response.json()]).toMatchObject([
        403,
        { error: { code: "FORBIDDEN", message: "This address is not valid any more: ask for a new one" } },
      ]);
    } finally {
      aheadMs = 0;
    }
    expect((await get(url)).status).toBe(200);
  });

  test("404 once the file is deleted, though its address is still good", async () => {
    const { url, upload, tenant } = await addressOf("sample.png");
    await tenant.api.deleteUpload({ params: { upload_id: upload.id } });
    expect((await get(url)).status).toBe(404);
  });

  test("409 for the address of one that is not ready", async () => {
    const tenant = await openTenant(place.app);
    const begun = await tenant.api.createResumableUpload({ body: { filename: "a", size: 9 } });
    const asked = tenant.api.createDownloadUrl({ params: { upload_id: begun.id } });
    await expect(asked).rejects.toMatchObject({ status: 409, code: "CONFLICT" });
  });

  test("an address stays good when the encryption key is rotated, until that key is taken away", async () => {
    const [newest, older] = KEYS;
    if (!newest || !older) throw new Error("two keys");
    const { url } = await addressOf("sample.png");
    const at = (keys: typeof KEYS) => signedUrls(keys, PUBLIC_URL, "/api").verify("GET", new URL(url), Date.now());
    expect(at([older, newest])).toMatch(/^org_/);
    expect(at([older])).toBeUndefined();
  });
});

test("in S3: an address straight to the store, with the same safe headers", async () => {
  const place = await openPlace("s3", { role: "api" });
  try {
    const tenant = await openTenant(place.app);
    const bytes = await sample("sample.png");
    const upload = await tenant.upload(bytes, "cat.png");
    const { url } = await tenant.api.createDownloadUrl({ params: { upload_id: upload.id } });
    expect(url.startsWith(PUBLIC_URL)).toBe(false);
    const response = await fetch(url);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("image/png");
    expect(response.headers.get("content-disposition")).toBe("attachment; filename=cat.png");
    expect(Buffer.from(await response.arrayBuffer()).equals(bytes)).toBe(true);
    const key = `${tenant.organizationId}/${upload.id}`;
    expect((await collect(await place.storage.read(key))).equals(bytes)).toBe(true);
  } finally {
    await place.close();
  }
});
