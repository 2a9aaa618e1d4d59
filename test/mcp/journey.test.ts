import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  Client,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from "@modelcontextprotocol/client";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { freePort } from "../setup/port.ts";
import { query } from "../setup/support.ts";

let app: TestApp;
let org: TestOrganization;
let serving: Serving;
let browser: Browser;
let callback: { url: string; next: Promise<URL>; close(): void };

/** Where the client waits for the browser to come back. */
async function listen() {
  let arrived: (url: URL) => void = () => {};
  const next = new Promise<URL>((resolve) => {
    arrived = resolve;
  });
  const server = createServer((request, response) => {
    response.end("You can close this page.");
    if (request.url?.startsWith("/callback")) arrived(new URL(request.url, "http://127.0.0.1"));
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`,
    next,
    close: () => server.close(),
  };
}

beforeAll(async () => {
  const port = await freePort();
  app = await openTestApp({ publicUrl: `http://127.0.0.1:${port}` });
  serving = await serve({ fetch: (request, env) => app.app.fetch(request, env), host: "127.0.0.1", port });
  org = await freshOrganization(app);
  callback = await listen();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});
afterAll(async () => {
  await browser?.close();
  callback?.close();
  await serving?.close(1_000);
  await app?.close();
});

/** What a client remembers: nothing at first. */
function remembering(): OAuthClientProvider & { asked: URL | undefined } {
  const memory: { client?: never; tokens?: never; discovered?: never; verifier: string } = { verifier: "" };
  return {
    asked: undefined,
    redirectUrl: callback.url,
    clientMetadata: {
      client_name: "Editor",
      redirect_uris: [callback.url],
      grant_types: ["authorization_code", "refresh_token"],
    },
    clientInformation: () => memory.client,
    saveClientInformation: (client) => void Object.assign(memory, { client }),
    tokens: () => memory.tokens,
    saveTokens: (tokens) => void Object.assign(memory, { tokens }),
    saveCodeVerifier: (verifier) => void Object.assign(memory, { verifier }),
    codeVerifier: () => memory.verifier,
    saveDiscoveryState: (discovered) => void Object.assign(memory, { discovered }),
    discoveryState: () => memory.discovered,
    redirectToAuthorization(url) {
      this.asked = url;
    },
  };
}

/** The user, at a browser without JavaScript: logs in, looks at what is asked, and allows it, by keyboard. */
async function approve(page: Page, url: URL): Promise<string> {
  await page.goto(url.href);
  await page.getByLabel("E-mail address").fill(org.email);
  await page.getByLabel("Password").fill(org.password);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Let Editor use Reelmark?" }).waitFor();
  const shown = await page.locator("main").innerText();
  for (const box of await page.getByRole("checkbox").all()) {
    const value = await box.getAttribute("value");
    if (value !== "brands:read" && value !== "brands:write") await box.uncheck();
  }
  await page.getByRole("button", { name: "Allow" }).focus();
  await page.keyboard.press("Enter");
  return shown;
}

test("an MCP client from an empty state: discovery, registration, log-in and consent in a browser, call, refresh, end", async () => {
  const endpoint = new URL(`${serving.url}/mcp`);
  const authProvider = remembering();
  const first = new StreamableHTTPClientTransport(endpoint, { authProvider });
  await expect(new Client({ name: "editor", version: "1" }).connect(first)).rejects.toThrow(UnauthorizedError);
  const asked = authProvider.asked;
  expect(asked?.searchParams.get("code_challenge_method")).toBe("S256");
  expect(asked?.searchParams.get("resource")).toBe(endpoint.href);

  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  const shown = await approve(page, asked ?? endpoint);
  expect(shown).toContain("Test Studio");
  expect(shown).toContain("See brands");
  expect(shown).toContain(new URL(callback.url).host);
  await first.finishAuth((await callback.next).searchParams);
  expect(complaints).toEqual([]);

  const client = new Client({ name: "editor", version: "1" });
  await client.connect(new StreamableHTTPClientTransport(endpoint, { authProvider }));
  expect((await client.listTools()).tools).toHaveLength(3);
  const call = (operation: string, args: object) =>
    client.callTool({ name: "call_operation", arguments: { operation, arguments: args } });
  expect(await call("createBrand", { body: { name: "Cat", slug: "cat" } })).not.toMatchObject({ isError: true });
  expect(await call("createApiKey", { body: { label: "x", scopes: ["brands:read"] } })).toMatchObject({
    isError: true,
  });

  // Its token ends; the client refreshes it by itself.
  await query(app.databaseUrl, "update oauth_artifacts set expires_at = now() where kind = 'AccessToken'");
  expect(await call("listBrands", {})).not.toMatchObject({ isError: true });

  // The user logs out: what was approved there ends, and the client must ask anew.
  await page.goto(`${serving.url}/login`);
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Password").waitFor();
  authProvider.asked = undefined;
  await expect(call("listBrands", {})).rejects.toThrow(UnauthorizedError);
  expect(authProvider.asked).toBeDefined();
  await client.close();
  await context.close();
}, 60_000);

test("a device is approved on a phone", async () => {
  const form = (path: string, fields: Record<string, string>) =>
    fetch(serving.url + path, { method: "POST", body: new URLSearchParams(fields) }).then((answer) => answer.json());
  const begun = (await form("/oauth/device_authorization", {
    client_id: "reelmark-cli",
    scope: "brands:read",
  })) as Record<string, string>;
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    colorScheme: "dark",
    javaScriptEnabled: false,
  });
  const page = await context.newPage();
  await page.goto(begun.verification_uri_complete ?? "");
  await page.getByLabel("E-mail address").fill(org.email);
  await page.getByLabel("Password").fill(org.password);
  await page.getByRole("button", { name: "Log in" }).click();
  expect(await page.getByLabel("Code").inputValue()).toBe(begun.user_code);
  await page.getByRole("button", { name: "Go on" }).click();
  await page.getByRole("heading", { name: "Let Reelmark command line use Reelmark?" }).waitFor();
  // Nothing is wider than the phone.
  expect(await page.locator("body").evaluate((body) => body.scrollWidth <= 390)).toBe(true);
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByRole("heading", { name: "Done" }).waitFor();
  const grant = "urn:ietf:params:oauth:grant-type:device_code";
  const tokens = (await form("/oauth/token", {
    grant_type: grant,
    client_id: "reelmark-cli",
    device_code: begun.device_code ?? "",
  })) as { access_token: string };
  await app.api(tokens.access_token).listBrands({});
  await context.close();
});
