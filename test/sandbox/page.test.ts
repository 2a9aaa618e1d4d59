import axe from "axe-core";
import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cleanUp, later } from "../server/launch.ts";
import { launchSandbox, type RunningSandbox, running } from "./process.ts";

let sandbox: RunningSandbox;
let browser: Browser;
beforeAll(async () => {
  const executablePath = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
  const [started, opened] = await Promise.all([
    running(launchSandbox("--seed", "empty")),
    chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] }),
  ]);
  sandbox = started;
  browser = opened;
  later(() => browser.close());
});
afterAll(cleanUp);

test("the page shows what is sent as it is sent, moves the clock and resets, by keyboard and on a phone", async () => {
  const page = await browser.newPage({ viewport: { width: 390, height: 844 }, colorScheme: "dark" });
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${sandbox.url}/sandbox`);
  await page.evaluate(axe.source);
  const found: axe.AxeResults = await page.evaluate("axe.run(document, { resultTypes: ['violations'] })");
  expect(found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);

  const { owner } = sandbox.credentials.keys;
  await sandbox.api(owner.key).createInvitation({ body: { email: "ida.rhodes@example.com", role: "member" } });
  await page.getByText("ida.rhodes@example.com").first().waitFor();
  await page.locator("summary", { hasText: "ida.rhodes@example.com" }).press("Enter");
  await page.getByRole("button", { name: "Accept the invitation" }).first().press("Enter");
  await page.getByText("ida.rhodes@example.com signed up, and joined").waitFor();

  await page.getByRole("button", { name: "+ 7 days" }).press("Enter");
  await page.getByText("604,800 seconds ahead").waitFor();
  await page.getByRole("button", { name: "Reset everything" }).press("Enter");
  await page.getByText("the present", { exact: true }).waitFor();
  await expect.poll(() => page.getByText("ida.rhodes@example.com").count(), { timeout: 20_000 }).toBe(0);
  expect(complaints).toEqual([]);
});

test("without scripts its forms work as well", async () => {
  const page = await browser.newPage({ javaScriptEnabled: false });
  await page.goto(`${sandbox.url}/sandbox`);
  await page.getByRole("button", { name: "+ 1 hour" }).click();
  await page.waitForURL(`${sandbox.url}/sandbox`);
  expect(await page.getByText("3,600 seconds ahead").count()).toBe(1);
});
