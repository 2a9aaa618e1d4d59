import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { APP_ROLE } from "../../server/db/migrate.ts";
import { openQueue } from "../../server/jobs/queue.ts";
import { QUEUES } from "../../server/jobs/queues.ts";
import type { Db } from "../../server/kit/postgres/db.ts";
import { openPool, withTransaction } from "../../server/kit/postgres/pool.ts";
import { uploadChore } from "../../server/uploads/sweep.ts";
import { MIN_PART_BYTES } from "../../spec/upload-parts.ts";
import { sql } from "../organizations/people.ts";
import { until } from "../setup/support.ts";
import { noise, streamed } from "../storage/stores.ts";
import { openPlace, openTenant, type Place, sample } from "./support.ts";

const HOUR_MS = 3_600_000;

describe.each(["local", "s3"] as const)("%s", (kind) => {
  let place: Place;
  let aheadMs = 0;
  const clock = () => Date.now() + aheadMs;
  beforeAll(async () => {
    place = await openPlace(kind, { clock });
  });
  afterAll(() => place.close());

  /** Has the chore done, as one of the workers does each minute. */
  async function chore(): Promise<void> {
    const log = { info() {}, warn() {}, error() {} };
    const url = place.app.databaseUrl;
    const pool = openPool({ url, name: "test", role: APP_ROLE, max: 2, onError() {} });
    const queue = await openQueue({ url, role: APP_ROLE, log, queues: QUEUES, supervise: false });
    try {
      const transaction = <T>(org: string, work: (db: Db) => Promise<T>) => withTransaction(pool, org, work);
      await transaction(
        "",
        async (db) => void (await uploadChore({ queue }).run(db, { now: clock, log, transaction })),
      );
    } finally {
      await queue.close();
      await pool.end();
    }
  }

  /** Has the store swept at a moment so many hours ahead, and waits for it. */
  async function sweepIn(hours: number): Promise<void> {
    aheadMs = hours * HOUR_MS;
    try {
      // At most one in an hour: the last is forgotten, as after that hour.
      await sql(place.app, "delete from pgboss.job where name = 'storage.sweep'");
      await chore();
      const open = "select from pgboss.job where name = 'storage.sweep' and state in ('created', 'retry', 'active')";
      await until(async () => (await sql(place.app, open)).length === 0);
    } finally {
      aheadMs = 0;
    }
  }
  const mine = async (organization: string) => (await place.held()).filter((key) => key.includes(organization)).sort();

  test("what belongs to no upload is deleted after a day; what belongs to one stays, and so does what nobody here knows", async () => {
    const { storage } = place;
    const tenant = await openTenant(place.app);
    const org = tenant.organizationId;
    const ready = await tenant.upload(await sample("sample.png"), "a.png");
    const begun = await tenant.api.createResumableUpload({ body: { filename: "b", size: MIN_PART_BYTES + 1 } });
    await tenant.sendPart(begun.id, 2, Buffer.from("x"));
    await tenant.sendPart(begun.id, 1, noise(MIN_PART_BYTES));
    const live = [`object ${org}/${ready.id}`, `parts ${org}/${begun.id}`].sort();

    const put = (key: string) => storage.put(key, streamed(Buffer.from("nobody's")));
    await put(`${org}/upl_nobodys`);
    await storage.createParts(`${org}/upl_unfinished`);
    // Another upload in parts under the name of one that lives.
    await storage.createParts(`${org}/${begun.id}`);
    await put("org_unknown/upl_x");
    const gone = await openTenant(place.app);
    await gone.upload(await sample("sample.gif"), "c.gif");
    await gone.api.deleteOrganization({ query: { confirm: "Test Studio" } });
    expect(await mine(org)).toHaveLength(5);

    await sweepIn(23);
    expect(await mine(org)).toHaveLength(5);
    expect(await mine(gone.organizationId)).toHaveLength(1);
    await sweepIn(25);
    expect(await mine(org)).toEqual(live);
    expect(await mine(gone.organizationId)).toEqual([]);
    expect(await mine("org_unknown")).toHaveLength(1);
    const { url } = await tenant.api.createDownloadUrl({ params: { upload_id: ready.id } });
    expect(url).toContain(ready.id);
  });

  test("what is being sent meanwhile is not touched", async () => {
    const tenant = await openTenant(place.app);
    const bytes = Buffer.concat([await sample("sample.gif"), noise(1_000_000)]);
    const gate = Promise.withResolvers<void>();
    const boundary = "x-boundary";
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.gif"\r\n\r\n`;
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        controller.enqueue(new Uint8Array(Buffer.concat([Buffer.from(head), bytes.subarray(0, 500_000)])));
        await gate.promise;
        controller.enqueue(
          new Uint8Array(Buffer.concat([bytes.subarray(500_000), Buffer.from(`\r\n--${boundary}--\r\n`)])),
        );
        controller.close();
      },
    });
    const headers = { "content-type": `multipart/form-data; boundary=${boundary}` };
    const sending = tenant.ask("POST", "/v1/uploads", { body, headers });
    await sweepIn(23);
    gate.resolve();
    expect(await sending).toMatchObject({ status: 201, body: { size: bytes.length, status: "ready" } });
    expect(await mine(tenant.organizationId)).toHaveLength(1);
  });

  test("an upload in parts that was not completed in a day has failed: told, uncounted, its parts gone", async () => {
    const tenant = await openTenant(place.app);
    const size = MIN_PART_BYTES + 1;
    const late = await tenant.api.createResumableUpload({ body: { filename: "late", size } });
    await tenant.sendPart(late.id, 2, Buffer.from("x"));
    expect(await mine(tenant.organizationId)).toHaveLength(1);
    const read = () => tenant.api.getUpload({ params: { upload_id: late.id } });
    aheadMs = 24 * HOUR_MS - 60_000;
    await chore();
    aheadMs = 0;
    // A job of it does nothing either, before its time.
    await sql(
      place.app,
      `insert into pgboss.job (name, data, retry_limit, expire_seconds, policy)
       select 'upload.process', jsonb_build_object('org_id', $1::text, 'id', $2::text), 0, 60, policy
         from pgboss.queue where name = 'upload.process'`,
      [tenant.organizationId, late.id],
    );
    const open = "select from pgboss.job where data->>'id' = $1 and state in ('created', 'retry', 'active')";
    await until(async () => (await sql(place.app, open, [late.id])).length === 0);
    expect(await read()).toMatchObject({ status: "pending" });
    aheadMs = 24 * HOUR_MS + 1_000;
    await chore();
    const count = () => sql(place.app, "select from uploads where id = $1 and status = 'failed'", [late.id]);
    await until(async () => (await count()).length === 1);
    aheadMs = 0;
    const failed = await read();
    expect(failed).toMatchObject({ status: "failed", error: { code: "expired" }, expires_at: null });
    expect(await tenant.events()).toEqual([{ type: "upload.failed", data: failed }]);
    expect(await tenant.counted()).toBe(0);
    await until(async () => (await mine(tenant.organizationId)).length === 0);
    await until(async () => (await sql(place.app, "select from storage_removals")).length === 0);
  });

  test("the store is swept once an hour, however many workers look", async () => {
    await sql(place.app, "delete from pgboss.job where name = 'storage.sweep'");
    for (let looks = 0; looks < 3; looks++) await chore();
    const jobs = await sql(place.app, "select from pgboss.job where name = 'storage.sweep'");
    // Two when the hour has just struck between them.
    expect([1, 2]).toContain(jobs.length);
  });
});
