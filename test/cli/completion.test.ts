import { execFile } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { shell } from "./terminal.ts";

/** The words that could come next. */
async function next(...words: string[]): Promise<string[]> {
  const { code, out } = await shell(undefined)("complete", "--", ...words);
  expect(code).toBe(0);
  return out.split("\n").flatMap((line) => line.split("\t")[0] || []);
}

test("commands, their verbs, flags, choices, and the last of a list", async () => {
  expect(await next("per")).toEqual(["personas"]);
  expect(await next("personas", "")).toEqual(["list", "create", "get", "update", "delete", "sync"]);
  expect(await next("organization", "members", "r")).toEqual(["remove"]);
  expect(await next("personas", "create", "--b")).toEqual(["--brand-id", "--bio", "--body"]);
  expect(await next("personas", "list", "--status", "")).toEqual(["active", "archived"]);
  expect(await next("personas", "list", "--output", "y")).toEqual(["yaml"]);
  expect(await next("api-keys", "create", "--scopes", "brands:read,bra")).toEqual(["brands:read,brands:write"]);
  expect(await next("personas", "list", "--status=ar")).toEqual(["--status=archived"]);
  expect(await next("open", "")).toEqual(["docs", "console"]);
  expect(await next("listen", "--events", "sync.")).toEqual(["sync.completed", "sync.failed"]);
});

test("a flag that was given is not offered again, and a value is not taken for a command", async () => {
  expect(await next("personas", "create", "--name", "list", "--na")).toEqual([]);
  expect(await next("brands", "get", "--output", "json", "")).toEqual([]);
});

test("bash completes with it, scopes with their colons too", async () => {
  const folder = mkdtempSync(join(tmpdir(), "reelmark-bash-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const program = join(folder, "reelmark");
  const entry = join(import.meta.dirname, "../../client/cli/reelmark.ts");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${entry}" "$@"\n`);
  chmodSync(program, 0o755);
  const lines = [
    "reelmark person",
    "reelmark api-keys create --scopes brands:re",
    "reelmark brands ",
    "reelmark personas list --status=a",
  ];
  const script = `
    source <(reelmark completion bash)
    for COMP_LINE in ${lines.map((line) => `'${line}'`).join(" ")}; do
      COMP_POINT=\${#COMP_LINE}; _reelmark; echo "\${COMPREPLY[*]}"
    done`;
  const env = { ...process.env, PATH: `${folder}:${process.env.PATH}`, REELMARK_CONFIG_DIR: folder };
  const { stdout } = await promisify(execFile)("bash", ["--norc", "-c", script], { env });
  expect(stdout.trimEnd().split("\n")).toEqual([
    "personas",
    "read",
    "list create get update delete reorder",
    "active archived",
  ]);
});

test("the scripts of other shells are printed, and there is none for an unknown one", async () => {
  const run = shell(undefined);
  expect((await run("completion", "zsh")).out).toContain("#compdef reelmark");
  expect((await run("completion", "fish")).out).toContain("complete -c reelmark");
  expect(await run("completion", "tcsh")).toMatchObject({ code: 2 });
});
