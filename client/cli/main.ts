import { CommanderError } from "commander";
import { completed } from "./completion.ts";
import { explain, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { harmless, hasColours } from "./output.ts";
import { commandLine } from "./program.ts";
import type { Globals } from "./session.ts";

/** What commander says of a wrong command, as one of our own errors. */
const usage = ({ message }: CommanderError) =>
  new UsageError(message.replace(/^error: /, ""), "`reelmark --help` lists all commands; each has its own --help.");

/** Prints an error, as JSON where answers are JSON, and returns the code to exit with. */
function failed(error: unknown, { output }: Partial<Globals>, io: Io): number {
  if (io.signal.aborted) {
    io.stderr.write("Interrupted.\n");
    return 130;
  }
  const { text, data, exit } = explain(error);
  const label = hasColours(io.stderr, io.env) ? "\u001b[31merror:\u001b[39m" : "error:";
  const isForPrograms = output === "json" || output === "ndjson";
  io.stderr.write(isForPrograms ? `${JSON.stringify(data)}\n` : `${label} ${harmless(text)}\n`);
  return exit;
}

/** `help brands list`, as other programs have it, is `brands list --help`; and so is nothing at all. */
const asOption = (args: readonly string[]): string[] =>
  args.length === 0 || args[0] === "help" ? [...args.slice(1), "--help"] : [...args];

/**
 * Runs one command line, without touching the process: `args` are the words after `reelmark`, `io` is all that it reads and
 * writes. Returns the code to exit with (exits.ts).
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  const program = commandLine(io);
  try {
    // Asked by the scripts of completion.ts, with a line that is not whole yet.
    if (args[0] === "complete") io.stdout.write(await completed(program, args.slice(args.indexOf("--") + 1), io));
    else await program.parseAsync(asOption(args), { from: "user" });
    return 0;
  } catch (error) {
    if (!(error instanceof CommanderError)) return failed(error, program.opts<Globals>(), io);
    // Help was shown: because it was asked for, or because a word is missing.
    if (error.exitCode === 0) return 0;
    return error.code === "commander.help" ? 2 : failed(usage(error), program.opts<Globals>(), io);
  }
}
