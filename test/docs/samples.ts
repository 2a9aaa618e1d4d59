import { spawn } from "node:child_process";
import { once } from "node:events";

/** What a command did. */
export type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a program to its end with `env` over this process's own; `input` is its standard input. */
export async function run(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: Readonly<Record<string, string>>; input?: string },
): Promise<Ran> {
  const child = spawn(file, args, { cwd: options.cwd, env: { ...process.env, ...options.env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A program may end without reading what it is given.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [status] = await once(child, "close");
  return { status: typeof status === "number" ? status : null, stdout, stderr };
}

/**
 * A curl command as it stands, and the status of its answer: the command itself says nothing of it. One whose answer goes on
 * for ever is ended after `seconds`.
 */
export async function runCurl(
  command: string,
  options: { cwd: string; env: Readonly<Record<string, string>>; seconds?: number },
): Promise<{ status: number; body: string }> {
  const until = options.seconds === undefined ? "" : `--max-time ${options.seconds}`;
  const script = `curl() { command curl ${until} -w '\\n%{http_code}' "$@" || [ $? = 28 ]; }\n${command}`;
  const { stdout, stderr, status } = await run("bash", ["-c", script], options);
  const at = stdout.lastIndexOf("\n");
  const code = Number(stdout.slice(at + 1));
  if (status !== 0 || !Number.isInteger(code)) throw new Error(`This does not run (${status}):\n${command}\n${stderr}`);
  return { status: code, body: stdout.slice(0, at) };
}
