import { createInterface } from "node:readline/promises";
import { type ParseArgsConfig, parseArgs } from "node:util";
import { type Deed, type Operator, OperatorError, operate } from "../../server/admin/operate.ts";
import { SETTINGS } from "../../server/config.ts";
import type { SealingKeys } from "../../server/kit/seal.ts";
import { localKey } from "../../server/local-key.ts";
import { withDatabase } from "../db/command.ts";
import { UsageError } from "../usage.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;
type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>["values"];

/** What a command says when it is done: to a program, and to a person. */
type Answer = { readonly json: object; readonly text: string };

type Operate = <R>(work: (operator: Operator) => Promise<Deed<R>>) => Promise<R>;

export type Tools = {
  /** Runs the command's work in its audited transaction. */
  readonly operate: Operate;
  /** The same, where there may be no database yet. */
  readonly operateFresh: Operate;
  /** Holds the data folder while `work` runs, so that no server can. Throws FOLDER_IN_USE while one does. */
  exclusively<R>(work: (operate: Operate) => Promise<R>): Promise<R>;
};

export type Command = {
  readonly name: string;
  readonly about: string;
  readonly help: string;
  /** Parses `args` and does the work. Throws UsageError for arguments that are wrong or missing. */
  start(args: readonly string[]): Promise<Answer>;
};

/** Describes a command. `usage` is its line of options; `notes` what a person should know before. */
export function command<const O extends Options>(description: {
  readonly name: string;
  readonly about: string;
  readonly usage: string;
  readonly notes: string;
  readonly options: O;
  run(flags: Values<O>, tools: Tools): Promise<Answer>;
}): Command {
  const { name, about, usage, notes, options } = description;
  const on = <R>(how: { live: boolean; existing: boolean }, work: (operate: Operate) => Promise<R>): Promise<R> =>
    undisturbed(() => withDatabase(how, (url) => work((deed) => operate(url, name.replace(" ", "-"), deed))));
  const tools: Tools = {
    operate: (deed) => on({ live: true, existing: true }, (run) => run(deed)),
    operateFresh: (deed) => on({ live: true, existing: false }, (run) => run(deed)),
    exclusively: (work) => on({ live: false, existing: true }, work),
  };
  return {
    name,
    about,
    help: `npm run admin -- ${name}${usage === "" ? "" : ` ${usage}`}\n\n${about}.\n\n${notes}\n\n${COMMON}`,
    start: async (args) => description.run(parseArgs({ args: [...args], options }).values, tools),
  };
}

/** A first Ctrl-C lets the work end: it is short, all or nothing, and a PostgreSQL started for it must not outlive it. */
async function undisturbed<R>(work: () => Promise<R>): Promise<R> {
  const wait = () => {};
  process.once("SIGINT", wait).once("SIGTERM", wait);
  try {
    return await work();
  } finally {
    process.off("SIGINT", wait).off("SIGTERM", wait);
  }
}

const COMMON = `  --json      print the result, or the error, as JSON
  -h, --help  show this

The database is that of DATABASE_URL, or the embedded PostgreSQL in DATA_DIR (./data), also while the server runs.
Exit codes: 0 done, 1 refused or failed, 2 wrong usage.`;

/** The value of an option that must be given. Throws UsageError. */
export function need(value: string | undefined, option: string): string {
  if (value !== undefined && value.trim() !== "") return value;
  throw new UsageError(`Say ${option}`);
}

/** A value that must be one of a few. Throws UsageError with all of them. */
export function oneOf<T extends string>(values: readonly T[], text: string, option: string): T {
  const found = values.find((value) => value === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} must be one of ${values.join(", ")}`);
}

/**
 * Asks before something that cannot be undone. `--yes` answers; without it a person at a terminal is asked, and a script is
 * refused with UsageError. Throws OperatorError when the person says no.
 */
export async function confirm(what: string, yes: boolean | undefined): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) throw new UsageError(`${what} To do it without being asked, say --yes`);
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await prompt.question(`${what}\nType yes to go on: `);
    if (answer.trim() !== "yes") throw new OperatorError("NOT_ALLOWED", "Nothing was changed");
  } finally {
    prompt.close();
  }
}

/** A secret from standard input, without its last line break. Throws UsageError when there is none. */
export async function secretFromStdin(option: string): Promise<string> {
  process.stdin.setEncoding("utf8");
  let text = "";
  for await (const chunk of process.stdin) text += chunk;
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new UsageError(`${option} reads standard input, and nothing came: pipe the secret into it`);
  return secret;
}

/** ENCRYPTION_KEY, newest first; undefined when it is not set. Throws UsageError when it is wrong or missing. */
export function configuredKeys(): SealingKeys | undefined {
  const { ENCRYPTION_KEY, DATABASE_URL } = process.env;
  const parsed = SETTINGS.ENCRYPTION_KEY.schema.safeParse(ENCRYPTION_KEY || undefined);
  if (!parsed.success) throw new UsageError(`ENCRYPTION_KEY ${parsed.error.issues[0]?.message}`);
  const keys = parsed.data;
  if (keys && new Set(keys.map(({ id }) => id)).size < keys.length) {
    throw new UsageError("ENCRYPTION_KEY has two keys of one id: give the new one another");
  }
  if (!keys && DATABASE_URL) {
    throw new UsageError("With DATABASE_URL, set ENCRYPTION_KEY as the servers have it: this command seals secrets");
  }
  return keys;
}

/** The keys that the server seals with: ENCRYPTION_KEY, or the file in DATA_DIR. */
export const serverKeys = (): SealingKeys => configuredKeys() ?? localKey(dataDir());

/** The data folder, as the server finds it. */
export const dataDir = (): string => process.env.DATA_DIR || "data";

/** Rows in columns, for a person. `nothing` when there are none. */
export function columns(rows: readonly (readonly string[])[], nothing: string): string {
  if (rows.length === 0) return nothing;
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
