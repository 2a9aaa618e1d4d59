import { afterAll, describe, expect, test } from "vitest";
import { readFeed } from "../../server/sync/feed/parse.ts";
import { openFeedReader } from "../../server/sync/feed/reader.ts";

const URL_OF_FEED = "https://feeds.example.com/a/feed.xml";
const read = (bytes: Uint8Array | string, contentType?: string) => {
  const found = readFeed({
    bytes: typeof bytes === "string" ? Buffer.from(bytes) : bytes,
    contentType,
    url: URL_OF_FEED,
  });
  if ("code" in found) throw new Error(found.message);
  return found;
};
const rss = (inner: string, title = "T") =>
  `<rss version="2.0"><channel><title>${title}</title>${inner}</channel></rss>`;
const only = (inner: string) => read(rss(`<item>${inner}</item>`)).posts[0];

describe("encodings", () => {
  const declared = (encoding: string, title: string) => `<?xml version="1.0" encoding="${encoding}"?>${rss("", title)}`;
  const be = (text: string) => Buffer.from(text, "utf16le").swap16();
  // "日本" and "Grüße" in the bytes of each.
  const placed = (encoding: string, bytes: readonly number[]) =>
    Buffer.concat(
      declared(encoding, "|")
        .split("|")
        .flatMap((part, at) => (at === 0 ? [Buffer.from(part)] : [Buffer.from(bytes), Buffer.from(part)])),
    );

  test.each([
    [
      "UTF-8 with a mark, said to be latin1",
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(declared("utf-8", "Grüße"))]),
      "text/xml; charset=iso-8859-1",
      "Grüße",
    ],
    ["UTF-16 without a mark", Buffer.from(declared("utf-16", "Grüße"), "utf16le"), undefined, "Grüße"],
    [
      "UTF-16, big end first",
      Buffer.concat([Buffer.from([0xfe, 0xff]), be(declared("utf-16", "Grüße"))]),
      "text/xml; charset=utf-8",
      "Grüße",
    ],
    ["Shift_JIS as the declaration says", placed("Shift_JIS", [0x93, 0xfa, 0x96, 0x7b]), undefined, "日本"],
    ["Shift_JIS as HTTP says", placed("utf-8", [0x93, 0xfa, 0x96, 0x7b]), 'text/xml; charset="shift_jis"', "日本"],
    [
      "ISO-2022-JP, all of whose bytes are ASCII",
      placed("ISO-2022-JP", [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]),
      undefined,
      "日本",
    ],
    ["latin1 that says nothing", placed("utf-8", [0x47, 0x72, 0xfc, 0xdf, 0x65]), undefined, "Grüße"],
    [
      "an encoding that does not exist",
      placed("klingon", [0x47, 0x72, 0xfc, 0xdf, 0x65]),
      "text/xml; charset=klingon",
      "Grüße",
    ],
  ] as const)("%s", (_name, bytes, contentType, title) => {
    expect(read(bytes, contentType).title).toBe(title);
  });
});

describe("dates", () => {
  const zone = process.env.TZ;
  afterAll(() => {
    process.env.TZ = zone;
    if (zone === undefined) delete process.env.TZ;
  });

  test.each([
    ["Mon, 05 Jan 2026 10:00:00 GMT", "2026-01-05T10:00:00.000Z"],
    ["Mon, 05 Jan 2026 10:00:00 +0130", "2026-01-05T08:30:00.000Z"],
    ["5 Jan 26 10:00 EST", "2026-01-05T15:00:00.000Z"],
    ["Mon, 05 Jan 2026 10:00:00 CEST", "2026-01-05T10:00:00.000Z"],
    ["Mon, 05 Jan 2026 10:00:00", "2026-01-05T10:00:00.000Z"],
    ["January 5, 2026", "2026-01-05T00:00:00.000Z"],
    ["2026-01-05T10:00:00", "2026-01-05T10:00:00.000Z"],
    ["2026-01-05 10:00:00", "2026-01-05T10:00:00.000Z"],
    ["2026-01-05T10:00:00.123456+05:30", "2026-01-05T04:30:00.123Z"],
    ["2026-01-05", "2026-01-05T00:00:00.000Z"],
    // The future is kept: some publish ahead.
    ["2099-01-01T00:00:00Z", "2099-01-01T00:00:00.000Z"],
    ["yesterday", null],
    ["05.01.2026 10:00", null],
    ["12", null],
    ["0001-01-01T00:00:00Z", null],
    ["+275760-09-13T00:00:00Z", null],
    ["", null],
  ])("%s is %s, wherever the server stands", (text, date) => {
    for (const TZ of ["UTC", "Pacific/Kiritimati", "America/St_Johns"]) {
      process.env.TZ = TZ;
      expect(only(`<title>x</title><pubDate>${text}</pubDate>`)?.published_at).toBe(date);
    }
  });
});

describe("bounds", () => {
  test("texts are cut, never through a character", () => {
    const post = only(`<title>${"x".repeat(499)}😀tail</title><description>${"y".repeat(20_000)}</description>`);
    expect(post?.title).toBe("x".repeat(499));
    expect(post?.summary).toHaveLength(10_000);
  });

  test("a guid of any length is an id of at most 500 characters", () => {
    const ids = ["a", "b"].map((end) => only(`<title>x</title><guid>${"g".repeat(5000)}${end}</guid>`)?.external_id);
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("at most 20 files, each once, of http or https alone", () => {
    const files = Array.from(
      { length: 30 },
      (_, n) => `<enclosure url="/f${n >> 1}.mp3" type="audio/mpeg" length="-5"/>`,
    );
    const bad = [
      "javascript:alert(1)",
      "file:///etc/passwd",
      "data:text/html,x",
      `https://x.example/${"y".repeat(3000)}`,
    ];
    const more = Array.from(
      { length: 20 },
      (_, n) => `<enclosure url="https://m.example/${n}.jpg" length="9e99" type="x"/>`,
    );
    const post = only([...bad.map((url) => `<enclosure url="${url}"/>`), ...files, ...more].join(""));
    expect(post?.media).toHaveLength(20);
    expect(post?.media[0]).toEqual({
      url: "https://feeds.example.com/f0.mp3",
      kind: "audio",
      type: "audio/mpeg",
      size: null,
      duration_seconds: null,
    });
    expect(post?.media[19]).toMatchObject({ url: "https://m.example/4.jpg", kind: "image", size: null });
  });

  test("links that are no web addresses are dropped", () => {
    expect(only("<title>x</title><link>javascript:alert(1)</link>")?.url).toBeNull();
    expect(only("<title>x</title><guid>42</guid>")?.url).toBeNull();
  });
});

test("a feed that is made to take long keeps no other from being read, nor the server from answering", async () => {
  const reader = openFeedReader();
  const feed = (text: string) => ({ bytes: Buffer.from(text), contentType: undefined, url: URL_OF_FEED });
  try {
    const hostile = reader.read(feed(rss("<item><title>x</title></item>".repeat(1_000_000))));
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    await expect(reader.read(feed(rss("", "Quick")))).resolves.toMatchObject({ title: "Quick" });
    await expect(hostile).resolves.toMatchObject({ code: "too_large" });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(10);
    const stopped = AbortSignal.abort(new Error("the worker stops"));
    await expect(reader.read(feed(rss("")), stopped)).rejects.toThrow("the worker stops");
  } finally {
    await reader.close();
  }
});
