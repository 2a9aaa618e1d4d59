import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { signedUrls } from "../../server/uploads/signed-urls.ts";
import type { Coverage } from "../kit/coverage.ts";
import type { Suite } from "../kit/servers.ts";
import { ENCRYPTION_KEYS, PUBLIC_URL } from "../setup/app.ts";
import { openPlace, openTenant, type Place } from "../uploads/support.ts";
import type { ReelmarkTenant } from "./reelmark.ts";

const { sign } = signedUrls(ENCRYPTION_KEYS, PUBLIC_URL, "/api");
const TEXT = new TextEncoder().encode("some text");

/** Refusals of uploads that follow from their state, and from that of the store. */
export function uploadRefusalTests(suite: Suite<ReelmarkTenant>, coverage: Coverage): void {
  const tenant = async () => openTenant((await (await suite.main()).tenant()).app);
  const inAnHour = () => Math.ceil(Date.now() / 1000) + 3600;

  test("409 for parts, their addresses and the completion of an upload that has none; for a download before it is ready", async () => {
    const { api, ask, sendPart, upload, organizationId } = await tenant();
    const whole = await upload(TEXT, "a.txt");
    const params = { upload_id: whole.id, part_number: "1" };
    const refusal = { status: 409, code: "CONFLICT" };
    await expect(api.listUploadParts({ params })).rejects.toMatchObject(refusal);
    await expect(api.createUploadPartUrl({ params })).rejects.toMatchObject(refusal);
    await expect(api.completeUpload({ params })).rejects.toMatchObject(refusal);
    expect((await sendPart(whole.id, 1, TEXT)).status).toBe(409);
    const { pathname, search } = new URL(
      sign("PUT", `/v1/uploads/${whole.id}/parts/1/content`, organizationId, inAnHour()),
    );
    const headers = { "content-type": "application/octet-stream" };
    const path = pathname.replace("/api", "") + search;
    expect((await ask("PUT", path, { body: TEXT, headers })).status).toBe(409);
    const begun = await api.createResumableUpload({ body: { filename: "a", size: 9 } });
    const early = api.createDownloadUrl({ params: { upload_id: begun.id } });
    await expect(early).rejects.toMatchObject(refusal);
  });

  test("downloadUpload: 206 for a range", async () => {
    const { ask, upload, organizationId } = await tenant();
    const { id } = await upload(TEXT, "a.txt");
    const { pathname, search } = new URL(sign("GET", `/v1/uploads/${id}/content`, organizationId, inAnHour()));
    const request = new Request(`${PUBLIC_URL}${pathname}${search}`, { headers: { range: "bytes=5-" } });
    const response = await (await suite.main()).fetch(request);
    expect([response.status, await response.text()]).toEqual([206, "text"]);
    expect((await ask("GET", pathname.replace("/api", ""))).status).toBe(403);
  });

  describe("a store that fails", () => {
    let place: Place;
    beforeAll(async () => {
      place = await openPlace("s3", { role: "api" });
    });
    afterAll(async () => {
      coverage.add(place.app.seen);
      await place.close();
    });
    const broken = async (operation: string, call: () => Promise<{ status: number }>) => {
      // Above what the SDK tries.
      const fault = { operation, times: 10, how: "500" as const };
      place.faults.push(fault);
      const answer = await call();
      fault.times = 0;
      expect(answer).toMatchObject({ status: 502, body: { error: { code: "UPSTREAM_ERROR" } } });
    };

    test("502 of every operation that needs it, and nothing begun stays", async () => {
      const { api, ask, sendFile, sendPart, upload, organizationId } = await openTenant(place.app);
      const json = { "content-type": "application/json" };
      const octets = { "content-type": "application/octet-stream" };
      const begun = await api.createResumableUpload({ body: { filename: "a.txt", size: 9 } });
      const { id } = await upload(TEXT, "a.txt");
      const below = (method: "GET" | "PUT", path: string) => {
        const { pathname, search } = new URL(sign(method, path, organizationId, inAnHour()));
        return pathname.replace("/api", "") + search;
      };
      await broken("PutObject", () => sendFile(TEXT, "b.txt"));
      const body = JSON.stringify({ filename: "c.txt", size: 9 });
      await broken("CreateMultipartUpload", () => ask("POST", "/v1/uploads/resumable", { body, headers: json }));
      await broken("UploadPart", () => sendPart(begun.id, 1, TEXT));
      const part = below("PUT", `/v1/uploads/${begun.id}/parts/1/content`);
      await broken("UploadPart", () => ask("PUT", part, { body: TEXT, headers: octets }));
      await broken("ListParts", () => ask("GET", `/v1/uploads/${begun.id}/parts`));
      await broken("ListParts", () => ask("POST", `/v1/uploads/${begun.id}/complete`));
      await broken("GetObject", () => ask("GET", below("GET", `/v1/uploads/${id}/content`)));
      const { data } = await api.listUploads();
      expect(data.map((one) => one.id)).toEqual([id, begun.id]);
      // Whole again, it goes on where it was.
      expect((await sendPart(begun.id, 1, TEXT)).status).toBe(200);
      await expect(api.completeUpload({ params: { upload_id: begun.id } })).resolves.toMatchObject({ id: begun.id });
    });
  });
}
