import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import type { StaticFile } from "../../server/docs/file.ts";

const CHROMIUM = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";

/** A reference open in a browser: what it asked of other hosts, and what the console complained of, as they happen. */
export type OpenDocs = { page: Page; outside: string[]; complaints: string[]; close(): Promise<void> };

/** How the browser looks at the page. */
export type View = { colorScheme?: "light" | "dark"; width?: number; height?: number };

/**
 * Opens a reference page in headless Chromium. Requests to any other host than the page's are recorded and refused, so
 * no test depends on a network. Waits until the first section of the document is there; `url#tag/brands`
 * opens one with its operations.
 */
export async function openDocs(url: string, view: View = {}): Promise<OpenDocs> {
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  const { colorScheme = "light", width = 1280, height = 900 } = view;
  const page = await browser.newPage({ colorScheme, viewport: { width, height } });
  const host = new URL(url).host;
  const outside: string[] = [];
  const complaints: string[] = [];
  await page.route("**/*", (route) => {
    const target = new URL(route.request().url());
    const ours = target.host === host || target.protocol === "data:" || target.protocol === "blob:";
    if (ours) return route.continue();
    outside.push(target.href);
    return route.abort();
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    await page.goto(url);
    await page.locator("#app h2").first().waitFor({ timeout: 20_000 });
  } catch (error) {
    await browser.close();
    throw new Error(
      `The reference at ${url} shows nothing of its document. The console says: ${complaints.join("\n")}`,
      {
        cause: error,
      },
    );
  }
  return { page, outside, complaints, close: () => browser.close() };
}

/** Serves files by path on a free loopback port, as server/app.ts does. */
export async function serveFiles(files: ReadonlyMap<string, StaticFile>): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const file = files.get(new URL(request.url ?? "/", "http://localhost").pathname);
    const answer = await file?.({
      acceptEncoding: request.headers["accept-encoding"]?.toString(),
      ifNoneMatch: request.headers["if-none-match"],
    });
    response.writeHead(answer?.status ?? 404, answer?.headers);
    response.end(answer?.body ?? undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on TCP has an address object, never a pipe's name or null.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, server };
}
