import type { Client } from "../../client/index.ts";
import { freshOrganization, type TestApp, type TestOrganization } from "../setup/app.ts";
import { until } from "../setup/support.ts";

type SyncJob = Awaited<ReturnType<Client["getSyncJob"]>>;

/** An organization with a persona in a brand. */
export async function freshPersona(
  app: TestApp,
  timezone = "UTC",
): Promise<{ organization: TestOrganization; api: Client; brand_id: string; persona_id: string }> {
  const organization = await freshOrganization(app);
  const { api } = organization;
  const brand = await api.createBrand({ body: { name: "Studio", slug: "studio", timezone } });
  const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
  return { organization, api, brand_id: brand.id, persona_id: persona.id };
}

/** The job once it has ended. */
export const ended = (api: Client, { id }: { id: string }): Promise<SyncJob> =>
  until(async () => {
    const job = await api.getSyncJob({ params: { sync_job_id: id } });
    return job.status !== "pending" && job.status !== "running" && job;
  });

/** Syncs a source, however fresh, to the end. */
export async function synced(api: Client, source_id: string): Promise<SyncJob> {
  return ended(api, await api.syncSource({ params: { source_id }, body: { force: true } }));
}
