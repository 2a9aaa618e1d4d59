import { createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "../organizations/people.ts";
import { until } from "../setup/support.ts";
import { noise } from "../storage/stores.ts";
import { openPlace, openTenant, type Place, sample } from "./support.ts";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** An archive as `zip` makes it, of one deflated file. */
function zip(): Buffer {
  const packed = deflateRawSync(noise(20_000));
  const head = Buffer.alloc(30);
  head.write("PK\x03\x04", "latin1");
  head.writeUInt16LE(8, 8);
  head.writeUInt32LE(packed.length, 18);
  return Buffer.concat([head, packed]);
}

describe.each(["local", "s3"] as const)("%s", (kind) => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(kind);
  });
  afterAll(() => place.close());

  test.each([
    ["sample.mp4", "video/mp4", { width: 64, height: 36, duration_ms: 1000 }],
    ["portrait.mov", "video/quicktime", { width: 36, height: 64 }],
    ["sample.webm", "video/webm", { width: 64, height: 36 }],
    ["sample.mp3", "audio/mpeg", { width: null }],
    ["sample.wav", "audio/wav", { duration_ms: 1000 }],
    ["sample.m4a", "audio/mp4", { height: null }],
    ["sample.jpg", "image/jpeg", { width: 64, height: 36, duration_ms: null }],
    ["sample.png", "image/png", { width: 64, height: 36 }],
    ["sample.webp", "image/webp", { width: 64, height: 36 }],
    ["sample.gif", "image/gif", { width: 64, height: 36 }],
    ["sample.pdf", "application/pdf", { width: null, duration_ms: null }],
    ["sample.md", "text/markdown", { width: null }],
    ["sample.txt", "text/plain", { width: null }],
  ] as const)("201 for %s: what it is, by its bytes", async (name, type, media) => {
    const tenant = await openTenant(place.app);
    const bytes = await sample(name);
    const upload = await tenant.upload(bytes, name);
    expect(upload).toMatchObject({ filename: name, via: "multipart", status: "ready", progress: 100, type, ...media });
    expect(upload).toMatchObject({ size: bytes.length, sha256: sha256(bytes), error: null, expires_at: null });
    expect(await tenant.counted()).toBe(bytes.length);
    expect(await tenant.events()).toEqual([{ type: "upload.ready", data: upload }]);
    expect(await place.held()).toContain(`object ${tenant.organizationId}/${upload.id}`);
  });

  test("201 for a file whose name and declared type lie: its bytes decide", async () => {
    const tenant = await openTenant(place.app);
    const upload = await tenant.upload(await sample("sample.png"), "movie.mp4", "video/mp4");
    expect(upload).toMatchObject({ type: "image/png", filename: "movie.mp4" });
  });

  test.each([
    ["a zip that is named as a picture", "cat.png", "image/png", zip()],
    ["an empty file", "empty.mp4", "video/mp4", Buffer.alloc(0)],
    ["a page that says it is text", "notes.txt", "text/plain", Buffer.from("<!DOCTYPE html><script>alert(1)</script>")],
    ["an SVG with a script", "cat.svg", "image/svg+xml", Buffer.from("<svg onload='alert(1)' xmlns='x'/>")],
    ["a Windows program", "cat.mp4", "video/mp4", Buffer.concat([Buffer.from("MZ\x90\0", "latin1"), noise(9_000)])],
    ["noise", "cat.mp4", "video/mp4", noise(300_000)],
  ])("415 for %s, which leaves nothing", async (_, filename, type, bytes) => {
    const tenant = await openTenant(place.app);
    const { status, body } = await tenant.sendFile(bytes, filename, type);
    expect([status, body]).toMatchObject([
      415,
      { error: { code: "UNSUPPORTED_MEDIA_TYPE", message: expect.stringMatching(/^The file is .*Allowed are MP4/) } },
    ]);
    expect((await tenant.api.listUploads()).data).toEqual([]);
    expect(await tenant.counted()).toBe(0);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toEqual([]);
  });

  test("a picture with an archive or a page behind it stays a picture, and is never anything else", async () => {
    const tenant = await openTenant(place.app);
    const tails = [zip(), Buffer.from("<html><script>alert(1)</script>")];
    for (const tail of tails) {
      const upload = await tenant.upload(Buffer.concat([await sample("sample.gif"), tail]), "both.gif");
      expect(upload.type).toBe("image/gif");
      const { url } = await tenant.api.createDownloadUrl({ params: { upload_id: upload.id } });
      expect(url).toMatch(/^http/);
    }
  });

  test("a replay of its Idempotency-Key stores nothing again", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await sample("sample.png");
    const headers = { "idempotency-key": "once" };
    const first = await tenant.sendFile(bytes, "a.png", "image/png", headers);
    const second = await tenant.sendFile(bytes, "a.png", "image/png", headers);
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotent-replayed")).toBe("true");
    expect(await tenant.counted()).toBe(bytes.length);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toHaveLength(1);
  });

  test("500 in the commit leaves no row, no object and no counted byte", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await sample("sample.png");
    // The file stands in the store by the time that its row cannot be written.
    await sql(place.app, "alter table uploads rename column sha256 to sha257");
    try {
      expect((await tenant.sendFile(bytes, "a.png")).status).toBe(500);
    } finally {
      await sql(place.app, "alter table uploads rename column sha257 to sha256");
    }
    expect((await tenant.api.listUploads()).data).toEqual([]);
    expect(await tenant.counted()).toBe(0);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toEqual([]);
    expect((await tenant.sendFile(bytes, "a.png")).status).toBe(201);
  });

  test("204: a deleted upload is gone, uncounted once, and its bytes are taken from the store", async () => {
    const tenant = await openTenant(place.app);
    const kept = await tenant.upload(await sample("sample.gif"), "kept.gif");
    const upload = await tenant.upload(await sample("sample.png"), "a.png");
    const params = { upload_id: upload.id };
    await tenant.api.deleteUpload({ params });
    await expect(tenant.api.getUpload({ params })).rejects.toMatchObject({ status: 404 });
    await expect(tenant.api.deleteUpload({ params })).rejects.toMatchObject({ status: 404 });
    expect(await tenant.counted()).toBe(kept.size);
    const own = async () => (await place.held()).filter((key) => key.includes(tenant.organizationId));
    await until(async () => (await own()).length === 1);
    expect(await own()).toEqual([`object ${tenant.organizationId}/${kept.id}`]);
  });
});

