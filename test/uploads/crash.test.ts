import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sql } from "../organizations/people.ts";
import { until } from "../setup/support.ts";
import { openPlace, openTenant, type Place } from "./support.ts";

const TEXT = Buffer.from("some text");

describe.each(["local", "s3"] as const)("%s", (kind) => {
  let place: Place;
  beforeAll(async () => {
    place = await openPlace(kind, { role: "api" });
  });
  afterAll(() => place.close());

  async function complete() {
    const tenant = await openTenant(place.app);
    const begun = await tenant.api.createResumableUpload({ body: { filename: "a.txt", size: TEXT.length } });
    const params = { upload_id: begun.id };
    await tenant.sendPart(begun.id, 1, TEXT);
    await tenant.api.completeUpload({ params });
    const key = `${tenant.organizationId}/${begun.id}`;
    const rows = "select store_handle as handle from uploads where id = $1";
    const [row] = await sql<{ handle: string }>(place.app, rows, [begun.id]);
    return { tenant, params, key, handle: row?.handle ?? "" };
  }
  const gone = async (org: string) => (await place.held()).every((key) => !key.includes(org));

  test("a worker that died once the parts were one: the next goes on from there", async () => {
    const { tenant, params, key, handle } = await complete();
    await place.storage.completeParts(key, handle, await place.storage.parts(key, handle));
    const worker = await place.another({ role: "worker" });
    try {
      expect(await tenant.settled(params.upload_id)).toMatchObject({ status: "ready", type: "text/plain", size: 9 });
      expect(await tenant.events()).toHaveLength(1);
      expect(await tenant.counted()).toBe(TEXT.length);
    } finally {
      await worker.close();
    }
  });

  test("parts that the store has lost: failed, said, uncounted", async () => {
    const { tenant, params, key, handle } = await complete();
    await place.storage.abortParts(key, handle);
    const worker = await place.another({ role: "worker" });
    try {
      const failed = await tenant.settled(params.upload_id);
      expect(failed).toMatchObject({ status: "failed", error: { code: "parts_lost" } });
      expect(await tenant.counted()).toBe(0);
    } finally {
      await worker.close();
    }
  });

  test("deleted while its completion waits: nothing stays, nothing is told", async () => {
    const { tenant, params } = await complete();
    await tenant.api.deleteUpload({ params });
    const worker = await place.another({ role: "worker" });
    try {
      await until(() => gone(tenant.organizationId));
      const open = "select from pgboss.job where data->>'id' = $1 and state in ('created', 'retry', 'active')";
      await until(async () => (await sql(place.app, open, [params.upload_id])).length === 0);
      expect(await gone(tenant.organizationId)).toBe(true);
      expect([await tenant.counted(), await tenant.events()]).toEqual([0, []]);
    } finally {
      await worker.close();
    }
  });

  if (kind === "s3") {
    test("a store that does not answer for a while: tried again, and nothing is lost", async () => {
      const { tenant, params } = await complete();
      place.faults.push({ operation: "CompleteMultipartUpload", times: 4, how: "500" });
      const worker = await place.another({ role: "worker" });
      try {
        expect(await tenant.settled(params.upload_id)).toMatchObject({ status: "ready" });
        expect(place.faults.every(({ times }) => times === 0)).toBe(true);
      } finally {
        await worker.close();
      }
    });

    test("an answer that was lost after the work was done: done once", async () => {
      const { tenant, params } = await complete();
      place.faults.push({ operation: "CompleteMultipartUpload", times: 1, how: "lost" });
      const worker = await place.another({ role: "worker" });
      try {
        expect(await tenant.settled(params.upload_id)).toMatchObject({ status: "ready", sha256: expect.any(String) });
        expect(await tenant.events()).toHaveLength(1);
      } finally {
        await worker.close();
      }
    });
  }
});
