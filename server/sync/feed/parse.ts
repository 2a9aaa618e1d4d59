import { hash } from "node:crypto";
import { type AnyFeed, DetectError, parseFeed } from "feedsmith";
import { feedText } from "./charset.ts";
import { feedDate } from "./dates.ts";
import type { Feed, FeedBytes, FeedPost, Unreadable } from "./feed.ts";
import { type RawPost, type RawText, rawFeed } from "./formats.ts";
import { mediaOf, webUrl } from "./media.ts";
import { cleanLine, cleanText, textOfHtml } from "./text.ts";

/** Most posts that one fetch brings: the newest. */
const MAX_POSTS = 500;
const MAX = { id: 500, title: 500, text: 10_000, author: 200, feedTitle: 200 } as const;

function line(text: RawText | undefined, max: number): string | null {
  if (text === undefined) return null;
  return cleanLine("html" in text ? textOfHtml(text.html) : text.plain, max);
}

function body(text: RawText | undefined): string | null {
  if (text === undefined) return null;
  return cleanText("html" in text ? textOfHtml(text.html) : text.plain, MAX.text);
}

/** What a post is known by: its own id, or its address; without either, what it says. */
function idOf(raw: RawPost, otherwise: string): string {
  const given = raw.ids.map((id) => cleanText(id, Number.MAX_SAFE_INTEGER)).find((id) => id !== null);
  if (given === undefined || given === null) return `sha256:${hash("sha256", otherwise)}`;
  return given.length <= MAX.id ? given : `sha256:${hash("sha256", given)}`;
}

function post(raw: RawPost, base: string): FeedPost | undefined {
  const title = line(raw.title, MAX.title);
  const url = webUrl(raw.link, base);
  const media = mediaOf(raw.media, url ?? base);
  const summary = body(raw.text);
  if (title === null && url === null && summary === null && media.length === 0) return undefined;
  const published_at = feedDate(raw.date);
  const otherwise = JSON.stringify([title, published_at, title === null ? summary : null, media[0]?.url]);
  const shown = { external_id: idOf(raw, otherwise), url, title, summary, author: cleanLine(raw.author, MAX.author) };
  const whole = { ...shown, media, published_at };
  return { ...whole, digest: hash("sha256", JSON.stringify(whole)) };
}

/** Newest first; posts without a date stay behind those that have one, in the feed's order. */
const byDate = (a: { date: string | null }, b: { date: string | null }): number =>
  (b.date ?? "") < (a.date ?? "") ? -1 : Number((b.date ?? "") > (a.date ?? ""));

/**
 * Reads a feed of any format (RSS 0.9x to 2.0, RSS 1.0, Atom, JSON Feed; podcasts and Media RSS), or says why it is none,
 * in a sentence for the tenant. Takes seconds of CPU when somebody wants it to: see `openFeedReader`.
 */
export function readFeed({ bytes, contentType, url }: FeedBytes): Feed | Unreadable {
  const text = feedText(bytes, contentType);
  if (text.trim() === "") return { code: "not_a_feed", message: "The URL answered with nothing." };
  if (/^\s*(<!--[\s\S]{0,2000}?-->\s*)?<(!doctype\s+html|html)[\s>]/i.test(text)) {
    return { code: "not_a_feed", message: "The URL leads to a web page, not to a feed. Use the address of its feed." };
  }
  const parsed = parsedOr(text);
  if ("code" in parsed) return parsed;
  const { format, title, posts } = rawFeed(parsed);
  // Dated before they are read in full: of a feed with a million posts only the newest are worth it.
  const dated = posts.map((raw) => ({ raw, date: feedDate(raw.date) })).sort(byDate);
  const found = new Map<string, FeedPost>();
  for (const { raw } of dated) {
    const one = post(raw, url);
    if (one && !found.has(one.external_id)) found.set(one.external_id, one);
    if (found.size === MAX_POSTS) break;
  }
  return { format, title: line(title, MAX.feedTitle), posts: [...found.values()] };
}

function parsedOr(text: string): AnyFeed | Unreadable {
  try {
    return parseFeed(text);
  } catch (error) {
    if (error instanceof DetectError) {
      return { code: "not_a_feed", message: "The URL leads to something that is no RSS, Atom or JSON Feed." };
    }
    return { code: "broken_feed", message: "The feed is broken and cannot be read. Let its publisher check it." };
  }
}
