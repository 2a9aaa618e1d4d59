import type { Chore, ChoreContext } from "../jobs/workers.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { WorkServices } from "../services.ts";
import { dueSources, type Located, planAgain, takeDue, unplannedSources } from "../sources/service.ts";
import { startScheduled } from "./runs.ts";

const DUE_MS = 10_000;
const PLAN_MS = 30_000;
/** Sources that are taken in one go. */
const MOST = 500;

/** Does something with the sources of each organization, in a transaction of its own: one that fails keeps no other. */
async function eachOrganization(
  found: readonly Located[],
  { log, transaction }: ChoreContext,
  work: (db: Db, organization: string, ids: readonly string[]) => Promise<void>,
): Promise<void> {
  for (const [organization, sources] of Map.groupBy(found, ({ org_id }) => org_id)) {
    const ids = sources.map(({ id }) => id);
    try {
      await transaction(organization, (db) => work(db, organization, ids));
    } catch (error) {
      log.warn({ organization, error: String(error) }, "sources could not be scheduled; it is tried again");
    }
  }
}

/** Starts the runs whose time has come. */
export const scheduledSyncs = (services: Pick<WorkServices, "queue" | "events">): Chore => ({
  name: "scheduled-syncs",
  everyMs: DUE_MS,
  async run(db, context) {
    const nowMs = context.now();
    const due = await dueSources(db, nowMs, MOST);
    return () =>
      eachOrganization(due, context, async (own, organization, ids) => {
        for (const source of await takeDue(own, ids, nowMs)) {
          await startScheduled(own, services, organization, source, nowMs);
        }
      });
  },
});

/** Plans sources anew whose brand has moved to another timezone, or rests, or works again. */
export const replannedSources: Chore = {
  name: "replanned-sources",
  everyMs: PLAN_MS,
  async run(db, context) {
    const found = await unplannedSources(db, MOST);
    return () => eachOrganization(found, context, (own, _organization, ids) => planAgain(own, ids, context.now()));
  },
};