describe("names", () => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace("local", { role: "api" });
  });
  afterAll(() => place.close());

  /** A multipart body as no browser would write it. */
  const raw = (disposition: string, bytes: Buffer) => {
    const boundary = "x-boundary";
    const head = `--${boundary}\r\nContent-Disposition: ${disposition}\r\nContent-Type: image/png\r\n\r\n`;
    const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]);
    return { body: new Uint8Array(body), headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
  };

  test.each([
    ["a path", 'form-data; name="file"; filename="../../etc/passwd.png"', "passwd.png"],
    ["a Windows path", 'form-data; name="file"; filename="C:\\\\temp\\\\cat.png"', "cat.png"],
    ["a path that is encoded", "form-data; name=\"file\"; filename*=UTF-8''..%2F..%2Fcat.png", "cat.png"],
    ["controls", 'form-data; name="file"; filename="ca\u0007t\u007f.png"', "cat.png"],
    ["a turned direction", "form-data; name=\"file\"; filename*=UTF-8''cat%E2%80%AEgpj.exe", "catgpj.exe"],
    ["other scripts", "form-data; name=\"file\"; filename*=UTF-8''%E7%8C%AB%20%F0%9F%90%88.png", "猫 🐈.png"],
    ["dots", 'form-data; name="file"; filename=".."', "file.png"],
    ["blanks", 'form-data; name="file"; filename="   "', "file.png"],
  ])("201 with a name that is safe, of %s", async (_, disposition, filename) => {
    const tenant = await openTenant(place.app);
    const { status, body } = await tenant.ask("POST", "/v1/uploads", raw(disposition, await sample("sample.png")));
    expect([status, body]).toMatchObject([201, { filename }]);
  });

  test("a name that is too long keeps its ending, and no half of a character", async () => {
    const tenant = await openTenant(place.app);
    const upload = await tenant.upload(await sample("sample.png"), `${"🐈".repeat(200)}.png`);
    expect(upload.filename.length).toBeLessThanOrEqual(255);
    expect(upload.filename.endsWith("🐈.png")).toBe(true);
    expect(upload.filename.isWellFormed()).toBe(true);
  });

  test("400 without the file, for a second one, and for a field: none of them leaves anything", async () => {
    const tenant = await openTenant(place.app);
    const file = () => new File([new Uint8Array(Buffer.from("some text"))], "a.txt");
    const bodies = [
      [],
      [["other", file()]],
      [
        ["file", file()],
        ["file", file()],
      ],
      [
        ["file", file()],
        ["caption", "x"],
      ],
    ] as const;
    for (const parts of bodies) {
      const form = new FormData();
      for (const [name, value] of parts) form.append(name, value);
      if (parts.length === 0) form.append("nothing", "x");
      expect(await tenant.ask("POST", "/v1/uploads", { body: form })).toMatchObject({ status: 400 });
    }
    expect((await tenant.api.listUploads()).data).toEqual([]);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toEqual([]);
  });

  test("a list shows the newest first, by status and by type; nothing of another tenant", async () => {
    const [own, other] = [await openTenant(place.app), await openTenant(place.app)];
    await other.upload(await sample("sample.png"), "theirs.png");
    const picture = await own.upload(await sample("sample.png"), "a.png");
    const text = await own.upload(Buffer.from("hello"), "a.txt");
    const pending = await own.api.createResumableUpload({ body: { filename: "b", size: 9 } });
    const list = async (query: object) => (await own.api.listUploads({ query })).data.map(({ id }) => id);
    expect(await list({})).toEqual([pending.id, text.id, picture.id]);
    expect(await list({ status: "pending" })).toEqual([pending.id]);
    expect(await list({ type: "image/png" })).toEqual([picture.id]);
    expect(await list({ type: "image/png", status: "failed" })).toEqual([]);
  });
});
