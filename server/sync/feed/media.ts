import type { PostMedia } from "./feed.ts";
import { cleanLine } from "./text.ts";

/** A file as one of the formats tells of it. */
export type Attached = {
  readonly url?: string | undefined;
  readonly type?: string | undefined;
  readonly medium?: string | undefined;
  readonly size?: number | undefined;
  readonly duration?: number | undefined;
};

const MAX_MEDIA = 20;
const MAX_URL = 2048;

const BY_EXTENSION: readonly (readonly [RegExp, PostMedia["kind"]])[] = [
  [/\.(mp4|m4v|mov|webm|mkv|m3u8)$/i, "video"],
  [/\.(mp3|m4a|aac|wav|ogg|oga|opus|flac)$/i, "audio"],
  [/\.(jpe?g|png|gif|webp|avif|svg)$/i, "image"],
];

function kindOf({ type, medium }: Attached, url: string): PostMedia["kind"] {
  for (const word of [type?.split("/")[0], medium]) {
    const kind = word?.trim().toLowerCase();
    if (kind === "video" || kind === "audio" || kind === "image") return kind;
  }
  const { pathname } = new URL(url);
  return BY_EXTENSION.find(([pattern]) => pattern.test(pathname))?.[1] ?? "other";
}

const wholeNumber = (value: number | undefined): number | null => {
  const rounded = Math.round(value ?? -1);
  return Number.isSafeInteger(rounded) && rounded >= 0 ? rounded : null;
};

/** An address in full, of http or https and at most 2,048 characters; null for any other. */
export function webUrl(text: string | undefined, base: string): string | null {
  if (text === undefined || text.length > MAX_URL) return null;
  const url = URL.parse(text.trim(), base);
  if (!url || (url.protocol !== "https:" && url.protocol !== "http:") || url.href.length > MAX_URL) return null;
  return url.href;
}

/** The files of a post, each once and at most 20, in the feed's order. */
export function mediaOf(files: readonly Attached[], base: string): PostMedia[] {
  const found = new Map<string, PostMedia>();
  for (const file of files) {
    const url = webUrl(file.url, base);
    if (url === null || found.has(url)) continue;
    found.set(url, {
      url,
      kind: kindOf(file, url),
      type: cleanLine(file.type?.toLowerCase(), 100),
      size: wholeNumber(file.size),
      duration_seconds: wholeNumber(file.duration),
    });
    if (found.size === MAX_MEDIA) break;
  }
  return [...found.values()];
}
