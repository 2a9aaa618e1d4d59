import { createHash } from "node:crypto";
import { picture, VIDEO } from "./media.ts";

const HOUR_MS = 3_600_000;
/** Posts that a feed shows. */
const SHOWN = 8;

const TOPICS = [
  "Why crema fades",
  "The shot that sold out the almond croissant",
  "Three cuts for a slow morning",
  "What a grinder sounds like when it is right",
  "One lens, one counter, one hour",
  "How we light a dark bar",
  "Nine seconds of steam",
  "A storyboard on a napkin",
  "The regular who never orders",
  "Colour grading flour",
  "Milk at 62 degrees",
  "Behind the hatch at five in the morning",
  "Why we film from the left",
  "A walk through Saturday's queue",
  "The cup that comes back",
  "Captions people read",
] as const;

/** An answer of the invented internet. */
export type Invented = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

type Post = { n: number; id: string; title: string; url: string; video: string; image: string; at: Date };
type Channel = { title: string; home: string; posts: readonly Post[] };

/** "feeds.crema-weekly.example" is Crema Weekly's. */
function titleOf(hostname: string): string {
  const labels = hostname.split(".").filter((label) => !/^(www|feeds?|rss|blog|cdn)$/.test(label));
  const words = (labels[0] ?? hostname).split("-").filter(Boolean);
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
}

/** The channel of an address: it publishes every 3 to 11 hours for ever, and shows the last posts until now. */
function channelOf(url: URL, nowMs: number): Channel {
  const seed = createHash("sha256")
    .update(url.host + url.pathname)
    .digest();
  const everyMs = HOUR_MS * (3 + ((seed[0] ?? 0) % 9));
  const last = Math.floor(nowMs / everyMs);
  const home = `https://${url.host}`;
  const post = (n: number): Post => ({
    n,
    id: `tag:${url.hostname},2026:${n}`,
    title: TOPICS[(n * 7 + (seed[1] ?? 0)) % TOPICS.length] ?? TOPICS[0],
    url: `${home}/posts/${n}`,
    video: `${home}/files/${n}.mp4`,
    image: `${home}/files/${n}.png`,
    at: new Date(n * everyMs),
  });
  return { title: titleOf(url.hostname), home, posts: Array.from({ length: SHOWN }, (_, at) => post(last - at)) };
}

const textOf = ({ title }: Post) => `${title}. A short film of the week, and what we learned making it.`;

function rss({ title, home, posts }: Channel): string {
  const items = posts.map(
    (post) => `
  <item><guid isPermaLink="false">${post.id}</guid><title>${escaped(post.title)}</title><link>${post.url}</link>
    <pubDate>${post.at.toUTCString()}</pubDate><description>${escaped(textOf(post))}</description>
    <enclosure url="${post.video}" type="video/mp4" length="${VIDEO.length}"/></item>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>${escaped(title)}</title><link>${home}</link>
  <description>${escaped(title)}: an invented channel of the sandbox</description>${items.join("")}
</channel></rss>
`;
}

function atom({ title, home, posts }: Channel): string {
  const entries = posts.map(
    (post) => `
  <entry><id>${post.id}</id><title>${escaped(post.title)}</title><link href="${post.url}"/>
    <link rel="enclosure" type="video/mp4" length="${VIDEO.length}" href="${post.video}"/>
    <link rel="enclosure" type="image/png" href="${post.image}"/>
    <updated>${post.at.toISOString()}</updated><published>${post.at.toISOString()}</published>
    <summary>${escaped(textOf(post))}</summary></entry>`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom"><id>${home}/</id><title>${escaped(title)}</title>
  <updated>${posts[0]?.at.toISOString() ?? ""}</updated><author><name>${escaped(title)}</name></author>${entries.join("")}
</feed>
`;
}

function jsonFeed({ title, home, posts }: Channel): string {
  const items = posts.map((post) => ({
    id: post.id,
    url: post.url,
    title: post.title,
    content_text: textOf(post),
    date_published: post.at.toISOString(),
    attachments: [
      { url: post.video, mime_type: "video/mp4", size_in_bytes: VIDEO.length },
      { url: post.image, mime_type: "image/png" },
    ],
  }));
  return JSON.stringify({ version: "https://jsonfeed.org/version/1.1", title, home_page_url: home, items });
}

const FORMATS = [
  { of: /\.json$/, type: "application/feed+json", write: jsonFeed },
  { of: /atom/, type: "application/atom+xml", write: atom },
  { of: /./, type: "application/rss+xml", write: rss },
] as const;

const file = (type: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Invented => ({
  status: 200,
  headers: { "content-type": type, "content-length": String(body.length), ...headers },
  body,
});

/**
 * What the invented internet answers to a GET: a picture or a video where the path ends like one, else a channel, as RSS, Atom (where
 * the path says atom) or JSON Feed (.json). A channel has new posts as its time goes on, and answers 304 until then.
 */
export function invented(url: URL, headers: Readonly<Record<string, string>>, nowMs: number): Invented {
  if (/\.(png|jpe?g|gif|webp)$/.test(url.pathname)) return file("image/png", picture(url.href));
  if (/\.(mp4|mov|m4v|webm)$/.test(url.pathname)) return file("video/mp4", VIDEO);
  const channel = channelOf(url, nowMs);
  const etag = `"${channel.posts[0]?.n ?? 0}"`;
  if (headers["if-none-match"] === etag) return { status: 304, headers: { etag }, body: Buffer.alloc(0) };
  const { type, write } = FORMATS.find(({ of }) => of.test(url.pathname)) ?? FORMATS[2];
  return file(type, Buffer.from(write(channel)), { etag });
}
