import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import type { Account } from "./account.ts";

/** A data directory as an argument for PostgreSQL's programs, with the descriptor that it may stand on. */
export type Folder = { argument: string; descriptor: number | undefined; close(): void };

// PostgreSQL cuts paths at 1,024 bytes (MAXPGPATH), its own file names included.
const LONGEST_PATH = 900;

/**
 * Opens a data directory for PostgreSQL's programs. On Linux, one whose path is too long, or whose parents may be
 * closed to the account (a clone under /root), is handed over as an open descriptor: /proc/self/fd/3 leads there
 * without walking the path.
 */
export function openFolder(folder: string, account: Account | undefined): Folder {
  const direct = process.platform !== "linux" || (!account && Buffer.byteLength(folder) <= LONGEST_PATH);
  if (direct) return { argument: folder, descriptor: undefined, close() {} };
  const descriptor = fs.openSync(folder, "r");
  return { argument: "/proc/self/fd/3", descriptor, close: () => fs.closeSync(descriptor) };
}

/** How a program of PostgreSQL is started: as whom, on which folder, and where its output goes. */
export type Launch = { account: Account | undefined; folder: Folder; output: "pipe" | number; detached?: boolean };

/** Starts a program of PostgreSQL with a bare environment: it must not know the server's secrets, nor PG* variables. */
export function launch(program: string, args: string[], { account, folder, output, detached }: Launch): ChildProcess {
  const descriptors = folder.descriptor === undefined ? [] : [folder.descriptor];
  return spawn(program, args, {
    ...(account ? { uid: account.uid, gid: account.gid } : {}),
    cwd: path.parse(process.execPath).root,
    env: bareEnvironment(),
    stdio: [output === "pipe" ? "pipe" : "ignore", output, output, ...descriptors],
    windowsHide: true,
    detached: detached ?? false,
  });
}

/** Runs a program of PostgreSQL to its end with `input` as standard input. Resolves its exit code and all it printed. */
export async function runToEnd(
  program: string,
  args: string[],
  how: Omit<Launch, "output">,
  input = "",
): Promise<{ code: number | null; output: string }> {
  const child = launch(program, args, { ...how, output: "pipe" });
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  child.stderr?.on("data", (chunk) => (output += chunk));
  child.stdin?.on("error", () => {}); // it may end before it read everything; its exit code tells
  child.stdin?.end(input);
  return await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** The last lines of a program's output, indented for an error message. */
export function lastLines(text: string, count = 12): string {
  const lines = text.trimEnd().split("\n").slice(-count);
  return lines.map((line) => `  ${line}`).join("\n");
}

function bareEnvironment(): NodeJS.ProcessEnv {
  const kept = ["PATH", "LD_LIBRARY_PATH", "SystemRoot", "SystemDrive", "TMPDIR", "TEMP", "TMP"];
  // biome-ignore lint/style/noProcessEnv: no configuration is read here; the system's own variables are passed on.
  const inherited = Object.entries(process.env).filter(([name]) => kept.includes(name));
  return { ...Object.fromEntries(inherited), LC_ALL: "C", TZ: "UTC" };
}
