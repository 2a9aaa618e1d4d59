import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { realTime } from "../../client/backoff.ts";
import { main } from "../../client/cli/main.ts";
import { ApiError, createClient } from "../../client/index.ts";
import { cliSample } from "../../server/docs/samples/cli.ts";
import { curlSample } from "../../server/docs/samples/curl.ts";
import { pythonSample } from "../../server/docs/samples/python.ts";
import { sampleRequests } from "../../server/docs/samples/samples.ts";
import { typescriptSample } from "../../server/docs/samples/typescript.ts";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type FeedServer, feedServer } from "../sources/feed-server.ts";
import { givenFor, type SampleWorld } from "./sample-world.ts";
import { run, runCurl } from "./samples.ts";

/** Samples whose example cannot be good here, each with what is answered instead and why. */
const REFUSED: Readonly<Record<string, [status: number, why: string]>> = {
  verifyEmail: [401, "the token stands in a mail"],
  resetPassword: [401, "the token stands in a mail"],
  acceptInvitation: [403, "the token stands in a mail, and the address must be verified"],
  receiveStripeEvent: [401, "Stripe alone can sign its events"],
};
const requests = sampleRequests(reelmarkDocument());
let app: TestApp;
let serving: Serving;
let feeds: FeedServer;
let folder = "";
let world: SampleWorld;
beforeAll(async () => {
  app = await openTestApp({ role: "all" });
  serving = await serve({ fetch: (request, env) => app.app.fetch(request, env), host: "127.0.0.1", port: 0 });
  feeds = await feedServer();
  feeds.serve("/feed.xml", {
    body: `<?xml version="1.0"?><rss version="2.0"><channel><title>A feed</title><item><guid>one</guid>
      <title>First</title><enclosure url="${feeds.url("/coffee.mp4")}" type="video/mp4" length="9"/></item></channel></rss>`,
  });
  feeds.serve("/slow.xml", () => {});
  folder = await mkdtemp(join(tmpdir(), "samples-"));
  const bytes = await readFile(new URL("../fixtures/media/faststart.mp4", import.meta.url));
  await writeFile(join(folder, "nora-coffee.mp4"), bytes);
  world = {
    app,
    feeds,
    shared: await freshOrganization(app),
    kept: new Map(),
    file: new Blob([new Uint8Array(bytes)]),
  };
});
afterAll(async () => {
  await serving.close(1000);
  await feeds.close();
  await app.close();
  await rm(folder, { recursive: true, force: true });
});

/** The sample as a reader runs it: with ids of what they have, instead of the example's. */
const placed = (sample: string, instead: Readonly<Record<string, string>>) =>
  Object.entries(instead).reduce((text, [from, to]) => text.replaceAll(from, to), sample);

/** Runs every operation's sample, a few at a time, and tells those that answered otherwise than expected. */
async function unexpected(
  run: (id: string) => Promise<{ status: number; body: string }>,
  ids: readonly string[],
): Promise<string[]> {
  const wrong: string[] = [];
  const queue = [...ids];
  const work = async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const outcome = await run(id).catch((error: unknown) => ({ status: 0, body: String(error) }));
      const expected = REFUSED[id]?.[0];
      const fits = expected === undefined ? outcome.status >= 200 && outcome.status < 300 : outcome.status === expected;
      if (!fits) wrong.push(`${id}: ${outcome.status} ${outcome.body.slice(0, 300)}`);
    }
  };
  await Promise.all([work(), work(), work()]);
  return wrong;
}

test("2xx: every operation's curl sample does what it shows, on a live server", async () => {
  const run = async (id: string) => {
    const request = requests.get(id);
    if (!request) throw new Error(`There is no operation ${id}`);
    const sample = curlSample(request, `${serving.url}/api`);
    const { token, instead } = await givenFor(world, id, sample);
    const env = { REELMARK_TOKEN: token };
    return await runCurl(placed(sample, instead), { cwd: folder, env, ...(request.isStream && { seconds: 2 }) });
  };
  expect(await unexpected(run, [...requests.keys()])).toEqual([]);
}, 120_000);

