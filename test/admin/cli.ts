import { spawn } from "node:child_process";
import pg from "pg";
import { vi } from "vitest";
import { admin } from "../../scripts/admin/main.ts";
import type { SealingKeys } from "../../server/kit/seal.ts";
import { bareEnvironment } from "../setup/environment.ts";

/** What the test app seals with (test/setup/app.ts). */
export const TEST_KEY = { id: "test", key: Buffer.alloc(32, 7) };

/** Keys as ENCRYPTION_KEY names them. */
const asSetting = (keys: SealingKeys): string => keys.map(({ id, key }) => `${id}:${key.toString("base64")}`).join(",");

export type Run = { code: number | null; out: string; err: string };
type Options = { env?: Record<string, string>; stdin?: string };

/** Starts the real command in a process of its own, with nothing else of ours in its environment. */
export function start(args: readonly string[], { env = {}, stdin = "" }: Options) {
  const child = spawn(process.execPath, ["scripts/admin.ts", ...args], { env: { ...bareEnvironment(), ...env } });
  const run: Run = { code: null, out: "", err: "" };
  child.stdout.on("data", (chunk) => (run.out += chunk));
  child.stderr.on("data", (chunk) => (run.err += chunk));
  // A command that is wrong already ends without reading.
  child.stdin.on("error", () => {}).end(stdin);
  const ended = new Promise<Run>((resolve) => child.once("close", (code) => resolve({ ...run, code })));
  return { child, ended };
}

/** The same command in this process, which is quicker: for what it says of wrong words, not for what it does. */
export async function startHere(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Run> {
  const run: Run = { code: null, out: "", err: "" };
  const said = (name: "out" | "err") => (text: string) => {
    run[name] += `${text}\n`;
  };
  const spies = [vi.spyOn(console, "log").mockImplementation(said("out"))];
  spies.push(vi.spyOn(console, "error").mockImplementation(said("err")));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const before = process.exitCode;
  try {
    process.exitCode = undefined;
    await admin(args);
    return { ...run, code: Number(process.exitCode ?? 0) };
  } finally {
    process.exitCode = before;
    vi.unstubAllEnvs();
    for (const spy of spies) spy.mockRestore();
  }
}

/** Runs commands on a database, as its operator does. */
export const adminOn =
  (databaseUrl: string, keys: SealingKeys = [TEST_KEY]) =>
  (args: string, options: Options = {}): Promise<Run> =>
    start(words(args), {
      ...options,
      env: { DATABASE_URL: databaseUrl, ENCRYPTION_KEY: asSetting(keys), ...options.env },
    }).ended;

/** Splits at spaces, but for what stands in double quotes. */
const words = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

/** Rows of a statement that sees every organization. */
export async function query<R extends pg.QueryResultRow>(databaseUrl: string, text: string, values: unknown[] = []) {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

type Recorded = { org_id: string; operation: string; actor_kind: string; resource_id: string | null; fields: string[] };

/** Every record of an operator's command, oldest first. */
export const recorded = (databaseUrl: string) =>
  query<Recorded>(
    databaseUrl,
    "select org_id, operation, actor_kind, resource_id, fields from audit_events where operation like 'admin.%' order by created_at, id",
  );
