import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { until } from "../setup/support.ts";

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "reelmark-pty-"));
const entry = join(import.meta.dirname, "../../client/cli/reelmark.ts");
/** A tmux server of its own, so that no session of anybody else is seen or touched. */
const tmux = async (...args: string[]) => (await run("tmux", ["-u", "-S", join(folder, "tmux"), ...args])).stdout;

let place: TestApp;
let server: Serving;
let org: TestOrganization;
/** Parts wait for it, so that a bar can be seen half way. */
const gate = { open: Promise.withResolvers<void>() };

beforeAll(async () => {
  // An upload in parts is ready when a job has looked at it.
  place = await openTestApp({ role: "all" });
  org = await freshOrganization(place);
  let parts = 0;
  const slow = async (request: Request) => {
    if (request.method === "PUT" && ++parts > 1) await gate.open.promise;
    return place.fetch(request);
  };
  server = await serve({ fetch: slow, host: "127.0.0.1", port: 0 });
  const rc = [
    `reelmark() { "${process.execPath}" "${entry}" "$@"; }`,
    `export REELMARK_URL=${server.url} REELMARK_CONFIG_DIR=${folder}/config BROWSER=none`,
    "unset NO_COLOR REELMARK_TOKEN",
    "PS1='$ '",
  ];
  writeFileSync(join(folder, "rc"), `${rc.join("\n")}\n`);
  await tmux("-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "40", `bash --rcfile ${folder}/rc`);
});
afterAll(async () => {
  gate.open.resolve();
  await tmux("kill-server").catch(() => undefined);
  await server.close(0);
  await place.close();
  rmSync(folder, { recursive: true, force: true });
});

const screen = (...flags: string[]) => tmux("capture-pane", "-p", ...flags);
const keys = (...names: string[]) => tmux("send-keys", ...names);
/** Types a line on an empty screen. */
async function type(line: string): Promise<void> {
  // At once, so that nothing of what came before is taken for its output.
  await tmux("send-keys", "-R");
  await tmux("send-keys", "-l", `clear; ${line}`);
  await keys("Enter");
}
const shows = (pattern: RegExp) =>
  until(async () => {
    const text = await screen();
    return pattern.test(text) && text;
  });

test("a key is typed without being shown, and is then used", async () => {
  const { key } = await org.key();
  await type("reelmark login --with-token");
  await shows(/API key \(it is not shown\):/);
  await tmux("send-keys", "-l", key);
  await keys("Enter");
  const text = await shows(/Logged in as Test Owner for Test Studio/);
  expect(text).not.toContain(key.slice(0, 12));
});

test("a list is a table with a bold head on a terminal, without colours where NO_COLOR is set", async () => {
  await org.api.createBrand({ body: { name: "Orange \u{1f4f9} Cat", slug: "orange-cat" } });
  await type("reelmark brands list");
  const text = await shows(/orange-cat/);
  expect(text).toMatch(/^ID\s+NAME\s+SLUG\s+STATUS/m);
  expect(await screen("-e")).toContain("\u001b[1mID");
  await type("NO_COLOR=1 reelmark brands list");
  await shows(/orange-cat/);
  expect(await screen("-e")).not.toContain("\u001b[1m");
  await type("reelmark brands list | head -c 20");
  await shows(/"data"/);
});

test("an upload has a bar, and leaves its line to the answer", async () => {
  const file = join(folder, "large.txt");
  writeFileSync(file, Buffer.alloc(20 * 1024 ** 2, "reelmark\n"));
  await type(`reelmark uploads create --file ${file}; echo "exit $?"`);
  await shows(/█+░+\s+\d+ %\s+large\.txt/);
  gate.open.resolve();
  const text = await shows(/exit 0/);
  expect(text).toMatch(/filename\s+large\.txt/);
  expect(text).not.toContain("░");
});

test("Ctrl-C ends listening well, and any other command with 130; an error is red", async () => {
  await type('reelmark listen --forward http://127.0.0.1:1/hook; echo "exit $?"');
  await shows(/Ctrl-C ends it/);
  await pause(100);
  await keys("C-c");
  await shows(/exit 0/);
  await type('reelmark login --with-token; echo "exit $?"');
  await shows(/not shown/);
  await keys("C-c");
  await shows(/exit 130/);
  await type('reelmark brands get brd_0; echo "exit $?"');
  await shows(/exit 7/);
  expect(await screen("-e")).toContain("\u001b[31merror:");
});
