import fs from "node:fs";
import { parseArgs } from "node:util";
import { type App, openApp } from "./app.ts";
import { type Config, ConfigError, ROLES, readConfig } from "./config.ts";
import { EmbeddedPostgresError } from "./db/embedded/errors.ts";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "./db/embedded.ts";
import { type Serving, serve } from "./kit/serve.ts";
import { StartError } from "./kit/start-error.ts";
import { localKey } from "./local-key.ts";
import { createLog } from "./log.ts";
import { serveMetrics } from "./metrics.ts";

function listenError(error: NodeJS.ErrnoException, config: Config): Error {
  if (error.code === "EADDRINUSE") {
    return new StartError(`Port ${config.PORT} on ${config.HOST} is taken: stop what uses it, or set PORT to another`);
  }
  if (error.code === "EACCES")
    return new StartError(`Port ${config.PORT} needs rights that this user lacks: set PORT above 1023`);
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new StartError(`HOST ${config.HOST} is not an address of this machine: set HOST to one that is`);
  return error;
}

const USAGE = `npm start -- [options]

  --role all|api|worker  what this process does: answers requests, works on jobs, or both (the default)
  -h, --help             show this

Everything else is set by the environment, or by a file .env: README.md lists the settings under "Configuration".`;

/** Reads the command line. Throws ConfigError with a sentence that says what is wrong. */
function readArguments(args: string[]): { role: string | undefined; help: boolean } {
  const options = { role: { type: "string" }, help: { type: "boolean", short: "h" } } as const;
  const { role, help = false } = (() => {
    try {
      return parseArgs({ args, options }).values;
    } catch (error) {
      throw new ConfigError(`${error instanceof Error ? error.message : error}\nSee npm start -- --help`);
    }
  })();
  if (role === undefined || ROLES.some((one) => one === role)) return { role, help };
  throw new ConfigError(`--role must be one of ${ROLES.join(", ")}, not "${role}"\nSee npm start -- --help`);
}

type Running = { postgres?: EmbeddedPostgres; app?: App; serving?: Serving; metrics?: { close(): Promise<void> } };

async function main(): Promise<void> {
  const { role, help } = readArguments(process.argv.slice(2));
  if (help) return void process.stdout.write(`${USAGE}\n`);
  // A convenience for development: variables that are set already win.
  if (fs.existsSync(".env")) process.loadEnvFile(".env");
  const config = readConfig({ ...process.env, ...(role === undefined ? {} : { ROLE: role }) });
  const log = createLog(config.LOG_LEVEL);
  const running: Running = {};

  let started: Promise<void> = Promise.resolve();
  let stopping: Promise<void> | undefined;
  const stop = (why: string, code: number): Promise<void> => {
    stopping ??= (async () => {
      log.info({ reason: why }, "stopping: requests in flight and jobs in work may end");
      // What is half started ends its step first; nothing that starts later would be closed here.
      await started.catch(() => {});
      running.app?.drain();
      await running.serving?.close(config.SHUTDOWN_SECONDS * 1000);
      await running.app?.close();
      await running.metrics?.close();
      await running.postgres?.stop();
      log.info({}, "stopped");
      process.exitCode = code;
    })();
    return stopping;
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping !== undefined) process.exit(1); // A second signal does not wait.
      void stop(signal, 0);
    });
  }

  const start = async () => {
    const { HOST: host, PORT: port } = config;
    let databaseUrl = config.databaseUrl;
    if (databaseUrl === undefined) {
      running.postgres = await startEmbeddedPostgres({
        dataDir: config.DATA_DIR,
        log: (message, fields) => log.info(fields ?? {}, message),
        onExit: ({ message }) => {
          log.error({ error: message }, "the embedded PostgreSQL ended by itself");
          void stop("the database is gone", 1);
        },
      });
      databaseUrl = running.postgres.url;
    }
    const encryptionKeys = config.ENCRYPTION_KEY ?? localKey(config.DATA_DIR);
    const publicUrl = config.PUBLIC_URL ?? `http://${host}:${port}`;
    if (stopping !== undefined) return;
    running.app = await openApp({ config, databaseUrl, publicUrl, encryptionKeys, log });
    if (config.METRICS_PORT !== 0) {
      running.metrics = await serveMetrics(running.app, config.METRICS_PORT).catch((error: Error) => {
        throw new StartError(
          `METRICS_PORT ${config.METRICS_PORT} cannot be used (${error.message}): set another, or 0`,
        );
      });
    }
    if (stopping !== undefined) return;
    if (config.ROLE === "worker") return log.info({ role: config.ROLE }, "Reelmark is ready");
    running.serving = await serve({ fetch: running.app.fetch, host, port }).catch((error) => {
      throw listenError(error, config);
    });
    const { url } = running.serving;
    log.info({ role: config.ROLE, url, docs: `${url}/docs` }, "Reelmark is ready");
    await running.app.warm();
  };

  started = start();
  try {
    await started;
  } catch (error) {
    await stop("could not start", 1);
    throw error;
  }
}

main().catch((error: unknown) => {
  const known = error instanceof ConfigError || error instanceof StartError || error instanceof EmbeddedPostgresError;
  process.stderr.write(`${known ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
});
