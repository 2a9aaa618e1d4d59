import { parseArgs } from "node:util";
import type { Log } from "../server/kit/runtime.ts";
import type { Serving } from "../server/kit/serve.ts";
import { installClock } from "./sandbox/clock.ts";
import type { Cluster } from "./sandbox/database.ts";
import type { Sandbox } from "./sandbox/sandbox.ts";
import { run, UsageError } from "./usage.ts";

// Before anything that may keep `Date` for itself: the rest is loaded in `start`.
installClock();

const SEEDS = ["studio", "empty"] as const;
const HELP = `Usage: npm run sandbox -- [--port <n>] [--seed studio|empty] [--json]

The live server on a throw-away database: real policies, limits, jobs and signed webhooks, with a seed, fixed keys, and a
clock that can be moved. What would leave this machine is caught, and shown at /sandbox.

  --port <n>      port to listen on, on 127.0.0.1 alone (4020; 0 takes a free one)
  --seed studio   a studio with three weeks of history (the default)
  --seed empty    the people and their keys, and nothing else
  --json          print addresses and credentials as one line of JSON
  --help          this text

  POST /sandbox/reset                        back to the seed
  POST /sandbox/clock  { "advance": "P1D" }  a day later; or { "now": "2027-01-31T09:00:00Z" }
  POST /sandbox/settle                       waits until no job is due
  GET  /sandbox/state                        all that was sent, the clock and the credentials
`;

/** Graceful time for requests in flight, in milliseconds. */
const GRACE_MS = 1_000;

type Front = (request: Request, env: object) => Promise<Response>;
type Running = { serving?: Serving; cluster?: Cluster; sandbox?: Sandbox };

/** Warnings and errors, on the standard error: the standard output is for the credentials. */
const write = (level: string) => (fields: object, message: string) =>
  void process.stderr.write(`${level}: ${message} ${JSON.stringify(fields)}\n`);
/** What the queue measures with a clock that jumps is no news. */
const JUMPED = "the queue warns";
const warn: Log["warn"] = (fields, message) => (message === JUMPED ? undefined : write("warning")(fields, message));
const log: Log = { info: () => {}, warn, error: write("error") };

function options() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "4020" },
      seed: { type: "string", default: "studio" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65_535) {
    throw new UsageError(`--port "${values.port}" is not a port: give a number from 0 to 65535`);
  }
  const seed = SEEDS.find((one) => one === values.seed);
  if (seed === undefined) throw new UsageError(`--seed "${values.seed}" is none: give ${SEEDS.join(" or ")}`);
  return { port, seed, json: values.json, help: values.help };
}

type Starting = ReturnType<typeof options> & { readonly signal: AbortSignal; stop(): void };

async function start(running: Running, { port, seed, signal, stop }: Starting): Promise<string> {
  const [{ serve }, { startCluster }] = await Promise.all([
    import("../server/kit/serve.ts"),
    import("./sandbox/database.ts"),
  ]);
  const fronted = Promise.withResolvers<Front>();
  // When the start fails, nobody may be waiting for it.
  fronted.promise.catch(() => {});
  // First of all, because the port is part of the server's name: requests that come early wait.
  const serving = await serve({
    fetch: async (request, env) => (await fronted.promise)(request, env),
    host: "127.0.0.1",
    port,
  }).catch((error) => {
    if (error.code === "EADDRINUSE")
      throw new UsageError(`Port ${port} is taken: stop what uses it, or choose another with --port`);
    throw error;
  });
  running.serving = serving;
  const died = (message: string) => {
    log.error({}, message);
    process.exitCode = 1;
    stop();
  };
  try {
    // PostgreSQL makes its files while the server's modules are read.
    const [{ openSandbox }, { front }, cluster] = await Promise.all([
      import("./sandbox/sandbox.ts"),
      import("./sandbox/control.ts"),
      startCluster(died),
    ]);
    running.cluster = cluster;
    running.sandbox = await openSandbox({ cluster, publicUrl: serving.url, seed, log, signal });
    fronted.resolve(front(running.sandbox));
  } catch (error) {
    fronted.reject(error);
    throw error;
  }
  return serving.url;
}

async function greet(url: string, { sandbox }: Running, json: boolean): Promise<void> {
  const { CREDENTIALS } = await import("./sandbox/state.ts");
  const { keys, logins, password } = CREDENTIALS;
  const webhook = sandbox?.seeded.webhook ?? null;
  if (json) {
    const all = { url, api: `${url}/api`, sandbox: `${url}/sandbox`, docs: `${url}/docs`, pid: process.pid };
    return void process.stdout.write(`${JSON.stringify({ ...all, credentials: { ...CREDENTIALS, webhook } })}\n`);
  }
  const lines = [
    ...Object.entries(keys).map(([name, { key, about }]) => `  ${name.padEnd(7)} ${key}  ${about}`),
    "",
    ...Object.values(logins).map(({ email, role }) => `  ${email.padEnd(28)} ${role}`),
    `  Password of each: ${password}`,
    ...(webhook ? ["", `  Webhooks to ${webhook.url} are signed with ${webhook.secret}`] : []),
  ];
  process.stdout.write(`The sandbox is at ${url}/api/v1, what it sends at ${url}/sandbox, its reference at ${url}/docs

${lines.join("\n")}

  curl -H "Authorization: Bearer ${keys.owner.key}" ${url}/api/v1/brands

Ctrl-C ends it, and leaves nothing behind.
`);
}

async function main(): Promise<void> {
  const chosen = options();
  if (chosen.help) return void process.stdout.write(HELP);
  const running: Running = {};
  const aborted = new AbortController();
  let started: Promise<unknown> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      aborted.abort();
      // What is half started ends its step first: nothing that starts later would be removed.
      await started.catch(() => {});
      await running.serving?.close(GRACE_MS);
      await running.sandbox?.close();
      await running.cluster?.remove();
    })();
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => void stop());
  try {
    const starting = start(running, { ...chosen, signal: aborted.signal, stop: () => void stop() });
    started = starting;
    const url = await starting;
    if (stopping === undefined) await greet(url, running, chosen.json);
  } catch (error) {
    // What was told to stop has not failed.
    const isTold = stopping !== undefined && error === aborted.signal.reason;
    await stop();
    if (!isTold) throw error;
  }
}

await run("sandbox", main);
