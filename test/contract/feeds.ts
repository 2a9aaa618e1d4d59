import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const item = (guid: string, title: string, about: string, when: string, more = "") =>
  `<item><guid isPermaLink="false">${guid}</guid><title>${title}</title><description>${about}</description>` +
  `<pubDate>${when}</pubDate>${more}</item>`;
const rss = (title: string, ...items: readonly string[]) =>
  `<?xml version="1.0"?><rss version="2.0"><channel><title>${title}</title>${items.join("")}</channel></rss>`;

const VIDEO = '<enclosure url="https://cdn.example.com/crema.mp4" type="video/mp4" length="1000"/>';
const COFFEE = rss(
  "Coffee, explained",
  item("c-1", "Why crema fades", "Oils, gas and time.", "Fri, 02 Jan 2026 10:00:00 GMT", VIDEO),
  item("c-2", "Cold brew", "100% slow &lt;b&gt;and&lt;/b&gt; sweet", "Thu, 01 Jan 2026 09:00:00 GMT"),
  item("c-3", "Grinding", "Before the CREMA comes", "Wed, 31 Dec 2025 23:30:00 -0200"),
);

/** What is answered under each path of `base`; `asked` counts, from 1, how often one has been asked for. */
function answer(base: string, path: string, asked: number): string | undefined {
  if (path === "/coffee.xml") return COFFEE;
  if (path === "/coffee.txt") return "Oils, gas and time.";
  if (path.startsWith("/late-") && asked > 1) {
    const text = `<enclosure url="${base}/coffee.txt" type="text/plain" length="19"/>`;
    return rss("Late", item("l-1", "Better late", "A text", "Fri, 02 Jan 2026 10:00:00 GMT", text));
  }
  if (!path.startsWith("/news-")) return undefined;
  const old = (title: string) => item("n-1", title, "Of the shop", "Fri, 02 Jan 2026 10:00:00 GMT");
  const more = item("n-2", "Closed on Mondays", "Of the shop", "Sat, 03 Jan 2026 10:00:00 GMT");
  return asked === 1 ? rss("News", old("Open")) : rss("News", more, old("Open again"));
}

/** A web server on loopback with what the input `feeds` of the workflows says. All else is 404. */
export async function openFeeds(): Promise<{ readonly url: string; close(): Promise<void> }> {
  const asked = new Map<string, number>();
  const server = createServer(({ url: path = "/", headers }, response) => {
    const times = (asked.get(path) ?? 0) + 1;
    asked.set(path, times);
    const body = answer(`http://${headers.host}`, path, times);
    const type = path.endsWith(".txt") ? "text/plain" : "application/rss+xml";
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": type }).end(body ?? "nothing here");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A server that listens on a port has an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
