import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { type FeedServer, feedServer, fixture } from "../sources/feed-server.ts";
import { ended, freshPersona } from "./support.ts";

let app: TestApp;
let feeds: FeedServer;
let api: Client;
const sources = new Map<string, string>();

const utf16 = (text: string) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);
const RSS = fixture("rss2.xml").toString();
const CAFE = RSS.replace("Slow Kettle", "Café für “Æther”");

/** Every shape, as it comes over the wire. */
const SHAPES: Readonly<Record<string, { body: string | Buffer; headers?: Record<string, string> }>> = {
  "rss2.xml": { body: fixture("rss2.xml") },
  "rss1.rdf": { body: fixture("rss1.rdf") },
  "rss091.xml": { body: fixture("rss091.xml") },
  "atom.xml": { body: fixture("atom.xml") },
  "feed.json": { body: fixture("feed.json"), headers: { "Content-Type": "application/feed+json" } },
  "podcast.xml": { body: fixture("podcast.xml") },
  "youtube.xml": { body: fixture("youtube.xml"), headers: { "Content-Type": "text/xml; charset=UTF-8" } },
  "mastodon.xml": { body: fixture("mastodon.xml") },
  "duplicates.xml": { body: fixture("duplicates.xml") },
  "no-guids.xml": { body: fixture("no-guids.xml") },
  "empty.xml": { body: fixture("empty.xml") },
  "billion-laughs.xml": { body: fixture("billion-laughs.xml") },
  windows1252: {
    body: Buffer.from(CAFE.replace("UTF-8", "windows-1252").replaceAll("“", "\x93").replaceAll("”", "\x94"), "latin1"),
  },
  utf16: { body: utf16(CAFE.replace("UTF-8", "UTF-16")) },
  // Said to be what it is not: the bytes are UTF-8.
  wrongcharset: { body: CAFE, headers: { "Content-Type": "text/xml; charset=ISO-8859-1" } },
  gzip: { body: gzipSync(CAFE), headers: { "Content-Encoding": "gzip" } },
  huge: {
    body: `<rss version="2.0"><channel><title>Huge</title>${Array.from({ length: 9000 }, (_, n) => {
      const day = new Date(Date.UTC(2000, 0, 1) + n * 86_400_000).toUTCString();
      return `<item><guid isPermaLink="false">n${n}</guid><title>Number ${n}</title><pubDate>${day}</pubDate>
        <description>${"word ".repeat(150)}</description></item>`;
    }).join("")}</channel></rss>`,
  },
};

beforeAll(async () => {
  app = await openTestApp({ role: "all" });
  feeds = await feedServer();
  const fresh = await freshPersona(app);
  api = fresh.api;
  for (const [name, shape] of Object.entries(SHAPES)) {
    const url = feeds.serve(`/${name}`, shape);
    sources.set(name, (await api.createSource({ body: { persona_id: fresh.persona_id, url } })).id);
  }
  const job = await ended(api, await api.syncPersona({ params: { persona_id: fresh.persona_id }, body: {} }));
  expect(job.results.filter(({ status }) => status !== "completed")).toEqual([]);
  expect(job).toMatchObject({ status: "completed", progress: 100, cost: sources.size, estimated_cost: sources.size });
}, 60_000);
afterAll(async () => {
  await app.close();
  await feeds.close();
});

const source = (name: string) => api.getSource({ params: { source_id: sources.get(name) ?? "" } });
const posts = async (name: string, limit = 20) =>
  (await api.listSourcePosts({ query: { source_id: sources.get(name) ?? "", limit } })).data;

