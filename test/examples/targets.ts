import { serve } from "../../server/kit/serve.ts";
import { runMock } from "../mock/process.ts";
import { launchSandbox, running } from "../sandbox/process.ts";
import { cleanUp } from "../server/launch.ts";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { feedServer } from "../sources/feed-server.ts";

/** A server that the examples are run against. */
export type Target = {
  /** Address of its API. */
  readonly url: string;
  readonly key: string;
  /** A feed that it can read. */
  readonly feed: string;
  /** Whether it knows a key, and what was made before. */
  readonly isReal: boolean;
  close(): Promise<void>;
};

const item = (title: string) =>
  `<item><guid>${title}</guid><title>${title}</title><link>https://example.com/${title}</link>` +
  `<pubDate>${new Date(Date.now() - 3_600_000).toUTCString()}</pubDate></item>`;
const FEED = `<?xml version="1.0"?><rss version="2.0"><channel><title>Coffee</title><link>https://example.com</link>
<description>Coffee</description>${item("crema")}${item("water")}</channel></rss>`;

async function mock(): Promise<Target> {
  const running = await runMock("spec/openapi.json");
  return {
    url: `${running.url}/api`,
    key: "anything",
    feed: "https://feeds.example.com/coffee.xml",
    isReal: false,
    close: async () => void (await running.interrupt()),
  };
}

async function live(pages: string): Promise<Target> {
  const feeds = await feedServer();
  const app = await openTestApp({ role: "all", env: { CORS_ORIGINS: pages } });
  const serving = await serve({ fetch: (request, env) => app.app.fetch(request, env), host: "127.0.0.1", port: 0 });
  const { key } = await (await freshOrganization(app)).key();
  return {
    url: `${serving.url}/api`,
    key,
    feed: feeds.serve("/coffee.xml", { body: FEED, headers: { "content-type": "application/rss+xml" } }),
    isReal: true,
    async close() {
      await serving.close(1000);
      await app.close();
      await feeds.close();
    },
  };
}

async function sandbox(): Promise<Target> {
  const started = launchSandbox();
  const { url, credentials } = await running(started);
  return {
    url: `${url}/api`,
    key: credentials.keys.owner.key,
    // One that the sandbox answers itself.
    feed: "https://feeds.example.com/coffee.xml",
    isReal: true,
    async close() {
      await started.end();
      await cleanUp();
    },
  };
}

/** Every server that there is, by its name. `pages` is the origin whose pages it lets in. */
export const TARGETS: readonly (readonly [string, (pages: string) => Promise<Target>])[] = [
  ["the mock", mock],
  ["the sandbox", sandbox],
  ["the live server", live],
];
