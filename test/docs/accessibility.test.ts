import type { Server } from "node:http";
import axe from "axe-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { docsSite } from "../../server/docs/site.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { openDocs, serveFiles, type View } from "./browser.ts";

let url = "";
let server: Server;
beforeAll(async () => {
  ({ url, server } = await serveFiles(docsSite(reelmarkDocument(), () => url)));
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const PHONE = { width: 390, height: 844 };
const PLACES: readonly [hash: string, heading: string, view: View][] = [
  ["tag/guide-quickstart", "Quickstart", { colorScheme: "light" }],
  ["tag/guide-roles", "Roles", { ...PHONE, colorScheme: "dark" }],
  ["tag/brands/POST/v1/brands", "Create a brand", { colorScheme: "light" }],
];

test.each(PLACES)(
  "axe finds nothing at #%s, and nothing is wider than the screen",
  async (hash, heading, view) => {
    const docs = await openDocs(`${url}/docs#${hash}`, view);
    try {
      await docs.page.getByRole("heading", { name: heading, exact: true }).first().waitFor();
      // What Scalar leaves out is put right shortly after it has drawn: until then axe finds it.
      const findings = async () => {
        await docs.page.evaluate(axe.source);
        const found: axe.AxeResults = await docs.page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
        return found.violations.map(
          ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`,
        );
      };
      await expect.poll(findings, { timeout: 20_000, interval: 500 }).toEqual([]);
      const width = await docs.page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect(width).toBe(0);
      expect(docs.complaints).toEqual([]);
    } finally {
      await docs.close();
    }
  },
  60_000,
);
