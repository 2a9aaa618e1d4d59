import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp({ role: "all" });
});
afterAll(() => app.close());

/** What the page does; its outcome is put where the test finds it. */
const PAGE = `
import { ApiError, createClient } from "./client.js";
const api = createClient({ baseUrl: "/api", token: TOKEN });
const run = async () => {
  const brand = await api.createBrand({ body: { name: "In a browser", slug: "in-a-browser" } });
  const names = [];
  for await (const { name } of api.listBrands.all()) names.push(name);
  const shares = [];
  const file = new File(["A line of a long text.\\n".repeat(400_000)], "long.txt");
  const upload = await api.upload(file, { onProgress: ({ sent, size }) => shares.push(sent / size) });
  const error = await api.createBrand({ body: { name: "Twice", slug: brand.slug } }).catch((caught) => caught);
  return { names, status: upload.status, whole: upload.size === file.size, shares, refused: error instanceof ApiError && error.code, secure: isSecureContext };
};
run().then((done) => { window.outcome = done; }, (error) => { window.outcome = String(error); });
`;

async function bundledClient(): Promise<string> {
  const input = fileURLToPath(new URL("../../client/index.ts", import.meta.url));
  const bundle = await rolldown({ input, platform: "browser" });
  const { output } = await bundle.generate({ format: "esm" });
  return output[0].code;
}

/** The page, the client's bundle, and the API below `/api`, on one origin. */
async function serveSite(files: Readonly<Record<string, string>>) {
  const server = createServer(async (request, response) => {
    const { url = "/", method = "GET", headers } = request;
    const file = files[url];
    if (file !== undefined) {
      return void response.writeHead(200, { "content-type": url === "/" ? "text/html" : "text/javascript" }).end(file);
    }
    const body = method === "GET" ? {} : { body: Readable.toWeb(request), duplex: "half" };
    const asked = new Request(`http://reelmark.test${url}`, { method, headers, ...body } as RequestInit);
    const answer = await app.fetch(asked);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(Buffer.from(await answer.arrayBuffer()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on TCP has an address object.
  return { server, port: (server.address() as AddressInfo).port };
}

test("it runs in a browser, on a page without TLS", async () => {
  const { token } = await freshOrganization(app);
  const { server, port } = await serveSite({
    "/": "<!doctype html><script type=module src=/page.js></script>",
    "/page.js": PAGE.replace("TOKEN", JSON.stringify(token)),
    "/client.js": await bundledClient(),
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--host-resolver-rules=MAP reelmark.test 127.0.0.1",
    ],
  });
  try {
    const page = await browser.newPage();
    await page.goto(`http://reelmark.test:${port}/`);
    const outcome = await page.waitForFunction("window.outcome", undefined, { timeout: 25_000 });
    expect(await outcome.jsonValue()).toEqual({
      names: ["In a browser"],
      status: "ready",
      whole: true,
      shares: [expect.any(Number), 1],
      refused: "CONFLICT",
      secure: false,
    });
  } finally {
    await browser.close();
    server.closeAllConnections();
    server.close();
  }
});
