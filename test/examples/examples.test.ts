import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openProject, type Project } from "./project.ts";
import { TARGETS, type Target } from "./targets.ts";

let project: Project;
let browser: Browser;
beforeAll(async () => {
  project = await openProject();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
});
afterAll(async () => {
  await browser?.close();
  await project?.close();
});

describe.each(TARGETS)("against %s", (_name, open) => {
  let target: Target;
  let env: Record<string, string>;
  beforeAll(async () => {
    target = await open(project.origin);
    env = { REELMARK_URL: target.url, REELMARK_TOKEN: target.key };
  });
  afterAll(() => target?.close());

  test("the Node script makes what is missing, waits for the sync, and lists posts; a second run makes nothing", async () => {
    const first = await project.run("first-sync.mjs", [target.feed], env);
    expect(first.err).toBe("");
    const lines = first.out.trim().split("\n");
    expect(lines[0]).toBe(`Orange Cat Coffee / Studio Nora: ${target.feed}`);
    expect(lines.filter((line) => /^ {2}(pending|running|completed) \d+ %$/.test(line)).at(-1)).toContain(
      "completed 100 %",
    );
    expect(first.out).toMatch(/^[1-9]\d* new$/m);
    expect(lines.filter((line) => line.startsWith("- "))).not.toEqual([]);
    const again = await project.run("first-sync.mjs", [target.feed], env);
    expect([again.code, again.err]).toEqual([0, ""]);
    expect(again.out).toContain(target.isReal ? "\n0 new\n" : " new\n");
  });

  test("the page shows brands with their personas, and makes one more", async () => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
    await page.goto(`${project.origin}/brands.html#${new URLSearchParams({ url: target.url, key: target.key })}`);
    await page.locator('.brands[aria-busy="false"]').waitFor({ timeout: 20_000 });
    const brand = page.locator(".brands > li", { has: page.getByRole("heading", { name: "Orange Cat Coffee" }) });
    await brand.getByText("Studio Nora").waitFor();
    await page.getByLabel("Persona").fill("Mira");
    await page.getByRole("button", { name: "Create" }).click();
    // Emptied when the server has taken it.
    await expect.poll(() => page.getByLabel("Persona").inputValue()).toBe("");
    expect(await page.getByRole("alert").textContent()).toBe("");
    if (target.isReal) {
      await brand.getByText("Mira").waitFor();
      await page.getByLabel("Persona").fill("Mira");
      await page.getByRole("button", { name: "Create" }).click();
      await page.getByRole("alert").filter({ hasText: "createPersona: 409 CONFLICT" }).waitFor();
    }
    // The browser's own line about a 409.
    expect(complaints.filter((text) => !/status of 409/.test(text))).toEqual([]);
    await page.close();
  });

  test("the Python script reports the week", async () => {
    const { code, out, err } = await project.run("weekly_report.py", ["--days", "3000"], env);
    expect([code, err]).toEqual([0, ""]);
    expect(out).toMatch(/^# The 3000 days to \d\d \w+ \d{4}\n/);
    const part = out.split("\n## ").find((one) => one.startsWith("Orange Cat Coffee\n"));
    expect(part).toMatch(/- \*\*Studio Nora\*\*: [1-9]\d* new posts\n {2}- \S/);
    expect(out).toMatch(/\nCredits: \d+ left, \d+ spent this month\.\n$/);
  });

  test("a key that is no good is said in a sentence, but by a mock, which takes any", async () => {
    if (!target.isReal)
      return expect((await project.run("weekly_report.py", [], { ...env, REELMARK_TOKEN: "x" })).code).toBe(0);
    const wrong = { ...env, REELMARK_TOKEN: `rm_${"0".repeat(64)}` };
    for (const file of ["first-sync.mjs", "weekly_report.py"]) {
      const { code, out, err } = await project.run(file, [], wrong);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toMatch(/401 INVALID_API_KEY: .+ \(req_\w+\)\n$/);
    }
  });
});
