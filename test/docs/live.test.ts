import { afterAll, beforeAll, expect, test } from "vitest";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { openDocs } from "./browser.ts";

let reelmark: TestApp;
let serving: Serving;
beforeAll(async () => {
  reelmark = await openTestApp();
  serving = await serve({ fetch: (request, env) => reelmark.app.fetch(request, env), host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await serving.close(1000);
  await reelmark.close();
});

test("200: the live server's reference makes a call with a key, and asks no other host", async () => {
  const { key } = await (await freshOrganization(reelmark)).key(["profile:read"]);
  const docs = await openDocs(`${serving.url}/docs#tag/profile`);
  try {
    await docs.page.getByPlaceholder("Token").first().fill(key);
    await docs.page.getByRole("button", { name: /Test Request.*get \/v1\/profile/i }).click();
    const answered = docs.page.waitForResponse(`${serving.url}/api/v1/profile`);
    await docs.page.getByRole("button", { name: /^Send/ }).first().click();
    const answer = await answered;
    expect(answer.status()).toBe(200);
    expect(await answer.json()).toMatchObject({ credential: { kind: "api_key", scopes: ["profile:read"] } });
    // What the reader sees, not only what was sent.
    await docs.page.getByText("200 OK").first().waitFor();
    expect(docs.outside).toEqual([]);
    expect(docs.complaints).toEqual([]);
  } finally {
    await docs.close();
  }
}, 60_000);
