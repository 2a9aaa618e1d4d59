import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planTerms } from "../../spec/plans.ts";
import { query, until } from "../setup/support.ts";
import { noise } from "../storage/stores.ts";
import { openPlace, openTenant, type Place, sample, type UploadTenant } from "./support.ts";

const FREE = planTerms("free");
const FILE_BYTES = FREE.file_bytes ?? 0;
const STORAGE_BYTES = FREE.storage_bytes ?? 0;

let place: Place;
beforeAll(async () => {
  place = await openPlace("local", { role: "api" });
});
afterAll(() => place.close());

/** Has an organization keep so many bytes already. */
const holding = (tenant: UploadTenant, bytes: number) =>
  query(
    place.app.databaseUrl,
    "insert into storage_use (org_id, bytes) values ($1, $2) on conflict (org_id) do update set bytes = $2",
    [tenant.organizationId, bytes],
  );

/** A multipart body that would never end, and how much of it was asked for. */
function endless(start: Buffer) {
  const counter = { sent: 0 };
  const boundary = "x-boundary";
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a.gif"\r\n\r\n`;
  const chunk = noise(1_048_576);
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.concat([Buffer.from(head), start])),
    pull(controller) {
      counter.sent += chunk.length;
      controller.enqueue(new Uint8Array(chunk));
    },
  });
  return { counter, body, headers: { "content-type": `multipart/form-data; boundary=${boundary}` } };
}

test("a client is read no faster than the store takes: of a large file, two of its parts are held at most", async () => {
  const slow = await openPlace("s3", { role: "api" });
  try {
    const tenant = await openTenant(slow.app, "free");
    // The room of the plan is looked up by then; the store's first answer is yet to come.
    const gate = Promise.withResolvers<void>();
    slow.pace.until = gate.promise;
    const { counter, body, headers } = endless(await sample("sample.gif"));
    const sending = tenant.ask("POST", "/v1/uploads", { body, headers });
    let before = -1;
    // Until nothing more is read, which without the store's answer would be never.
    await until(async () => {
      await sleep(300);
      const still = counter.sent === before && before > 0;
      before = counter.sent;
      return still;
    });
    expect(counter.sent).toBeLessThanOrEqual(20 * 1_048_576);
    gate.resolve();
    expect((await sending).status).toBe(413);
    expect(counter.sent).toBeGreaterThan(FILE_BYTES);
    await until(async () => (await slow.held()).length === 0);
  } finally {
    await slow.close();
  }
});

describe("the plan's bound for one file", () => {
  test("413 that names it, and nothing is read past it", async () => {
    const tenant = await openTenant(place.app, "free");
    const { counter, body, headers } = endless(await sample("sample.gif"));
    const answer = await tenant.ask("POST", "/v1/uploads", { body, headers });
    expect(answer).toMatchObject({
      status: 413,
      body: { error: { code: "PAYLOAD_TOO_LARGE", details: { max_bytes: FILE_BYTES, plan: "free" } } },
    });
    expect(answer.headers.get("connection")).toBe("close");
    // What the streams between hold, and no more.
    expect(counter.sent).toBeLessThan(FILE_BYTES + 8 * 1_048_576);
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toEqual([]);
    expect(await tenant.counted()).toBe(0);
  });

  test("415 from its first bytes for a file of no allowed type, however large", async () => {
    const tenant = await openTenant(place.app);
    const { counter, body, headers } = endless(Buffer.from("PK\x03\x04"));
    expect(await tenant.ask("POST", "/v1/uploads", { body, headers })).toMatchObject({ status: 415 });
    expect(counter.sent).toBeLessThan(8 * 1_048_576);
  });

  test("413 for a resumable upload that announces more; 403 for one that the plan's storage has no room for", async () => {
    const tenant = await openTenant(place.app, "free");
    const begin = (size: number) => tenant.api.createResumableUpload({ body: { filename: "a.mp4", size } });
    await expect(begin(FILE_BYTES + 1)).rejects.toMatchObject({ status: 413, details: { max_bytes: FILE_BYTES } });
    await holding(tenant, STORAGE_BYTES - FILE_BYTES + 1);
    await expect(begin(FILE_BYTES)).rejects.toMatchObject({ status: 403, code: "PLAN_LIMIT" });
    await expect(begin(FILE_BYTES - 1)).resolves.toMatchObject({ status: "pending" });
    expect(await tenant.counted()).toBe(STORAGE_BYTES);
  });

  test("400 where the parts would be more than there may be, 201 for the largest file there may be", async () => {
    const { api } = await openTenant(place.app);
    const size = 10_000 * 512 * 1024 ** 2;
    const largest = await api.createResumableUpload({ body: { filename: "a.mp4", size } });
    expect(largest.parts).toEqual({ size: 512 * 1024 ** 2, count: 10_000 });
    const small = api.createResumableUpload({ body: { filename: "a.mp4", size, part_size: 8 * 1024 ** 2 } });
    await expect(small).rejects.toMatchObject({ status: 400, details: { issues: [{ path: "body.part_size" }] } });
    const usual = await api.createResumableUpload({ body: { filename: "a.mp4", size: 20_000_000 } });
    expect(usual.parts).toEqual({ size: 8 * 1024 ** 2, count: 3 });
  });
});

describe("the plan's bound for all files", () => {
  test("403 once nothing more can be kept: sent, fetched or announced", async () => {
    const tenant = await openTenant(place.app, "free");
    await holding(tenant, STORAGE_BYTES);
    const { counter, body, headers } = endless(await sample("sample.gif"));
    expect(await tenant.ask("POST", "/v1/uploads", { body, headers })).toMatchObject({
      status: 403,
      body: { error: { code: "PLAN_LIMIT", details: { plan: "free", storage_bytes: STORAGE_BYTES } } },
    });
    expect(counter.sent).toBeLessThan(8 * 1_048_576);
    const refusal = { status: 403, code: "PLAN_LIMIT" };
    await expect(tenant.api.importUpload({ body: { url: "https://cdn.example.com/a" } })).rejects.toMatchObject(
      refusal,
    );
    const begin = tenant.api.createResumableUpload({ body: { filename: "a", size: 1 } });
    await expect(begin).rejects.toMatchObject(refusal);
  });

  test("of many at once, as many as there is room for: not one byte more is ever counted", async () => {
    const tenant = await openTenant(place.app, "free");
    const bytes = await sample("sample.png");
    await holding(tenant, STORAGE_BYTES - 3 * bytes.length);
    const answers = await Promise.all(Array.from({ length: 12 }, () => tenant.sendFile(bytes, "a.png")));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(3).fill(201), ...Array(9).fill(403)]);
    expect(await tenant.counted()).toBe(STORAGE_BYTES);
    // Those that found no room took their bytes away again.
    expect((await place.held()).filter((key) => key.includes(tenant.organizationId))).toHaveLength(3);
    const { data } = await tenant.api.listUploads();
    await Promise.all(data.map(({ id }) => tenant.api.deleteUpload({ params: { upload_id: id } })));
    expect(await tenant.counted()).toBe(STORAGE_BYTES - 3 * bytes.length);
  });

  test("deleted by many at once, bytes are uncounted once", async () => {
    const tenant = await openTenant(place.app);
    const [one, other] = [
      await tenant.upload(Buffer.from("hello"), "a.txt"),
      await tenant.upload(Buffer.from("you"), "b.txt"),
    ];
    const params = { upload_id: one.id };
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => tenant.api.deleteUpload({ params })));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await tenant.counted()).toBe(other.size);
  });
});
