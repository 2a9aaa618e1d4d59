import { hash } from "node:crypto";
import { Temporal } from "temporal-polyfill";

const MINUTE_MS = 60_000;
/** Sources of one interval are spread by at most this part of it, and this many milliseconds. */
const SPREAD = { part: 0.05, most: MINUTE_MS } as const;

/** When a source is synced by itself: every so many minutes, or at times of day in a timezone; null for neither. */
export type Schedule = {
  readonly sync_interval_minutes: number | null;
  readonly sync_times: readonly string[] | null;
};

/** A number from 0 to 1 that a text always gives. */
const fraction = (text: string): number => hash("sha256", text, "buffer").readUInt32BE() / 2 ** 32;

/** When it is `time` on a day: at the first of two such moments, and at the end of the gap when there is none. */
function momentOf(day: Temporal.PlainDate, time: string, timezone: string): number {
  const local = day.toPlainDateTime(Temporal.PlainTime.from(time));
  const moment = local.toZonedDateTime(timezone, { disambiguation: "earlier" });
  if (moment.toPlainDateTime().equals(local)) return moment.epochMilliseconds;
  // Its offset is the one before the clocks go forward, so the next change is the gap that the time fell into.
  return moment.getTimeZoneTransition("next")?.epochMilliseconds ?? moment.epochMilliseconds;
}

/**
 * The first of the times of day (HH:MM) that comes after a moment, in Unix milliseconds. On days when the clocks change a
 * time that does not exist is the end of the gap, and one that comes twice is the first of the two.
 * @param timezone Name in the IANA database.
 */
export function nextTimeOfDay(times: readonly string[], timezone: string, afterMs: number): number | null {
  const today = Temporal.Instant.fromEpochMilliseconds(afterMs).toZonedDateTimeISO(timezone).toPlainDate();
  // Tomorrow has one. A day more, for a clock that goes back around midnight.
  for (let days = 0; days <= 2; days++) {
    const day = today.add({ days });
    const moments = times.map((time) => momentOf(day, time, timezone)).filter((moment) => moment > afterMs);
    if (moments.length > 0) return Math.min(...moments);
  }
  return null;
}

/**
 * When a source is next synced by itself, in Unix milliseconds; null for never.
 * @param source Its id: sources that were synced together drift apart by it.
 * @param fromMs What an interval is counted from: the last sync.
 * @param nowMs Never before this.
 */
export function nextSync(schedule: Schedule, source: string, timezone: string, fromMs: number, nowMs: number) {
  if (schedule.sync_times) return nextTimeOfDay(schedule.sync_times, timezone, nowMs);
  if (schedule.sync_interval_minutes === null) return null;
  const interval = schedule.sync_interval_minutes * MINUTE_MS;
  const spread = Math.round(fraction(`${source} ${fromMs}`) * Math.min(interval * SPREAD.part, SPREAD.most));
  return Math.max(nowMs, fromMs + interval + spread);
}
