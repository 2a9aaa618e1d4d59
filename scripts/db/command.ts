import { existsSync } from "node:fs";
import { join } from "node:path";
import { type ParseArgsConfig, parseArgs, styleText } from "node:util";
import { OperatorError } from "../../server/admin/operate.ts";
import { EmbeddedPostgresError } from "../../server/db/embedded/errors.ts";
import { findRunningPostgres, startEmbeddedPostgres } from "../../server/db/embedded.ts";
import type { TransferProgress } from "../../server/db/export.ts";
import { TransferError } from "../../server/db/transfer/errors.ts";
import { StartError } from "../../server/kit/start-error.ts";
import { UsageError } from "../usage.ts";

type Flags = Record<string, boolean | string | undefined>;
type Command<F extends Flags> = {
  name: string;
  help: string;
  options: NonNullable<ParseArgsConfig["options"]>;
  main: (flags: F & { file: string; json?: boolean }, tools: { signal: AbortSignal; show: Show }) => Promise<void>;
};
export type Show = (progress: TransferProgress) => void;

/**
 * Runs a database command: --help, --json and --file are the same in all of them. Exit codes: 0 done, 1 refused or
 * failed, 2 wrong usage, 130 and 143 ended by Ctrl-C and SIGTERM, after cleaning up.
 */
export async function runCommand<F extends Flags>(command: Command<F>): Promise<void> {
  const controller = new AbortController();
  const end = (code: number) => () => {
    process.exitCode = code;
    controller.abort();
  };
  process.once("SIGINT", end(130)).once("SIGTERM", end(143));
  const json = process.argv.includes("--json");
  if (existsSync(".env")) process.loadEnvFile(".env");
  try {
    const flags = parseFlags(command);
    if (flags.help) console.log(command.help);
    // parseArgs() has made the flags by command.options, which every caller writes beside F.
    else
      await command.main(flags as F & { file: string }, {
        signal: controller.signal,
        show: json ? () => {} : showProgress,
      });
  } catch (error) {
    clearProgress();
    if (controller.signal.aborted) console.error("Ended before it was done; nothing is left of it.");
    else reportFailure(command.name, error, json);
  }
}

/**
 * Runs `work` with the connection string of DATABASE_URL, or of the embedded PostgreSQL in DATA_DIR (./data): started
 * for it, or, where `live`, the one that a running server holds. `existing`: an empty folder is an error.
 */
export async function withDatabase<T>(
  how: { live: boolean; existing: boolean },
  work: (url: string) => Promise<T>,
): Promise<T> {
  const { DATABASE_URL, DATA_DIR } = process.env;
  if (DATABASE_URL) return await work(DATABASE_URL);
  const dataDir = DATA_DIR || "data";
  if (how.existing && !existsSync(join(dataDir, "postgres"))) {
    throw new UsageError(
      `There is no database in the folder ${dataDir}. Name its folder with DATA_DIR, or a PostgreSQL of your own with DATABASE_URL.`,
    );
  }
  const running = how.live ? findRunningPostgres(dataDir) : undefined;
  if (running) return await work(running);
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** Ends the line of progress, so that the next output stands alone. */
export function clearProgress(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
}

/** `1.5 MB`. */
export function inUnits(bytes: number): string {
  const [unit, size] = bytes < 1e6 ? ["kB", 1e3] : bytes < 1e9 ? ["MB", 1e6] : ["GB", 1e9];
  return `${(bytes / Number(size)).toFixed(1)} ${unit}`;
}

function parseFlags({ options }: Pick<Command<Flags>, "options">) {
  const common = {
    file: { type: "string", short: "f" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    const { values } = parseArgs({ options: { ...options, ...common } });
    if (!values.help && !values.file) throw new UsageError("Name the file: -- --file backup.reelmark.gz");
    return values;
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

function showProgress({ phase, table, done, tables, bytes }: TransferProgress): void {
  if (!process.stderr.isTTY) return;
  const doing = { export: "Exporting", check: "Checking", import: "Importing" }[phase];
  process.stderr.write(`\r\x1b[K${doing} ${table} (${done + 1} of ${tables} tables, ${inUnits(bytes)})`);
}

const EXPLAINED = [UsageError, TransferError, EmbeddedPostgresError, StartError, OperatorError];

/** Says why a command ended, as a sentence or as JSON, and sets its exit code: 2 for wrong usage, 1 for the rest. */
export function reportFailure(name: string, error: unknown, json: boolean): void {
  const isUsage = error instanceof UsageError || (error instanceof OperatorError && error.code === "INVALID");
  const isExplained = EXPLAINED.some((kind) => error instanceof kind);
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && "code" in error ? error.code : isUsage ? "USAGE" : "FAILED";
  if (json) console.error(JSON.stringify({ error: { code, message } }));
  else {
    console.error(`${styleText("red", `${name} failed:`, { stream: process.stderr })} ${message}`);
    if (isUsage) console.error(`See npm run ${name} -- --help`);
    else if (!isExplained && error instanceof Error && error.stack) console.error(error.stack.replace(/^.*\n/, ""));
  }
  process.exitCode = isUsage ? 2 : 1;
}
