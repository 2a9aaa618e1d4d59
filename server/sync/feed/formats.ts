import type { AnyFeed, AtomFeed, JsonFeed, MediaNs, RdfFeed, RssFeed } from "feedsmith";
import type { Attached } from "./media.ts";

/** A text that is HTML, or plain. */
export type RawText = { readonly html: string } | { readonly plain: string };

/** A post as its feed tells it, whatever the format. */
export type RawPost = {
  /** In the order in which they are good for telling posts apart. */
  readonly ids: readonly (string | undefined)[];
  readonly link: string | undefined;
  readonly title: RawText | undefined;
  readonly text: RawText | undefined;
  readonly author: string | undefined;
  readonly date: string | undefined;
  readonly media: readonly Attached[];
};

export type RawFeed = {
  readonly format: "rss" | "atom" | "json_feed";
  readonly title: RawText | undefined;
  readonly posts: readonly RawPost[];
};

const html = (text: string | undefined): RawText | undefined => (text === undefined ? undefined : { html: text });
const plain = (text: string | undefined): RawText | undefined => (text === undefined ? undefined : { plain: text });
const named = (names: readonly (string | undefined)[] | undefined) => names?.filter(Boolean).join(", ") || undefined;

/** Media RSS: contents, those of groups, and pictures last, because they mostly show what the others are. */
function mediaRss(media: MediaNs.ItemOrFeed | undefined): Attached[] {
  const parts = [media, ...(media?.groups ?? [])];
  const contents = parts.flatMap((part) => part?.contents ?? []);
  const pictures = [...parts, ...contents].flatMap((part) => part?.thumbnails ?? []);
  return [
    ...contents.map(({ url, type, medium, fileSize, duration }) => ({ url, type, medium, size: fileSize, duration })),
    ...pictures.map(({ url }) => ({ url, medium: "image" })),
  ];
}

const mediaText = (media: MediaNs.ItemOrFeed | undefined) =>
  (media?.description ?? media?.groups?.find(({ description }) => description)?.description)?.value;

function rssPost(item: RssFeed.Item<string>): RawPost {
  const { itunes, media } = item;
  const authors = item.authors?.map(({ name, email }) => name ?? email);
  const enclosures = item.enclosures?.map(({ url, type, length }) => ({
    url,
    type,
    size: length,
    duration: itunes?.duration,
  }));
  return {
    ids: [item.guid?.value, item.link, item.enclosures?.[0]?.url],
    link: item.link ?? (/^https?:/i.test(item.guid?.value ?? "") ? item.guid?.value : undefined),
    title: html(item.title ?? itunes?.title),
    text: html(item.content?.encoded ?? item.description ?? itunes?.summary ?? mediaText(media)),
    author: named(item.dc?.creators) ?? named(authors) ?? itunes?.author,
    date: item.pubDate ?? item.dc?.dates?.[0] ?? item.atom?.published ?? item.atom?.updated,
    media: [...(enclosures ?? []), ...mediaRss(media), { url: itunes?.image, medium: "image" }],
  };
}

function rdfPost(item: RdfFeed.Item<string>): RawPost {
  return {
    ids: [item.rdf?.about, item.link],
    link: item.link,
    title: html(item.title),
    text: html(item.content?.encoded ?? item.description),
    author: named(item.dc?.creators),
    date: item.dc?.dates?.[0],
    media: mediaRss(item.media),
  };
}

/** An Atom text (RFC 4287 §3.1, §4.1.3): plain unless it says otherwise; nothing when it is a file. */
function atomText(text: { value?: string; type?: string } | undefined): RawText | undefined {
  const type = text?.type?.toLowerCase() ?? "text";
  if (/html/.test(type)) return html(text?.value);
  return type.startsWith("text") ? plain(text?.value) : undefined;
}

function atomPost(entry: AtomFeed.Entry<string>, feed: AtomFeed.Feed<string>): RawPost {
  const alternates = entry.links?.filter(({ rel = "alternate" }) => rel === "alternate") ?? [];
  const link = (alternates.find(({ type = "text/html" }) => type === "text/html") ?? alternates[0])?.href;
  const enclosures = entry.links?.filter(({ rel }) => rel === "enclosure") ?? [];
  const authors = (entry.authors ?? feed.authors)?.map(({ name, email }) => name ?? email);
  return {
    ids: [entry.id, link],
    link,
    title: atomText(entry.title),
    text: atomText(entry.content) ?? atomText(entry.summary) ?? plain(mediaText(entry.media)),
    author: named(authors) ?? named(entry.dc?.creators),
    date: entry.published ?? entry.updated,
    media: [
      ...enclosures.map(({ href, type, length }) => ({
        url: href,
        type,
        size: length,
        duration: entry.itunes?.duration,
      })),
      ...mediaRss(entry.media),
    ],
  };
}

function jsonPost(item: JsonFeed.Item<string>, feed: JsonFeed.Feed<string>): RawPost {
  const files = item.attachments?.map((file) => ({
    url: file.url,
    type: file.mime_type,
    size: file.size_in_bytes,
    duration: file.duration_in_seconds,
  }));
  return {
    ids: [item.id, item.url],
    link: item.url ?? item.external_url,
    title: plain(item.title),
    text: plain(item.content_text) ?? html(item.content_html) ?? plain(item.summary),
    author: named((item.authors ?? feed.authors)?.map(({ name }) => name)),
    date: item.date_published ?? item.date_modified,
    media: [...(files ?? []), ...[item.image, item.banner_image].map((url) => ({ url, medium: "image" }))],
  };
}

/** What the formats have in common. */
export function rawFeed(parsed: AnyFeed): RawFeed {
  switch (parsed.format) {
    case "rss":
      return { format: "rss", title: html(parsed.feed.title), posts: parsed.feed.items?.map(rssPost) ?? [] };
    case "rdf":
      return { format: "rss", title: html(parsed.feed.title), posts: parsed.feed.items?.map(rdfPost) ?? [] };
    case "atom": {
      const { feed } = parsed;
      const posts = feed.entries?.map((entry) => atomPost(entry, feed)) ?? [];
      return { format: "atom", title: atomText(feed.title), posts };
    }
    case "json": {
      const { feed } = parsed;
      const posts = feed.items?.map((item) => jsonPost(item, feed)) ?? [];
      return { format: "json_feed", title: plain(feed.title), posts };
    }
  }
}
