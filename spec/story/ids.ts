import { exampleId } from "../kit/schema.ts";

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** Ten characters of milliseconds, as ids begin with: what was made later sorts later. */
function stamp(time: string): string {
  let left = Date.parse(time);
  let text = "";
  for (let at = 0; at < 10; at++) {
    text = ALPHABET.charAt(left % 32) + text;
    left = Math.floor(left / 32);
  }
  return text;
}

/**
 * The id of something in the story that was made at `time`, an RFC 3339 text. The same each time it is asked for. What a story
 * tells first has the prefix's own example instead, because requests are shown with that.
 */
export function made(prefix: string, time: string): string {
  let state = [...`${prefix}${time}`].reduce((n, c) => (n * 31 + c.charCodeAt(0)) >>> 0, 7);
  let tail = "";
  for (let at = 0; at < 16; at++) {
    // Numerical Recipes' generator; its high bits are the better ones.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    tail += ALPHABET.charAt(state >>> 27);
  }
  return `${prefix}_${stamp(time)}${tail}`;
}

export const NORA = exampleId("usr");
export const MIRA = made("usr", "2025-09-03T08:15:40.000Z");
export const JONAS = made("usr", "2025-11-20T13:02:11.000Z");

export const COFFEE = exampleId("brd");
export const TEA = made("brd", "2025-10-06T07:44:02.000Z");
export const BIKES = made("brd", "2025-10-21T15:20:37.000Z");

export const STUDIO_NORA = exampleId("per");
export const ROASTERY = made("per", "2025-11-24T10:05:19.000Z");
export const TEA_TABLE = made("per", "2025-10-06T08:01:55.000Z");

export const CHANNEL = exampleId("src");
export const BLOG = made("src", "2025-12-18T16:31:08.000Z");
export const PODCAST = made("src", "2025-11-24T10:12:46.000Z");
export const TEA_NOTES = made("src", "2025-10-07T09:27:30.000Z");

export const STOREFRONT_KEY = exampleId("key");
export const NIGHTLY_KEY = made("key", "2025-11-24T10:20:08.015Z");
export const SESSION = exampleId("ses");

export const CHANNEL_SYNC = exampleId("syn");
export const ROASTERY_SYNC = made("syn", "2026-01-15T09:27:30.118Z");
export const CHANNEL_HOLD = exampleId("hld");
export const ROASTERY_HOLD = made("hld", "2026-01-15T09:27:30.118Z");

export const VIDEO = exampleId("upl");
export const HOOK = exampleId("whk");
export const SYNCED_EVENT = exampleId("msg");
export const VIDEO_EVENT = made("msg", "2026-01-15T09:12:46.507Z");
export const TEST_EVENT = made("msg", "2026-01-12T08:53:02.264Z");
