import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import envPaths from "env-paths";
import { realTime, type Timing } from "../backoff.ts";

/** Where text goes. */
export type Sink = {
  write(text: string | Uint8Array): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
};

/** Everything that the command line touches, so that it also runs in another program, or in a test. */
export type Io = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that holds profiles and credentials. */
  readonly folder: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly timing: Timing;
  /** Shows a page in the browser; false where there is none. */
  openPage(url: string): Promise<boolean>;
};

/** The command that shows a URL on this system. None where nobody would see it. */
function opener({ env }: Pick<Io, "env">): readonly string[] | undefined {
  if (env.BROWSER === "none" || env.SSH_CONNECTION) return undefined;
  if (process.platform === "darwin") return ["open"];
  // `start` takes its first quoted word for a title.
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return env.DISPLAY || env.WAYLAND_DISPLAY ? ["xdg-open"] : undefined;
}

/** Only addresses of pages: what a server sends as one may be anything, and is given to another program. */
function openPage(url: string, env: Io["env"]): Promise<boolean> {
  const [program, ...args] = opener({ env }) ?? [];
  if (!program || !/^https?:\/\//.test(url)) return Promise.resolve(false);
  return new Promise((resolve) => {
    const child = spawn(program, [...args, url], { stdio: "ignore", detached: true });
    child.once("error", () => resolve(false));
    child.once("spawn", () => {
      child.unref();
      resolve(true);
    });
  });
}

/** This process. `signal` is aborted by Ctrl-C. */
export function processIo(signal: AbortSignal): Io {
  const { env } = process;
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env,
    folder: env.REELMARK_CONFIG_DIR || envPaths("reelmark", { suffix: "" }).config,
    signal,
    fetch: globalThis.fetch,
    timing: realTime,
    openPage: (url) => openPage(url, env),
  };
}
