import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { bareEnvironment } from "../setup/environment.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** One JSON line of a server's log. */
export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** How a process ended, and all it said. */
export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

/** A program in a process of its own, as an operator runs it. */
export type ServerProcess = {
  readonly child: ChildProcess;
  readonly log: readonly LogLine[];
  readonly ended: Promise<Ended>;
  /** The first line of the log, past or future, that `matches`; rejects when the process ends without it. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends a signal, SIGTERM unless told, and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
};

export type Environment = Readonly<Record<string, string>>;

const undo: (() => unknown)[] = [];

/** Ends what the helpers of this file started, newest first. For `afterEach` or `afterAll`. */
export async function cleanUp(): Promise<void> {
  for (const one of undo.splice(0).reverse()) await one();
}

/** Has `work` done by `cleanUp`. */
export const later = (work: () => unknown): void => void undo.push(work);

/** A new folder that the unprivileged user of PostgreSQL can reach. */
export function temporaryFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-server-"));
  fs.chmodSync(folder, 0o755);
  later(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a program in the repository with these variables, and nothing else of ours, in its environment. */
export function launch(file: string, args: readonly string[], env: Environment): ServerProcess {
  const bare = bareEnvironment();
  const own = { ...bare, PATH: `${path.dirname(process.execPath)}${path.delimiter}${bare.PATH}` };
  const child = spawn(file, args, {
    cwd: root,
    env: { ...own, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log: LogLine[] = [];
  const said = { stdout: "", stderr: "" };
  const news = new EventEmitter().setMaxListeners(0);
  createInterface({ input: child.stdout }).on("line", (text) => {
    said.stdout += `${text}\n`;
    if (!text.startsWith("{")) return;
    // pino writes what the server's allow-list names; tests read single fields of it.
    log.push(JSON.parse(text) as LogLine);
    news.emit("line");
  });
  child.stderr.on("data", (chunk: Buffer) => {
    said.stderr += chunk.toString();
  });
  const ended = once(child, "close").then(([code, signal]): Ended => ({ code, signal, ...said }));
  void ended.then(() => news.emit("line"));
  const end = (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    return ended;
  };
  later(() => (child.exitCode === null && child.signalCode === null ? end() : undefined));
  return {
    child,
    log,
    ended,
    end,
    async line(matches) {
      for (;;) {
        const found = log.find(matches);
        if (found) return found;
        if (child.exitCode !== null || child.signalCode !== null) {
          const { stdout, stderr } = await ended;
          throw new Error(`the server ended first:\n${stdout}${stderr}`);
        }
        await once(news, "line");
      }
    },
  };
}
