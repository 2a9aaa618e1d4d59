import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { EventEmitter, once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type Client, createClient } from "../../client/index.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { conformingFetch } from "../kit/conformance.ts";
import { ALL_SCOPES } from "../setup/app.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const document = reelmarkDocument();

/** One JSON line of a server's log. */
export type LogLine = { readonly level: string; readonly msg: string; readonly [field: string]: unknown };

/** How a process ended, and all it said. */
export type Ended = { code: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string };

/** A server in a process of its own, as an operator runs it. */
export type ServerProcess = {
  readonly child: ChildProcess;
  readonly log: readonly LogLine[];
  readonly ended: Promise<Ended>;
  /** The first line of the log, past or future, that `matches`; rejects when the process ends without it. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends a signal, SIGTERM unless told, and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<Ended>;
};

export type RunningServer = ServerProcess & {
  readonly url: string;
  /** A typed client over real HTTP, with every answer held to the contract. */
  api(token?: string): Client;
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

/** An ENCRYPTION_KEY with this id. */
export const encryptionKey = (id = "k1"): string => `${id}:${randomBytes(32).toString("base64")}`;

const DEFAULTS: Environment = {
  PORT: "0",
  METRICS_PORT: "0",
  SIGN_UP: "open",
  RESPONSE_CHECK: "check",
  RATE_LIMIT_KEY: "1000000",
  RATE_LIMIT_SESSION: "1000000",
  RATE_LIMIT_PUBLIC: "1000000",
  RATE_LIMIT_FAILURES: "0",
};

/** Starts a program in the repository with these variables, and nothing else of ours, in its environment. */
export function launch(file: string, args: readonly string[], env: Environment): ServerProcess {
  const { PATH = "", HOME = "" } = process.env;
  const own = { PATH: `${path.dirname(process.execPath)}${path.delimiter}${PATH}`, HOME };
  const child = spawn(file, args, {
    cwd: root,
    env: { ...own, ...DEFAULTS, ...env },
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

/** Starts `server/main.ts` without waiting for anything. */
export const launchServer = (env: Environment): ServerProcess => launch(process.execPath, ["server/main.ts"], env);

/** Starts a server and waits until it is ready. */
export async function startServer(env: Environment): Promise<RunningServer> {
  return ready(launchServer(env));
}

/** Waits until a process says that it is ready. */
export async function ready(server: ServerProcess): Promise<RunningServer> {
  const { url } = await server.line(({ msg }) => msg === "Reelmark is ready");
  const address = String(url);
  const checked = conformingFetch(document, (request) => fetch(request));
  const api = (token?: string) =>
    createClient({ baseUrl: `${address}/api`, fetch: async (r) => checked(r), ...(token ? { token } : {}) });
  return { ...server, url: address, api };
}

/** Starts a server that is expected to refuse, and waits for its end. */
export const refusedServer = (env: Environment): Promise<Ended> => launchServer(env).ended;

export const PASSWORD = "correct horse battery staple";

/** Signs the first user of a server up and makes an API key with all scopes. */
export async function freshKey({ api }: RunningServer): Promise<{ key: string; token: string; email: string }> {
  const email = `owner-${randomBytes(6).toString("hex")}@reelmark.example`;
  const body = { email, password: PASSWORD, name: "Test Owner", organization_name: "Test Studio" };
  const { access_token: token } = await api().signUp({ body });
  const { key } = await api(token).createApiKey({ body: { label: "test", scopes: [...ALL_SCOPES] } });
  return { key, token, email };
}
