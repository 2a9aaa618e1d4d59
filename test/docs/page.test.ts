import { readFile } from "node:fs/promises";
import type { Server } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenApiDocument } from "../../server/docs/document.ts";
import { docsPage } from "../../server/docs/page.ts";
import { docsSite } from "../../server/docs/site.ts";
import { openDocs, serveFiles } from "./browser.ts";
import { document } from "./document.ts";

let url = "";
let server: Server;

beforeAll(async () => {
  ({ url, server } = await serveFiles(docsSite(document, () => "http://reelmark.test")));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

describe("the reference in a browser", () => {
  test("shows the operations and asks no other host for anything", async () => {
    const docs = await openDocs(`${url}/docs`);
    try {
      await docs.page.getByRole("heading", { name: "Create a brand" }).waitFor();
      await docs.page.waitForLoadState("networkidle");
      expect(docs.outside).toEqual([]);
      expect(docs.complaints).toEqual([]);
      expect(await docs.page.title()).toBe("Reelmark");
      const text = await docs.page.locator("body").innerText();
      // Samples are ours alone: what Scalar makes up in other languages nobody has run.
      for (const absent of ["Ask AI", "Open API Client", "Generate MCP", "Loading the reference", "Client Libraries"]) {
        expect(text).not.toContain(absent);
      }
    } finally {
      await docs.close();
    }
  });

  test("shows the contract itself, section by section", async () => {
    const contract: OpenApiDocument = JSON.parse(await readFile("spec/openapi.json", "utf8"));
    const real = await serveFiles(docsSite(contract, () => "http://reelmark.test"));
    const docs = await openDocs(`${real.url}/docs#tag/brands`);
    try {
      await docs.page.getByRole("heading", { name: "Create a brand" }).waitFor();
      expect(docs.outside).toEqual([]);
      expect(docs.complaints).toEqual([]);
    } finally {
      await docs.close();
      real.server.close();
      real.server.closeAllConnections();
    }
  });

  test("shows guides whole to those who scroll, where Scalar would cut them after a few lines", async () => {
    const docs = await openDocs(`${url}/docs`);
    const hidden = `(() => { const { scrollHeight, clientHeight } =
      document.querySelector('section[id*="/tag/guide-quickstart"] .markdown'); return scrollHeight - clientHeight; })()`;
    try {
      await docs.page.getByText("That is the first result.").waitFor();
      expect(await docs.page.evaluate(hidden)).toBe(0);
    } finally {
      await docs.close();
    }
  });

  test("follows the system's colours", async () => {
    const schemes = ["light", "dark"] as const;
    const seen = [];
    for (const colorScheme of schemes) {
      const docs = await openDocs(`${url}/docs/`, { colorScheme });
      seen.push(await docs.page.locator("body").getAttribute("class"));
      await docs.close();
    }
    expect(seen).toEqual([expect.stringContaining("light-mode"), expect.stringContaining("dark-mode")]);
  });

  test("fits a phone: nothing is wider than the screen", async () => {
    const docs = await openDocs(`${url}/docs`, { width: 390, height: 844 });
    const width = await docs.page.evaluate("document.documentElement.scrollWidth");
    await docs.close();
    expect(width).toBe(390);
  });

  test("its policy stops a request to another host before it is made", async () => {
    const docs = await openDocs(`${url}/docs`);
    const outcome = await docs.page.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'stopped')");
    await docs.close();
    expect(outcome).toBe("stopped");
    expect(docs.outside).toEqual([]);
    expect(docs.complaints.join()).toContain("Content Security Policy");
  });

  test("sends what is tried to this very server, with the credential that was typed", async () => {
    const seen: { path: string | undefined; authorization: string | undefined }[] = [];
    server.on("request", ({ url: path, headers }) =>
      seen.push({ path: path?.split("?")[0], authorization: headers.authorization }),
    );
    const docs = await openDocs(`${url}/docs#tag/brands`);
    try {
      await docs.page.getByPlaceholder("Token").first().fill("rm_typed");
      await docs.page
        .getByRole("button", { name: /Test Request.*brands/ })
        .first()
        .click();
      await docs.page.getByRole("button", { name: /^Send/ }).first().click();
      await expect.poll(() => seen).toContainEqual({ path: "/api/v1/brands", authorization: "Bearer rm_typed" });
      expect(docs.outside).toEqual([]);
    } finally {
      await docs.close();
    }
  });
});

describe("the page", () => {
  const page = docsPage({ documentUrl: "/openapi.json", scriptUrl: "/scalar.js" });

  test("names no other host anywhere, but an XML namespace", () => {
    expect(page.text.replaceAll("http%3A%2F%2Fwww.w3.org%2F2000%2Fsvg", "")).not.toMatch(
      /(https?:|https?%3A|src="|href=")\/\//,
    );
  });

  test("lets connect to one more host when the API is elsewhere", () => {
    const elsewhere = docsPage({ documentUrl: "d", scriptUrl: "s", apiOrigin: "https://api.example.com" });
    expect(elsewhere.headers["content-security-policy"]).toContain("connect-src 'self' https://api.example.com;");
    expect(page.headers["content-security-policy"]).toContain("connect-src 'self';");
  });

  test("no title or address can end its script or its attributes", () => {
    const hostile = `</script><script>alert(1)</script>" onload="x`;
    const { text } = docsPage({ documentUrl: hostile, scriptUrl: hostile, title: hostile });
    expect(text.match(/<script/g)).toHaveLength(2);
    expect(text).not.toContain('" onload="x"');
  });
});
