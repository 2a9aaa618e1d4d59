import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GUIDE_ORIGIN, readGuides } from "../../server/docs/guides.ts";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { commandsOf, differs, type Shown } from "./guides.ts";
import { run } from "./samples.ts";

/** The guides with commands in them, each followed from its top to its end by somebody who has just installed it. */
const NAMES = (await readdir(new URL("../../spec/guides/", import.meta.url)))
  .filter((file) => file.endsWith(".md"))
  .map((file) => file.slice(0, -3));
/** Guides that go on where the Quickstart ends: a key and a brand are there. */
const START = await commandsOf("quickstart");

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guides-"));
  await copyFile(new URL("../fixtures/media/faststart.mp4", import.meta.url), join(folder, "nora-coffee.mp4"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const MARK = "--- the next command ---";

/** Runs commands in one shell, as a reader does in one terminal: what each printed. */
async function follow(shown: readonly Shown[], origin: string): Promise<string[]> {
  const lines = shown.map(({ command }) => `${command.text.replaceAll(GUIDE_ORIGIN, origin)}\necho; echo '${MARK}'`);
  const { stdout, stderr, status } = await run("bash", ["-euo", "pipefail"], { cwd: folder, input: lines.join("\n") });
  const printed = stdout.split(`${MARK}\n`);
  if (status !== 0)
    throw new Error(`Command ${printed.length} of ${shown.length} failed (${status}): ${stderr}\n${stdout}`);
  return printed.map((text) => text.trim());
}

/** Why what was printed is not what the guide shows, or undefined. */
function wrong({ answer }: Shown, printed: string, origin: string): string | undefined {
  if (!answer) return undefined;
  const expected = answer.text.replaceAll(GUIDE_ORIGIN, origin);
  if (answer.language === "json") return differs(JSON.parse(expected), JSON.parse(printed));
  // The lines of a head: each shown must be there, with any value where the guide shows one that varies.
  const lines = printed.split(/\r?\n/).map((line) => line.toLowerCase());
  const absent = expected.split("\n").find((line) => {
    const [name = "", value = ""] = line.toLowerCase().split(": ");
    return !lines.some((real) => real === line.toLowerCase() || (value.includes("…") && real.startsWith(`${name}:`)));
  });
  return absent === undefined ? undefined : `"${absent}" is not in:\n${printed}`;
}

describe.each(NAMES)("the guide %s", (name) => {
  let app: TestApp | undefined;
  let serving: Serving | undefined;
  afterAll(async () => {
    await serving?.close(1000);
    await app?.close();
  });

  test("each command runs on a new server, and answers what is shown", async () => {
    const own = await commandsOf(name);
    if (own.length === 0) return;
    const opened = await openTestApp({ env: { SIGN_UP: "first-user-only", RATE_LIMIT_KEY: "60" }, role: "all" });
    app = opened;
    serving = await serve({ fetch: (request, env) => opened.app.fetch(request, env), host: "127.0.0.1", port: 0 });
    const all = name === "quickstart" ? own : [...START, ...own];
    const printed = await follow(all, serving.url);
    const complaints = all.flatMap((shown, index) => {
      const why = wrong(shown, printed[index] ?? "", serving?.url ?? "");
      return why === undefined ? [] : [`${name}.md:${shown.command.line} ${why}`];
    });
    expect(complaints).toEqual([]);
  }, 60_000);
});

test("every guide of the folder is on the page, and every one on the page has a title", async () => {
  const shown = (await readGuides()).map((guide) => guide.name);
  expect(shown.toSorted()).toEqual([...NAMES, "changelog"].toSorted());
});
