import type { Source } from "../../spec/sources.ts";
import type { Db } from "../kit/postgres/db.ts";
import { type Workplace, workplaceOf } from "../personas/service.ts";
import { nextSync, type Schedule } from "./schedule.ts";
import type { SourceRow } from "./sql.ts";

type Shown = (typeof Source)["_zod"]["output"];

/** A source as the contract shows it. */
export function toSource(row: SourceRow): Shown {
  const { paused, error_code, error_message, etag: _etag, last_modified: _modified, ...shown } = row;
  return {
    ...shown,
    status: paused ? "paused" : "active",
    last_error: error_code === null ? null : { code: error_code, message: error_message ?? "" },
  };
}

/** When a source is next synced by itself, and in which timezone that was reckoned: two columns. */
export type Plan = readonly [next_sync_at: string | null, planned_timezone: string];

type Planned = Schedule & { readonly id: string; readonly paused: boolean };

/** The plan of a source whose persona works there. Nothing is planned while either rests. */
export function planOf(source: Planned, place: Workplace, fromMs: number, nowMs: number): Plan {
  const rests = source.paused || place.archived;
  const next = rests ? null : nextSync(source, source.id, place.timezone, fromMs, nowMs);
  return [next === null ? null : new Date(next).toISOString(), place.timezone];
}

/** The plan of a source that is stored. */
export async function planIn(db: Db, row: SourceRow, fromMs: number, nowMs: number): Promise<Plan> {
  const place = await workplaceOf(db, row.persona_id);
  if (!place) throw new Error(`the persona of source ${row.id} is not there`);
  return planOf(row, place, fromMs, nowMs);
}

/** What its interval is counted from, in Unix milliseconds: its last sync, or now. */
export const lastSync = (row: { last_synced_at: string | null }, nowMs: number): number =>
  row.last_synced_at === null ? nowMs : Date.parse(row.last_synced_at);
