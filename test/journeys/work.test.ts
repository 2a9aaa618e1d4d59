import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Coffee, explained</title>
<item><guid>crema</guid><title>Why crema fades</title><link>https://example.com/crema</link>
<enclosure url="https://example.com/crema.mp4" type="video/mp4" length="1024"/></item>
<item><guid>grind</guid><title>Grind finer</title><link>https://example.com/grind</link></item></channel></rss>`;

type Server = { readonly url: string; close(): Promise<void> };

/** A real server on loopback. */
async function serve(answer: (request: IncomingMessage, body: string) => string): Promise<Server> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    response.end(answer(request, body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  };
}

let reelmark: TestApp;
let feed: Server;
let receiver: Server;
const deliveries: { headers: Record<string, string>; body: string }[] = [];

beforeAll(async () => {
  reelmark = await openTestApp({ role: "all" });
  feed = await serve(() => FEED);
  receiver = await serve((request, body) => {
    const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
    deliveries.push({ headers: Object.fromEntries(headers), body });
    return "";
  });
});
afterAll(() => Promise.all([reelmark.close(), feed.close(), receiver.close()]));

test("a feed is added and synced, its posts are there, and a signed webhook says so", async () => {
  const { api } = await freshOrganization(reelmark);
  const brand = await api.createBrand({ body: { name: "Orange Cat", slug: "orange-cat" } });
  const persona = await api.createPersona({ body: { brand_id: brand.id, name: "Nora" } });
  const endpoint = await api.createWebhook({ body: { url: receiver.url, events: ["sync.completed"] } });
  const source = await api.createSource({ body: { persona_id: persona.id, url: `${feed.url}/feed.xml` } });

  const started = await api.syncPersona({ params: { persona_id: persona.id }, body: {} });
  expect(started).toMatchObject({ status: "pending", trigger: "request", estimated_cost: 1 });
  const job = await vi.waitFor(
    async () => {
      const now = await api.getSyncJob({ params: { sync_job_id: started.id } });
      expect(now.status).toBe("completed");
      return now;
    },
    { timeout: 20_000, interval: 100 },
  );
  expect(job).toMatchObject({ progress: 100, new_count: 2, cost: 1, error: null });

  const posts = await api.listSourcePosts({ query: { source_id: source.id } });
  expect(posts.data.map(({ title }) => title).sort()).toEqual(["Grind finer", "Why crema fades"]);
  expect(posts.data.flatMap(({ media }) => media)).toMatchObject([{ kind: "video", type: "video/mp4", size: 1024 }]);

  const told = await vi.waitFor(() => deliveries[0] ?? expect.fail("nothing was delivered"), { timeout: 20_000 });
  // The reference library throws when id, time or signature are not right.
  const event = new Webhook(endpoint.secret).verify(told.body, told.headers) as { type: string; data: { id: string } };
  expect(event).toMatchObject({ type: "sync.completed", data: { id: job.id, new_count: 2 } });

  // Fresh now: a second run fetches nothing and costs nothing.
  const again = await api.syncSource({ params: { source_id: source.id }, body: {} });
  expect(again).toMatchObject({ status: "skipped", cost: 0 });
  const balance = await api.getBalance();
  expect(balance).toMatchObject({ held: 0, spent_this_month: 1 });
});
