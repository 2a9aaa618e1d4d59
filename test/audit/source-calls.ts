import { newId } from "../../server/kit/ids.ts";
import { sql } from "../organizations/people.ts";
import { byOwner, type Prepare, persona, type World } from "./world.ts";

const source = async (world: World) => {
  const persona_id = (await persona(world)).id;
  return world.owner.api.createSource({ body: { persona_id, url: "https://feeds.example.com/audited.xml" } });
};
const sourceOf = async (world: World) => ({ source_id: (await source(world)).id });
/** A post with a file, as a sync brings it. */
async function sourcePostOf(world: World) {
  const { id: source_id, persona_id } = await source(world);
  const id = newId("spo", Date.now());
  const media = JSON.stringify([{ url: "https://cdn.example.com/audited.mp4", kind: "video" }]);
  await sql(
    world.test,
    `insert into source_posts (id, org_id, source_id, persona_id, external_id, media, digest)
     values ($1, $2, $3, $4, 'audited', $5, '\\x00')`,
    [id, world.owner.organizationId, source_id, persona_id, media],
  );
  return { source_post_id: id };
}

/** Those of sources and syncs. */
export const SOURCE_CALLS: Readonly<Record<string, Prepare>> = {
  createSource: byOwner(async (world, api) => {
    const persona_id = (await persona(world)).id;
    const body = { persona_id, url: "https://feeds.example.com/audited.xml", name: "Audited feed" };
    return () => api.createSource({ body });
  }),
  updateSource: byOwner(async (world, api) => {
    const params = await sourceOf(world);
    return () => api.updateSource({ params, body: { name: "Another feed's name", status: "paused" } });
  }),
  deleteSource: byOwner(async (world, api) => {
    const params = await sourceOf(world);
    return () => api.deleteSource({ params });
  }),
  importSourcePostMedia: byOwner(async (world, api) => {
    const params = await sourcePostOf(world);
    return () => api.importSourcePostMedia({ params, body: { index: 0 } });
  }),
  syncPersona: byOwner(async (world, api) => {
    const { persona_id } = await source(world);
    return () => api.syncPersona({ params: { persona_id }, body: { force: true } });
  }),
  syncSource: byOwner(async (world, api) => {
    const params = await sourceOf(world);
    return () => api.syncSource({ params, body: { force: true } });
  }),
  cancelSyncJob: byOwner(async (world, api) => {
    const { id } = await world.owner.api.syncSource({ params: await sourceOf(world), body: {} });
    return () => api.cancelSyncJob({ params: { sync_job_id: id } });
  }),
};
