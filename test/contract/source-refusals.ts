import { expect, test } from "vitest";
import type { Suite } from "../kit/servers.ts";
import type { ReelmarkTenant } from "./reelmark.ts";

const CONFLICT = { status: 409, code: "CONFLICT" };
const feed = (n: number) => `https://feeds.example.com/refused-${n}.xml`;

/** Refusals of sources and syncs that follow from what is there: one test each. */
export function sourceRefusalTests(suite: Suite<ReelmarkTenant>): void {
  async function source() {
    const { api } = (await (await suite.main()).tenant()).organization;
    const brand = await api.createBrand({ body: { name: "A", slug: "a" } });
    const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
    const { id } = await api.createSource({ body: { persona_id: persona.id, url: feed(1) } });
    return { api, persona_id: persona.id, params: { source_id: id } };
  }

  test("updateSource: 409 for a URL that the persona has", async () => {
    const { api, persona_id, params } = await source();
    await api.createSource({ body: { persona_id, url: feed(2) } });
    await expect(api.updateSource({ params, body: { url: feed(2) } })).rejects.toMatchObject(CONFLICT);
    await expect(api.getSource({ params })).resolves.toMatchObject({ url: feed(1) });
  });

  test("deletePersona: 409 while it has sources", async () => {
    const { api, persona_id } = await source();
    await expect(api.deletePersona({ params: { persona_id } })).rejects.toMatchObject(CONFLICT);
    await expect(api.getPersona({ params: { persona_id } })).resolves.toMatchObject({ id: persona_id });
  });

  test("cancelSyncJob: 409 for one that has ended, which stays as it is", async () => {
    const { api, params } = await source();
    const { id } = await api.syncSource({ params, body: {} });
    const job = { sync_job_id: id };
    const canceled = await api.cancelSyncJob({ params: job });
    await expect(api.cancelSyncJob({ params: job })).rejects.toMatchObject(CONFLICT);
    await expect(api.getSyncJob({ params: job })).resolves.toEqual(canceled);
  });
}
