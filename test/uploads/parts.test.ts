import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MIN_PART_BYTES } from "../../spec/upload-parts.ts";
import { sql } from "../organizations/people.ts";
import { settle, until } from "../setup/support.ts";
import { noise } from "../storage/stores.ts";
import { follow, openPlace, openTenant, type Place, sample, type UploadTenant } from "./support.ts";

/** A GIF of two whole parts and a bit. */
const wholeFile = async (): Promise<Buffer> =>
  Buffer.concat([await sample("sample.gif"), noise(2 * MIN_PART_BYTES + 1_234)]);

const partsOf = (bytes: Buffer): Buffer[] =>
  [0, 1, 2].map((at) => bytes.subarray(at * MIN_PART_BYTES, (at + 1) * MIN_PART_BYTES));

describe.each(["local", "s3"] as const)("%s", (kind) => {
  let place: Place;
  let nowMs = 0;
  beforeAll(async () => {
    place = await openPlace(kind, { clock: () => Date.now() + nowMs });
  });
  afterAll(() => place.close());

  const begin = (tenant: UploadTenant, size: number, filename = "cat.gif") =>
    tenant.api.createResumableUpload({ body: { filename, size, part_size: MIN_PART_BYTES } });
  const own = async (tenant: UploadTenant) => (await place.held()).filter((key) => key.includes(tenant.organizationId));

  test("parts in any order, one of them again, make the file: checked, ready, told", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await wholeFile();
    const begun = await begin(tenant, bytes.length);
    expect(begun).toMatchObject({ status: "pending", via: "parts", size: bytes.length, progress: 0, type: null });
    expect(begun.parts).toEqual({ size: MIN_PART_BYTES, count: 3 });
    expect(await tenant.counted()).toBe(bytes.length);
    const params = { upload_id: begun.id };
    const [one, two, three] = partsOf(bytes);
    if (!one || !two || !three) throw new Error("three parts");
    expect(await tenant.sendPart(begun.id, 3, three)).toMatchObject({
      status: 200,
      body: { number: 3, size: three.length },
    });
    expect((await tenant.sendPart(begun.id, 1, noise(MIN_PART_BYTES, 9))).status).toBe(200);
    expect((await tenant.sendPart(begun.id, 1, one)).status).toBe(200);
    expect(await tenant.api.getUpload({ params })).toMatchObject({ progress: 50, status: "pending" });
    expect((await tenant.api.listUploadParts({ params })).data).toMatchObject([
      { number: 1, size: MIN_PART_BYTES },
      { number: 3, size: three.length },
    ]);
    const early = tenant.api.completeUpload({ params });
    await expect(early).rejects.toMatchObject({ status: 409, details: { missing: [2], missing_count: 1 } });
    expect((await tenant.sendPart(begun.id, 2, two)).status).toBe(200);

    const completed = await tenant.api.completeUpload({ params });
    expect(completed).toMatchObject({ status: "pending", progress: 100 });
    const ready = await tenant.settled(begun.id);
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(ready).toMatchObject({
      status: "ready",
      type: "image/gif",
      sha256,
      size: bytes.length,
      width: 64,
      error: null,
    });
    expect(ready.expires_at).toBeNull();
    expect(await tenant.counted()).toBe(bytes.length);
    expect(await tenant.events()).toEqual([{ type: "upload.ready", data: ready }]);
    expect(await own(tenant)).toEqual([`object ${tenant.organizationId}/${begun.id}`]);
    // Completing it again answers what it is; no part may come any more.
    expect(await tenant.api.completeUpload({ params })).toEqual(ready);
    expect((await tenant.sendPart(begun.id, 1, one)).status).toBe(409);
    await expect(tenant.api.listUploadParts({ params })).rejects.toMatchObject({ status: 409 });
  });

  test("two completes at once: one check, one event, both 202", async () => {
    const tenant = await openTenant(place.app);
    const begun = await begin(tenant, 9, "a.txt");
    await tenant.sendPart(begun.id, 1, Buffer.from("some text"));
    const params = { upload_id: begun.id };
    const { good, refused } = await settle([1, 2, 3].map(() => tenant.api.completeUpload({ params })));
    expect([good.length, refused.length]).toEqual([3, 0]);
    await tenant.settled(begun.id);
    expect(await tenant.events()).toHaveLength(1);
    const jobs = "select from pgboss.job where name = 'upload.process' and data->>'id' = $1";
    expect(await sql(place.app, jobs, [begun.id])).toHaveLength(1);
  });

  test("400 and 413 for a part that has not exactly its bytes, which leaves the former as it was", async () => {
    const tenant = await openTenant(place.app);
    const bytes = await wholeFile();
    const begun = await begin(tenant, bytes.length);
    const [one = Buffer.alloc(0)] = partsOf(bytes);
    await tenant.sendPart(begun.id, 1, one);
    const short = await tenant.sendPart(begun.id, 1, one.subarray(1));
    expect(short).toMatchObject({ status: 400, body: { error: { details: { issues: [{ path: "body" }] } } } });
    const long = await tenant.sendPart(begun.id, 1, Buffer.concat([one, Buffer.from("x")]));
    expect(long).toMatchObject({ status: 413, body: { error: { details: { max_bytes: MIN_PART_BYTES } } } });
    // The last part is shorter, and there is none behind it.
    expect((await tenant.sendPart(begun.id, 3, one)).status).toBe(413);
    expect(await tenant.sendPart(begun.id, 4, one)).toMatchObject({
      status: 400,
      body: { error: { details: { issues: [{ path: "params.part_number" }] } } },
    });
    const listed = await tenant.api.listUploadParts({ params: { upload_id: begun.id } });
    expect(listed.data).toMatchObject([{ number: 1, size: MIN_PART_BYTES }]);
  });

  test("a part by its address, without a credential, straight to the store where that is S3", async () => {
    const tenant = await openTenant(place.app);
    const text = Buffer.from("# some text");
    const begun = await begin(tenant, text.length, "notes.md");
    const params = { upload_id: begun.id, part_number: "1" };
    const target = await tenant.api.createUploadPartUrl({ params });
    expect(target).toMatchObject({ number: 1, method: "PUT", size: text.length });
    expect(target.url.startsWith("http://reelmark.test/")).toBe(kind === "local");
    const sent = await follow(place.app, target.url, {
      method: "PUT",
      body: new Uint8Array(text),
      headers: target.headers,
    });
    expect(sent.status, await sent.text()).toBe(200);
    expect((await tenant.api.listUploadParts({ params })).data).toMatchObject([{ number: 1, size: text.length }]);
    await tenant.api.completeUpload({ params });
    expect(await tenant.settled(begun.id)).toMatchObject({ status: "ready", type: "text/markdown" });
  });

  test("a whole that is of no allowed type fails: nothing stays in the store, nothing is counted, webhooks are told", async () => {
    const tenant = await openTenant(place.app);
    const bytes = noise(MIN_PART_BYTES + 5);
    const begun = await begin(tenant, bytes.length, "cat.mp4");
    for (const [index, part] of partsOf(bytes).slice(0, 2).entries()) await tenant.sendPart(begun.id, index + 1, part);
    await tenant.api.completeUpload({ params: { upload_id: begun.id } });
    const failed = await tenant.settled(begun.id);
    expect(failed).toMatchObject({ status: "failed", error: { code: "type_not_allowed" }, ready_at: null });
    expect(await tenant.counted()).toBe(0);
    expect(await tenant.events()).toEqual([{ type: "upload.failed", data: failed }]);
    await until(async () => (await own(tenant)).length === 0);
    // Deleting what has failed uncounts nothing again.
    await tenant.upload(Buffer.from("hello"), "a.txt");
    await tenant.api.deleteUpload({ params: { upload_id: begun.id } });
    expect(await tenant.counted()).toBe(5);
  });

  test("deleting one that is not complete aborts it: its parts go, and its bytes are uncounted", async () => {
    const tenant = await openTenant(place.app);
    const begun = await begin(tenant, MIN_PART_BYTES + 1);
    await tenant.sendPart(begun.id, 1, noise(MIN_PART_BYTES));
    expect(await own(tenant)).toEqual([`parts ${tenant.organizationId}/${begun.id}`]);
    const late = tenant.sendPart(begun.id, 2, Buffer.from("x"));
    await tenant.api.deleteUpload({ params: { upload_id: begun.id } });
    expect([200, 404, 409]).toContain((await late).status);
    expect((await tenant.sendPart(begun.id, 2, Buffer.from("x"))).status).toBe(404);
    expect(await tenant.counted()).toBe(0);
    await until(async () => (await own(tenant)).length === 0);
  });

  test("409 once it has expired; its end is told, and its bytes are uncounted", async () => {
    const tenant = await openTenant(place.app);
    const begun = await begin(tenant, MIN_PART_BYTES + 1);
    await tenant.sendPart(begun.id, 1, noise(MIN_PART_BYTES));
    const params = { upload_id: begun.id };
    expect(Date.parse(begun.expires_at ?? "") - Date.parse(begun.created_at)).toBe(24 * 3_600_000);
    nowMs = 24 * 3_600_000 + 1_000;
    try {
      // Longer than a session: a new one.
      const session = await place.app.api().login({ body: { email: tenant.email, password: tenant.password } });
      const authorization = `Bearer ${session.access_token}`;
      const put = { body: "x", headers: { authorization, "content-type": "application/octet-stream" } };
      const late = await tenant.ask("PUT", `/v1/uploads/${begun.id}/parts/2`, put);
      expect(late).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining("expired") } } });
      const complete = place.app.api(session.access_token).completeUpload({ params });
      await expect(complete).rejects.toMatchObject({ status: 409 });
    } finally {
      nowMs = 0;
    }
  });

  test("two parts of one place at once: one of them stands, whole", async () => {
    const tenant = await openTenant(place.app);
    const begun = await begin(tenant, 2 * MIN_PART_BYTES);
    const both = [noise(MIN_PART_BYTES, 1), noise(MIN_PART_BYTES, 2)];
    const answers = await Promise.all(both.map((bytes) => tenant.sendPart(begun.id, 1, bytes)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const { data } = await tenant.api.listUploadParts({ params: { upload_id: begun.id } });
    expect(data).toMatchObject([{ number: 1, size: MIN_PART_BYTES }]);
  });

  test("409 for parts of an upload that comes otherwise, 404 for another tenant's", async () => {
    const [tenant, other] = [await openTenant(place.app), await openTenant(place.app)];
    const whole = await tenant.upload(await sample("sample.png"), "a.png");
    expect((await tenant.sendPart(whole.id, 1, Buffer.from("x"))).status).toBe(409);
    const begun = await begin(tenant, 9);
    const params = { upload_id: begun.id };
    expect((await other.sendPart(begun.id, 1, Buffer.from("some text"))).status).toBe(404);
    await expect(other.api.completeUpload({ params })).rejects.toMatchObject({ status: 404 });
    await expect(other.api.deleteUpload({ params })).rejects.toMatchObject({ status: 404 });
    await expect(other.api.createDownloadUrl({ params: { upload_id: whole.id } })).rejects.toMatchObject({
      status: 404,
    });
  });
});
