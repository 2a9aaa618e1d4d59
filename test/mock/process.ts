import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a finished script said, and its exit status (null when a signal ended it). */
export type Finished = { status: number | null; stdout: string; stderr: string };

function start(script: string, args: readonly string[]) {
  const child: ChildProcess = spawn(process.execPath, [`scripts/${script}.ts`, ...args], { cwd: root });
  const said = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk: Buffer) => {
    said.stdout += chunk.toString();
  });
  child.stderr?.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const ended = once(child, "close").then(([status]): Finished => ({ status, ...said }));
  return { child, said, ended };
}

/** Runs a script to its end. */
export function runScript(script: string, args: readonly string[]): Promise<Finished> {
  return start(script, args).ended;
}

/** A mock running in a process of its own, as `npm run mock` starts it. */
export type RunningMock = { url: string; greeting: string; interrupt(): Promise<Finished> };

/** Starts the mock of the document at `spec` on a free port and waits for its address. */
export async function runMock(spec: string): Promise<RunningMock> {
  const { child, said, ended } = start("mock", ["--port", "0", "--spec", spec]);
  const greeting = new Promise<string>((resolve, reject) => {
    child.stdout?.on("data", () => said.stdout.includes("Ctrl-C") && resolve(said.stdout));
    ended.then(({ stderr }) => reject(new Error(`the mock ended: ${stderr}`)), reject);
  });
  const text = await greeting;
  const url = /http:\/\/[^/\s]+/.exec(text)?.[0] ?? "";
  const interrupt = () => {
    child.kill("SIGINT");
    return ended;
  };
  return { url, greeting: text, interrupt };
}
