import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";

/** The console over loopback, and a browser to look at it with. */
export type World = {
  readonly app: TestApp;
  readonly url: string;
  /** Requests to any other host than the console's own: they are refused. */
  readonly outside: string[];
  /** What the browser's console complained of, such as what the page's policy refused. */
  readonly complaints: string[];
  /** A page of a browser that nobody has used before. */
  open(options?: BrowserContextOptions): Promise<Page>;
  close(): Promise<void>;
};

/** A port that nobody uses: the server must know its own address before it listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server that listens has an address of this form.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Opens the server with its workers, on a free port, and Chromium. */
export async function openWorld(options: { readonly env?: Record<string, string> } = {}): Promise<World> {
  const port = await freePort();
  const app = await openTestApp({ publicUrl: `http://127.0.0.1:${port}`, role: "all", ...options });
  const serving: Serving = await serve({
    fetch: (request, env) => app.app.fetch(request, env),
    host: "127.0.0.1",
    port,
  });
  const browser: Browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    // Playwright switches it off: here it must not bring back what was shown once.
    ignoreDefaultArgs: ["--disable-back-forward-cache"],
  });
  const outside: string[] = [];
  const complaints: string[] = [];
  return {
    app,
    url: serving.url,
    outside,
    complaints,
    async open(options = {}) {
      const context = await browser.newContext({ viewport: { width: 1200, height: 850 }, ...options });
      // So that what waits for what is not there fails with its name, long before the test's own time is over.
      context.setDefaultTimeout(15_000);
      const page = await context.newPage();
      context.on("request", (request) => {
        const { host, href, protocol } = new URL(request.url());
        if (host !== new URL(serving.url).host && protocol !== "data:") outside.push(href);
      });
      page.on("console", (message) => {
        // A page that says 403 or 404 on purpose is told of as an error, too.
        const expected = message.text().startsWith("Failed to load resource");
        if (["error", "warning"].includes(message.type()) && !expected) complaints.push(message.text());
      });
      page.on("pageerror", (error) => complaints.push(error.message));
      return page;
    },
    async close() {
      await browser.close();
      await serving.close(1_000);
      await app.close();
    },
  };
}

/** Logs in on the page that `to` leads to, and waits for the console. */
export async function logIn(
  world: World,
  page: Page,
  { email, password }: Pick<TestOrganization, "email" | "password">,
  to = "/console",
): Promise<void> {
  await page.goto(world.url + to);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.waitForURL(/\/console\//);
}

/** What axe finds on the page, in light and, on a phone, in dark, and how many pixels of it are beyond the phone's edge. */
export async function findings(page: Page): Promise<string[]> {
  const axeFinds = async () => {
    const found: axe.AxeResults = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
  };
  await page.evaluate(axe.source);
  const light = await axeFinds();
  const size = page.viewportSize();
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 390, height: 844 });
  const beyond = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");
  const dark = await axeFinds();
  await page.emulateMedia({ colorScheme: "light" });
  if (size) await page.setViewportSize(size);
  return [...light, ...dark, ...(beyond === 0 ? [] : [`${beyond} px are beyond the edge`])].map(
    (finding) => `${new URL(page.url()).pathname}: ${finding}`,
  );
}
