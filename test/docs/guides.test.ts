import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GUIDE_ORIGIN, readGuides } from "../../server/docs/guides.ts";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { type RunningMock, runMock } from "../mock/process.ts";
import { launchSandbox, running } from "../sandbox/process.ts";
import { cleanUp } from "../server/launch.ts";
import { openTestApp, type TestApp } from "../setup/app.ts";
import { freePort } from "../setup/port.ts";
import { type FeedServer, feedServer, rss } from "../sources/feed-server.ts";
import { commandsOf, differs, type Shown } from "./guides.ts";
import { run } from "./samples.ts";

const NAMES = (await readdir(new URL("../../spec/guides/", import.meta.url)))
  .filter((file) => file.endsWith(".md"))
  .map((file) => file.slice(0, -3));
/** The guides with commands in them, each followed from its top to its end by somebody who has just installed it. */
const FOLLOWED: string[] = [];
for (const name of NAMES) if ((await commandsOf(name)).length > 0) FOLLOWED.push(name);
/** Guides that go on where the Quickstart ends: a key and a brand are there. */
const START = await commandsOf("quickstart");

let folder = "";
let feeds: FeedServer;
beforeAll(async () => {
  feeds = await feedServer();
  const items = ["one", "two", "three"].map((guid) => [guid, `Coffee, part ${guid}`] as const);
  feeds.serve("/coffee.xml", { body: rss(items) });
  folder = await mkdtemp(join(tmpdir(), "guides-"));
  await copyFile(new URL("../fixtures/media/faststart.mp4", import.meta.url), join(folder, "nora-coffee.mp4"));
});
afterAll(async () => {
  await feeds.close();
  await rm(folder, { recursive: true, force: true });
});

/** Puts real addresses in the place of those that a guide speaks of. */
type Placed = (text: string) => string;

const MARK = "--- the next command ---";

/** Runs commands in one shell, as a reader does in one terminal: what each printed. */
async function follow(shown: readonly Shown[], placed: Placed): Promise<string[]> {
  const lines = shown.map(({ command }) => `${placed(command.text)}\necho; echo '${MARK}'`);
  const { stdout, stderr, status } = await run("bash", ["-euo", "pipefail"], { cwd: folder, input: lines.join("\n") });
  const printed = stdout.split(`${MARK}\n`);
  if (status !== 0)
    throw new Error(`Command ${printed.length} of ${shown.length} failed (${status}): ${stderr}\n${stdout}`);
  return printed.map((text) => text.trim());
}

/** Why what was printed is not what the guide shows, or undefined. */
function wrong({ answer }: Shown, printed: string, placed: Placed): string | undefined {
  if (!answer) return undefined;
  const expected = placed(answer.text);
  if (answer.language === "json") {
    if (!/^[[{]/.test(printed)) return `no JSON was printed, but: ${printed}`;
    return differs(JSON.parse(expected), JSON.parse(printed));
  }
  // The lines of a head: each shown must be there, with any value where the guide shows one that varies.
  const lines = printed.split(/\r?\n/).map((line) => line.toLowerCase());
  const absent = expected.split("\n").find((line) => {
    const [name = "", value = ""] = line.toLowerCase().split(": ");
    return !lines.some((real) => real === line.toLowerCase() || (value.includes("…") && real.startsWith(`${name}:`)));
  });
  return absent === undefined ? undefined : `"${absent}" is not in:\n${printed}`;
}

describe.each(FOLLOWED)("the guide %s", (name) => {
  let app: TestApp | undefined;
  let serving: Serving | undefined;
  let mock: RunningMock | undefined;
  afterAll(async () => {
    await cleanUp();
    await mock?.interrupt();
    await serving?.close(1000);
    await app?.close();
  });

  test("each command runs on a new server, and answers what is shown", async () => {
    const own = await commandsOf(name);
    const port = await freePort();
    const opened = await openTestApp({
      env: { SIGN_UP: "first-user-only", RATE_LIMIT_KEY: "60" },
      publicUrl: `http://127.0.0.1:${port}`,
      role: "all",
    });
    app = opened;
    serving = await serve({ fetch: (request, env) => opened.app.fetch(request, env), host: "127.0.0.1", port });
    const all = name === "quickstart" ? own : [...START, ...own];
    if (name === "mock") mock = await runMock("spec/openapi.json");
    const sandbox = name === "sandbox" ? await running(launchSandbox()) : undefined;
    const addresses = [
      [GUIDE_ORIGIN, serving.url],
      ["http://127.0.0.1:4010", mock?.url ?? ""],
      ["http://127.0.0.1:4020", sandbox?.url ?? ""],
      ["https://feeds.example.com/coffee.xml", feeds.url("/coffee.xml")],
      ["https://hooks.example.com/reelmark", feeds.url("/hook")],
    ] as const;
    const placed: Placed = (text) => addresses.reduce((whole, [from, to]) => whole.replaceAll(from, to), text);
    const printed = await follow(all, placed);
    const complaints = all.flatMap((shown, index) => {
      const why = wrong(shown, printed[index] ?? "", placed);
      return why === undefined ? [] : [`${name}.md:${shown.command.line} ${why}`];
    });
    expect(complaints).toEqual([]);
  }, 60_000);
});

test("every guide of the folder is on the page, and every one on the page has a title", async () => {
  const shown = (await readGuides()).map((guide) => guide.name);
  expect(shown.toSorted()).toEqual([...NAMES, "changelog"].toSorted());
});
