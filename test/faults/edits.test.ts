import { spawn } from "node:child_process";
import { chmod, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

// All that the command makes stands in here, so that what it leaves can be seen.
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "edits-"));
  // PostgreSQL runs as another user when this runs as root, and must reach its folder.
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Runs the command to its end; `onText` sees what it has said so far, and may end it. */
function edits(
  args: readonly string[],
  onText: (text: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
) {
  const child = spawn(process.execPath, ["test/contract/mutants.ts", "--edits", ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text) => {
    out += text;
    onText(out, (signal) => child.kill(signal));
  });
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  return new Promise<{ status: number | null; out: string; err: string }>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, out, err }));
  });
}

test("a mistake in the real source is caught; Ctrl-C then ends the run, and leaves neither copies nor databases", async () => {
  let interrupted = false;
  const two = ["--only", "replay-is-200", "--only", "replay-without-location", "--jobs", "1"];
  const { status, out, err } = await edits(two, (text, kill) => {
    if (interrupted || !/^replay-is-200 .*\n/m.test(text)) return;
    interrupted = true;
    kill("SIGINT");
  });
  expect(err).toBe("");
  expect(out).toMatch(/^without a mistake, createBrand, seed 1: 0 findings, \d+ requests/m);
  expect(out).toMatch(/^replay-is-200 +undeclared_status createBrand /m);
  expect(out).toContain("caught 1 / planted 1, 1 not tried: interrupted");
  expect(status).toBe(1);
  expect(await readdir(folder)).toEqual([]);
}, 120_000);

test("an unknown name is named, and it exits 2", async () => {
  const { status, err } = await edits(["--only", "no such mistake"]);
  expect(err).toContain('There is no mistake "no such mistake"');
  expect(status).toBe(2);
});
