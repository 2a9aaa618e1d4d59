import { readdirSync, readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { type Client, createClient } from "../../client/index.ts";
import { reelmarkDocument } from "../../spec/document.ts";
import { conformingFetch } from "../kit/conformance.ts";
import { type Ended, launch, type ServerProcess, temporaryFolder } from "../server/launch.ts";

const document = reelmarkDocument();

type Mail = { id: string; at: string; to: string; subject: string; text: string; action: { token: string } | null };
type Sent = {
  kind: "webhook" | "fetch";
  went: "here" | "there";
  url: string;
  headers: Record<string, string>;
  body: string | null;
  status: number | null;
};

/** What /sandbox/state says, as far as the tests read it. */
export type State = {
  version: string;
  clock: { now: string; ahead_seconds: number };
  mails: Mail[];
  requests: Sent[];
  payments: { what: string; status: string; url: string | null }[];
};

/** What `--json` prints. */
export type Greeting = {
  url: string;
  pid: number;
  credentials: {
    keys: Record<"owner" | "reader" | "other", { key: string }>;
    logins: Record<"owner" | "member" | "viewer" | "other", { email: string }>;
    password: string;
    webhook: { url: string; secret: string } | null;
  };
};

/** `npm run sandbox` in a process of its own, in a temporary folder of its own. */
export type SandboxProcess = {
  readonly process: ServerProcess;
  readonly temporary: string;
  end(signal?: NodeJS.Signals): Promise<Ended>;
};

/** Starts a sandbox without waiting for anything. */
export const launchSandbox = (...args: string[]): SandboxProcess => launchSandboxIn(temporaryFolder(), ...args);

/** Starts a sandbox whose temporary folder is this one. */
export function launchSandboxIn(temporary: string, ...args: string[]): SandboxProcess {
  const started = launch(process.execPath, ["scripts/sandbox.ts", "--port", "0", "--json", ...args], {
    TMPDIR: temporary,
  });
  return { process: started, temporary, end: started.end };
}

/** The process id of the PostgreSQL that runs in a temporary folder, or undefined before it does. */
export function postgresIn(temporary: string): number | undefined {
  const folder = readdirSync(temporary).find((name) => name.startsWith("reelmark-sandbox-"));
  if (folder === undefined) return undefined;
  try {
    const [pid] = readFileSync(join(temporary, folder, "postgres", "postmaster.pid"), "utf8").split("\n");
    return Number(pid);
  } catch {
    return undefined;
  }
}

/** Whether a process is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

export type Answer = { status: number; body: Record<string, unknown> };

export type RunningSandbox = SandboxProcess &
  Greeting & {
    /** A typed client over real HTTP, with every answer held to the contract. */
    api(token?: string): Client;
    /** Asks a control of the sandbox: a GET without a body, else a POST of it. */
    control(path: string, body?: object): Promise<Answer>;
    state(): Promise<State>;
    /** Any request, with any headers: a browser's and `fetch` choose some themselves. */
    raw(method: string, path: string, headers: Record<string, string>): Promise<Answer>;
  };

/** Waits until a sandbox says what it is called. */
export async function running(sandbox: SandboxProcess): Promise<RunningSandbox> {
  const line = await sandbox.process.line((one) => "credentials" in one);
  // The one line of JSON that it prints, whose form these tests hold it to.
  const greeting = line as unknown as Greeting;
  const { url } = greeting;
  const checked = conformingFetch(document, (one) => fetch(one));
  const answer = async (response: Response): Promise<Answer> => ({
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
  });
  return {
    ...sandbox,
    ...greeting,
    api: (token) =>
      createClient({
        baseUrl: `${url}/api`,
        retries: 0,
        fetch: async (one) => checked(one),
        ...(token ? { token } : {}),
      }),
    control: async (path, body) =>
      answer(
        await fetch(`${url}/sandbox/${path}`, body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
      ),
    state: async () => (await (await fetch(`${url}/sandbox/state`)).json()) as State,
    raw: (method, path, headers) =>
      new Promise((resolve, reject) => {
        const sent = request(`${url}${path}`, { method, headers }, async (response) => {
          let text = "";
          for await (const chunk of response) text += String(chunk);
          resolve({ status: response.statusCode ?? 0, body: text.startsWith("{") ? JSON.parse(text) : { text } });
        });
        sent.on("error", reject).end();
      }),
  };
}
