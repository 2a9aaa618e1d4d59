import { describe, expect, test } from "vitest";
import { nextSync, nextTimeOfDay } from "../../server/sources/schedule.ts";

/** The next `n` moments of these times of day after one, in UTC. */
function moments(times: readonly string[], zone: string, after: string, n: number): string[] {
  const found: string[] = [];
  let at = Date.parse(after);
  for (let i = 0; i < n; i++) {
    at = nextTimeOfDay(times, zone, at) ?? Number.NaN;
    found.push(new Date(at).toISOString().slice(0, 16));
  }
  return found;
}

describe("times of day", () => {
  test("the same time by the clock on the wall, winter and summer", () => {
    expect(moments(["06:30"], "Europe/Zurich", "2026-03-28T00:00:00Z", 3)).toEqual([
      "2026-03-28T05:30",
      "2026-03-29T04:30",
      "2026-03-30T04:30",
    ]);
    expect(moments(["18:00", "06:30"], "America/New_York", "2026-10-31T12:00:00Z", 4)).toEqual([
      "2026-10-31T22:00",
      "2026-11-01T11:30",
      "2026-11-01T23:00",
      "2026-11-02T11:30",
    ]);
  });

  test("a time that does not exist that day is right after the gap, once", () => {
    // 02:00 becomes 03:00.
    expect(moments(["02:15", "02:45"], "Europe/Zurich", "2026-03-28T12:00:00Z", 3)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:15",
      "2026-03-30T00:45",
    ]);
    expect(moments(["02:30"], "America/New_York", "2026-03-07T12:00:00Z", 2)).toEqual([
      "2026-03-08T07:00",
      "2026-03-09T06:30",
    ]);
    // Half an hour alone: 02:00 becomes 02:30.
    expect(moments(["02:10"], "Australia/Lord_Howe", "2026-10-03T00:00:00Z", 2)).toEqual([
      "2026-10-03T15:30",
      "2026-10-04T15:10",
    ]);
    // With a time at the gap's own end it is still once.
    expect(moments(["02:15", "03:00"], "Europe/Zurich", "2026-03-28T12:00:00Z", 2)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:15",
    ]);
  });

  test("a time that comes twice is the first of the two, once", () => {
    expect(moments(["02:30"], "Europe/Zurich", "2026-10-24T12:00:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30",
    ]);
    expect(moments(["01:30"], "America/New_York", "2026-10-31T12:00:00Z", 2)).toEqual([
      "2026-11-01T05:30",
      "2026-11-02T06:30",
    ]);
    expect(moments(["01:45"], "Australia/Lord_Howe", "2026-04-04T00:00:00Z", 2)).toEqual([
      "2026-04-04T14:45",
      "2026-04-05T15:15",
    ]);
    // Asked between the two: the second is not another one.
    expect(moments(["02:30"], "Europe/Zurich", "2026-10-25T00:45:00Z", 1)).toEqual(["2026-10-26T01:30"]);
  });

  test("a whole day that does not exist is a gap like any other", () => {
    // Samoa crossed the date line: 30 December 2011 did not happen there.
    expect(moments(["12:00"], "Pacific/Apia", "2011-12-29T12:00:00Z", 3)).toEqual([
      "2011-12-29T22:00",
      "2011-12-30T10:00",
      "2011-12-30T22:00",
    ]);
  });

  test("a year of any of them has each day once", () => {
    for (const zone of ["Europe/Zurich", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]) {
      for (const time of ["00:00", "01:45", "02:15", "02:30", "03:00", "23:59"]) {
        const days = moments([time], zone, "2026-01-10T00:00:00Z", 365);
        expect(new Set(days).size).toBe(365);
        expect(days.at(-1)?.slice(0, 8), `${zone} ${time}`).toBe("2027-01-");
      }
    }
  });
});

describe("intervals", () => {
  const every = (minutes: number) => ({ sync_interval_minutes: minutes, sync_times: null });
  const HOUR = 3_600_000;

  test("count from the last sync, spread by a minute at most, and never before now", () => {
    const from = Date.parse("2026-01-05T10:00:00Z");
    const found = Array.from({ length: 50 }, (_, n) => nextSync(every(60), `src_${n}`, "UTC", from, from) ?? 0);
    for (const at of found) {
      expect(at).toBeGreaterThanOrEqual(from + HOUR);
      expect(at).toBeLessThan(from + HOUR + 60_000);
    }
    expect(new Set(found).size).toBeGreaterThan(40);
    expect(nextSync(every(60), "src_1", "UTC", from, from)).toBe(found[1]);
    expect(nextSync(every(15), "src_1", "UTC", from, from + 5 * HOUR)).toBe(from + 5 * HOUR);
  });

  test("no schedule is never", () => {
    expect(nextSync({ sync_interval_minutes: null, sync_times: null }, "src_1", "UTC", 0, 0)).toBeNull();
  });
});