/** Ends a sample that would go on for ever. */
const ENOUGH = new Error("Something came: that is enough");

/** The body of an async function, made of a sample without its imports. */
type Body = (create: typeof createClient, process: object, console: object, openAsBlob: object) => Promise<void>;
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (...parts: string[]) => Body;

test("2xx: every operation's TypeScript sample does what it shows, through the typed client", async () => {
  const run = async (id: string) => {
    const request = requests.get(id);
    if (!request) throw new Error(`There is no operation ${id}`);
    const sample = typescriptSample(request, `${serving.url}/api`);
    const { token, instead } = await givenFor(world, id, sample);
    const body = placed(sample, instead).replace(/^import .*\n/gm, "");
    const call = new AsyncFunction("createClient", "process", "console", "openAsBlob", body);
    let said = "nothing";
    try {
      await call(
        createClient,
        { env: { REELMARK_TOKEN: token } },
        {
          log: (value: unknown) => {
            said = JSON.stringify(value) ?? "undefined";
            if (request.isStream) throw ENOUGH;
          },
        },
        async () => world.file,
      );
    } catch (error) {
      if (error === ENOUGH) return { status: 200, body: said };
      if (error instanceof ApiError) return { status: error.status, body: error.message };
      throw error;
    }
    return { status: 200, body: said };
  };
  expect(await unexpected(run, [...requests.keys()])).toEqual([]);
}, 120_000);

/** Has a shell take a line apart, and runs the command line in this process: the status of its answer. */
async function runCommand(line: string, token: string): Promise<{ status: number; body: string }> {
  const script = `reelmark() { printf '%s\\0' "$REELMARK_URL" "$@"; }\n${line}`;
  const { stdout } = await run("bash", ["-euc", script], { cwd: folder });
  const [url = "", ...args] = stdout.split("\0").slice(0, -1);
  let said = "";
  const write = (text: string | Uint8Array) => (said += text);
  const code = await main([...args, "--output", "json", "--retries", "0"], {
    stdin: Readable.from([]),
    stdout: { write },
    stderr: { write },
    env: { REELMARK_URL: url, REELMARK_TOKEN: token },
    folder,
    signal: new AbortController().signal,
    fetch,
    timing: realTime,
    openPage: async () => false,
  });
  const status = code === 0 ? 200 : (JSON.parse(said) as { error: { status?: number } }).error.status;
  return { status: status ?? 0, body: `${args.join(" ")}: ${said}` };
}

test("2xx: every operation's command does what it shows, but for those that no person calls", async () => {
  const without: string[] = [];
  const run = async (id: string) => {
    const request = requests.get(id);
    const sample = request && cliSample(request, `${serving.url}/api`);
    if (sample === undefined) {
      without.push(id);
      return { status: REFUSED[id]?.[0] ?? 200, body: "" };
    }
    const { token, instead } = await givenFor(world, id, sample);
    // What stands in double quotes in JSON stands in single ones in a shell.
    const bare = Object.entries(instead).filter(([from]) => from.startsWith('"'));
    const shell = Object.fromEntries(bare.map((pair) => pair.map((text) => text.replace(/^"(.*)"$/, "'$1'"))));
    const here = { ...instead, ...shell, "nora-coffee.mp4": join(folder, "nora-coffee.mp4") };
    return await runCommand(placed(sample, here), token);
  };
  expect(await unexpected(run, [...requests.keys()])).toEqual([]);
  expect(without.toSorted()).toEqual(["downloadUpload", "putSignedUploadPart", "receiveStripeEvent", "streamEvents"]);
}, 120_000);

test("every operation's Python sample is Python", async () => {
  const samples = Object.fromEntries([...requests].map(([id, request]) => [id, pythonSample(request, serving.url)]));
  const script = `
import json, sys
for name, source in json.load(sys.stdin).items():
    compile(source, name, "exec")`;
  const { status, stderr } = await run("python3", ["-c", script], { cwd: folder, input: JSON.stringify(samples) });
  expect([status, stderr]).toEqual([0, ""]);
});
