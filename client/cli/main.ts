import { CommanderError } from "commander";
import { explain, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { harmless, hasColours } from "./output.ts";
import { operationsProgram } from "./program.ts";

/** What commander says of a wrong command, as one of our own errors. Undefined where it was no error: help, version. */
function usage(error: CommanderError): UsageError | undefined {
  if (error.exitCode === 0 || error.code === "commander.help") return undefined;
  return new UsageError(
    error.message.replace(/^error: /, ""),
    "`reelmark --help` lists all commands; each has its own --help.",
  );
}

/**
 * Runs one command line, without touching the process: `args` are the words after `reelmark`, `io` is all that it reads and
 * writes. Returns the code to exit with (failure.ts).
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  try {
    await operationsProgram(io).parseAsync([...args], { from: "user" });
    return 0;
  } catch (caught) {
    const error = caught instanceof CommanderError ? usage(caught) : caught;
    if (error === undefined) return 0;
    const { text, data, exit } = io.signal.aborted ? { text: "Interrupted.", data: {}, exit: 130 } : explain(error);
    const isForPrograms = args.some(
      (one, at) => /^(-o|--output)=?json$/.test(one) || (/^(-o|--output)$/.test(args[at - 1] ?? "") && one === "json"),
    );
    const red = (what: string) => (hasColours(io.stderr, io.env) ? `\u001b[31m${what}\u001b[39m` : what);
    io.stderr.write(isForPrograms ? `${JSON.stringify(data)}\n` : `${red("error:")} ${harmless(text)}\n`);
    return exit;
  }
}