describe("formats", () => {
  test("RSS 2.0: full text before teaser, no markup or scripts, relative links, zones of RFC 822", async () => {
    await expect(source("rss2.xml")).resolves.toMatchObject({
      title: "Slow Kettle & Sons",
      format: "rss",
      post_count: 2,
    });
    const [crema, grinding] = await posts("rss2.xml");
    expect(crema).toMatchObject({
      external_id: "kettle-102",
      url: "https://kettle.example/posts/crema",
      title: "Why crema fades",
      summary: "Oils & gas, and time.\nFirst\nSecond",
      author: "Nora Quill",
      media: [],
      published_at: "2026-01-06T06:30:00.000Z",
    });
    expect(grinding).toMatchObject({
      external_id: "https://kettle.example/posts/grinding",
      url: feeds.url("/posts/grinding"),
      title: "Grinding at home: 3 < 4",
      author: "The Desk",
      published_at: "2026-01-05T23:00:00.000Z",
    });
  });

  test("RSS 1.0 (RDF) and 0.91", async () => {
    await expect(posts("rss1.rdf")).resolves.toMatchObject([
      { external_id: "https://tides.example/1", author: "Old Jetty", published_at: "2026-01-02T19:05:06.000Z" },
    ]);
    await expect(posts("rss091.xml")).resolves.toMatchObject([
      { external_id: "https://old.example/a", title: "No date, no guid", published_at: null },
    ]);
  });

  test("Atom: text that is plain stays, xhtml is read, enclosures are files", async () => {
    await expect(source("atom.xml")).resolves.toMatchObject({ title: "Night & Market", format: "atom" });
    const [second, first] = await posts("atom.xml");
    expect(second).toMatchObject({
      title: "Plain <not markup>",
      url: "https://market.example/2",
      summary: "Lamps on every stall.",
      author: "The Stall",
      published_at: "2026-01-04T20:15:30.250Z",
      media: [
        {
          url: "https://cdn.market.example/2.mp4",
          kind: "video",
          type: "video/mp4",
          size: 1_048_576,
          duration_seconds: null,
        },
      ],
    });
    expect(first).toMatchObject({ summary: "A map.", published_at: "2026-01-01T00:00:00.000Z" });
  });

  test("JSON Feed: NUL and lone surrogates never reach the database, a bad date is null", async () => {
    await expect(source("feed.json")).resolves.toMatchObject({ title: "Paper Planes", format: "json_feed" });
    const [seventh, sixth] = await posts("feed.json");
    expect(seventh).toMatchObject({
      author: "Ada Fold",
      summary: "Fold twice.",
      published_at: "2026-01-02T08:04:05.000Z",
    });
    expect(seventh?.media).toEqual([
      { url: "https://planes.example/7.m4a", kind: "audio", type: "audio/mp4", size: 512, duration_seconds: 62 },
      { url: "https://planes.example/7.jpg", kind: "image", type: null, size: null, duration_seconds: null },
    ]);
    expect(sixth).toMatchObject({ external_id: "6", summary: "Only <text>.\uFFFD Still here.", published_at: null });
  });

  test("a podcast: its episodes are files with their length", async () => {
    const [water, trailer] = await posts("podcast.xml");
    expect(water).toMatchObject({ author: "Vera Bore", summary: "Where it comes in." });
    expect(water?.media).toEqual([
      {
        url: "https://media.tunnels.example/2.mp3?source=feed",
        kind: "audio",
        type: "audio/mpeg",
        size: 9_600_000,
        duration_seconds: 607,
      },
      { url: "https://tunnels.example/2.jpg", kind: "image", type: null, size: null, duration_seconds: null },
    ]);
    expect(trailer?.media).toMatchObject([{ size: null, duration_seconds: 59 }]);
  });

  test("a video channel's and a social account's feed: Media RSS", async () => {
    const [video] = await posts("youtube.xml");
    expect(video).toMatchObject({
      external_id: "yt:video:bRidGe00001",
      summary: "One thousand matches.\nGlue by the metre.",
      media: [{ kind: "other" }, { url: "https://images.videos.example/bRidGe00001/hq.jpg", kind: "image" }],
    });
    const [post] = await posts("mastodon.xml");
    expect(post).toMatchObject({
      title: null,
      summary: "Two new patches on the north wall #moss",
      media: [
        { kind: "video", size: 204_800 },
        { kind: "image", size: 1024 },
      ],
    });
  });
});

describe("identity", () => {
  test("of two posts with one guid the newer is kept", async () => {
    await expect(posts("duplicates.xml")).resolves.toMatchObject([{ external_id: "same", title: "The newer telling" }]);
    await expect(source("duplicates.xml")).resolves.toMatchObject({ post_count: 1 });
  });

  test("without a guid a post is known by its link, or by what it says; an empty one is none", async () => {
    const found = await posts("no-guids.xml");
    expect(found.map(({ external_id }) => external_id)).toEqual([
      expect.stringMatching(/^sha256:/),
      "https://nameless.example/1",
      expect.stringMatching(/^sha256:/),
    ]);
  });

  test("a feed without posts is a feed", async () => {
    await expect(source("empty.xml")).resolves.toMatchObject({ title: "Nothing yet", post_count: 0, last_error: null });
  });

  test("of a huge feed the newest 500 are kept, the newest listed first", async () => {
    await expect(source("huge")).resolves.toMatchObject({ post_count: 500 });
    const [newest] = await posts("huge", 1);
    expect(newest).toMatchObject({ external_id: "n8999" });
    const { data } = await api.listSourcePosts({ query: { source_id: sources.get("huge") ?? "", offset: 499 } });
    expect(data).toMatchObject([{ external_id: "n8500" }]);
  });
});

describe("encodings", () => {
  test.each(["windows1252", "utf16", "wrongcharset", "gzip"])("%s", async (name) => {
    await expect(source(name)).resolves.toMatchObject({ title: "Café für “Æther” & Sons" });
  });
});

test("entities of a feed's own are not expanded", async () => {
  const [post] = await posts("billion-laughs.xml");
  expect(post).toMatchObject({ external_id: "1", title: "&i;" });
});
