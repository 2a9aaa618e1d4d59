import { settleCredits } from "../billing/service.ts";
import type { Db, Statement } from "../kit/postgres/db.ts";
import { costOf } from "./runs.ts";
import { type JobRow, LOCK_OF_PERSONA, LOCK_OF_SOURCE } from "./sql.ts";

/** Settles the runs that go with what they are about: their rows are deleted with it, in the same transaction. */
async function settleAll(db: Db, query: Statement, id: string, nowMs: number): Promise<void> {
  for (const row of await db.rows<JobRow>(query, [id])) {
    if (row.hold_id !== null) await settleCredits(db, row.hold_id, costOf(row.results), nowMs);
  }
}

/** Ends the run over a source that is about to be deleted. Its worker finds no row any more, and stops. */
export const endRunsOfSource = (db: Db, source: string, nowMs: number) => settleAll(db, LOCK_OF_SOURCE, source, nowMs);

/** Ends the runs over a persona that is about to be deleted. */
export const endRunsOfPersona = (db: Db, persona: string, nowMs: number) =>
  settleAll(db, LOCK_OF_PERSONA, persona, nowMs);
