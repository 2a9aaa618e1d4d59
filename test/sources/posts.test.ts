import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { until } from "../setup/support.ts";
import { freshPersona, synced } from "../sync/support.ts";
import { type FeedServer, feedServer } from "./feed-server.ts";

const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  "base64",
);

let app: TestApp;
let feeds: FeedServer;
let api: Client;
let persona_id: string;
let source_id: string;

const item = (n: number, date: string, more = "") =>
  `<item><guid isPermaLink="false">${n}</guid><title>Number ${n}</title><pubDate>${date}</pubDate>${more}</item>`;

beforeAll(async () => {
  app = await openTestApp({ role: "all" });
  feeds = await feedServer();
  feeds.serve("/picture.png", { body: PICTURE, headers: { "Content-Type": "image/png" } });
  const picture = `<enclosure url="${feeds.url("/picture.png")}" type="image/png" length="${PICTURE.length}"/>`;
  const url = feeds.serve("/feed", {
    body: `<rss version="2.0"><channel><title>T</title>
      ${item(3, "Sat, 03 Jan 2026 00:00:00 GMT", "<description>100% Robusta_</description>")}
      ${item(2, "Fri, 02 Jan 2026 00:00:00 GMT", picture)}
      ${item(1, "Thu, 01 Jan 2026 00:00:00 GMT")}</channel></rss>`,
  });
  ({ api, persona_id } = await freshPersona(app));
  source_id = (await api.createSource({ body: { persona_id, url } })).id;
  await synced(api, source_id);
});
afterAll(async () => {
  await app.close();
  await feeds.close();
});

type Query = NonNullable<NonNullable<Parameters<Client["listSourcePosts"]>[0]>["query"]>;
const ids = async (query: Query) => (await api.listSourcePosts({ query })).data.map((post) => post.external_id);

describe("list", () => {
  test("by source, persona, files, time and text; the newest find first", async () => {
    expect(await ids({ source_id })).toEqual(["3", "2", "1"]);
    expect(await ids({ persona_id })).toEqual(["3", "2", "1"]);
    expect(await ids({ has_media: true })).toEqual(["2"]);
    expect(await ids({ has_media: false })).toEqual(["3", "1"]);
    expect(await ids({ published_since: "2026-01-02T00:00:00.000Z" })).toEqual(["3", "2"]);
    expect(await ids({ published_until: "2026-01-02T00:00:00.000Z" })).toEqual(["1"]);
    expect(await ids({ text: "number 1" })).toEqual(["1"]);
    // As text, not as a pattern.
    expect(await ids({ text: "% robusta_" })).toEqual(["3"]);
    expect(await ids({ text: "%" })).toEqual(["3"]);
  });

  test("by cursor, each post once", async () => {
    const found: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await api.listSourcePosts({ query: { source_id, limit: 2, ...(cursor ? { cursor } : {}) } });
      found.push(...page.data.map((post) => post.external_id));
      cursor = page.next_cursor;
    } while (cursor);
    expect(found).toEqual(["3", "2", "1"]);
  });
});

describe("a post's file", () => {
  const post = async (external: string) => {
    const { data } = await api.listSourcePosts({ query: { source_id } });
    return data.find(({ external_id }) => external_id === external)?.id ?? "";
  };

  test("202: fetched on request alone, and then an upload", async () => {
    expect(feeds.asked("/picture.png")).toBe(0);
    const params = { source_post_id: await post("2") };
    const begun = await api.importSourcePostMedia({ params, body: { index: 0 } });
    expect(begun).toMatchObject({ status: "pending", via: "url", source_url: feeds.url("/picture.png") });
    const ready = await until(async () => {
      const upload = await api.getUpload({ params: { upload_id: begun.id } });
      return upload.status !== "pending" && upload;
    });
    expect(ready).toMatchObject({ status: "ready", type: "image/png", size: PICTURE.length, width: 1, height: 1 });
  });

  test("400 for a file inside the server's own network", async () => {
    const body = `<rss version="2.0"><channel>${item(9, "", '<enclosure url="http://10.0.0.1/a.mp4"/>')}</channel></rss>`;
    const other = await freshPersona(app);
    const url = feeds.serve("/inside", { body });
    await synced(other.api, (await other.api.createSource({ body: { persona_id: other.persona_id, url } })).id);
    const { data } = await other.api.listSourcePosts();
    expect(data).toMatchObject([{ media: [{ url: "http://10.0.0.1/a.mp4", kind: "video" }] }]);
    const params = { source_post_id: data[0]?.id ?? "" };
    await expect(other.api.importSourcePostMedia({ params, body: { index: 0 } })).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "body.index", code: "not_allowed" }] },
    });
  });

  test("400 for a place that the post has no file at, 404 for another tenant's post", async () => {
    const params = { source_post_id: await post("2") };
    await expect(api.importSourcePostMedia({ params, body: { index: 1 } })).rejects.toMatchObject({
      status: 400,
      details: { issues: [{ path: "body.index" }] },
    });
    const stranger = (await freshOrganization(app)).api;
    await expect(stranger.importSourcePostMedia({ params, body: { index: 0 } })).rejects.toMatchObject({ status: 404 });
    await expect(stranger.getSourcePost({ params })).rejects.toMatchObject({ status: 404 });
  });
});

test("deleting the source takes its posts along", async () => {
  const other = await freshPersona(app);
  const url = feeds.url("/feed");
  const { id } = await other.api.createSource({ body: { persona_id: other.persona_id, url } });
  await synced(other.api, id);
  await expect(other.api.listSourcePosts()).resolves.toMatchObject({ count: 3 });
  await other.api.deleteSource({ params: { source_id: id } });
  await expect(other.api.listSourcePosts()).resolves.toMatchObject({ count: 0 });
  expect(await ids({ source_id })).toHaveLength(3);
});
