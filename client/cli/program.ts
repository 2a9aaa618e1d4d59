import { Command as Commander, InvalidArgumentError, Option } from "commander";
import { addAccount } from "./account.ts";
import { type CallFlags, call } from "./call.ts";
import { EXITS } from "./exits.ts";
import { flag } from "./failure.ts";
import { COMMANDS, TAG_GROUPS, VERSION } from "./generated/commands.ts";
import type { Io } from "./io.ts";
import { FORMATS } from "./output.ts";
import type { Command, Field } from "./table.ts";
import { addTools } from "./tools.ts";

const heading = (tag: string) => `${tag}:`;

/** The tags in the order of the reference. */
const TAGS = TAG_GROUPS.flatMap(({ tags }) => tags);

/** A list's flag may be given several times. */
const gathered = (text: string, before: readonly string[] | undefined) => [...(before ?? []), text];

/** A field as a flag. Choices are shown and completed here, and checked later, where `--no-check` is known. */
function optionsOf(field: Field): Option[] {
  const name = flag(field.name);
  const group = field.required ? "Required:" : "Fields:";
  if (field.type === "boolean" && !field.list)
    return [new Option(name, field.about), new Option(name.replace("--", "--no-"), "The opposite").hideHelp()].map(
      (one) => one.helpGroup(group),
    );
  const value = field.list ? "<a,b>" : field.type === "json" ? "<json>" : field.type === "file" ? "<path>" : "<value>";
  const option = new Option(`${name} ${value}`, field.about).helpGroup(group);
  if (field.choices) option.argChoices = [...field.choices];
  if (field.list) option.argParser(gathered);
  return [option];
}

/** The flags of a command that were given, by their fields. */
function givenOf(command: Command, made: Commander, options: ReadonlyMap<Field, Option>) {
  const given = new Map<Field, string | boolean | readonly string[]>();
  for (const field of command.fields) {
    const name = options.get(field)?.attributeName() ?? "";
    if (made.getOptionValueSource(name) === "cli") given.set(field, made.getOptionValue(name));
  }
  return given;
}

function addFlags(made: Commander, command: Command): void {
  const add = (flags: string, about: string) => made.addOption(new Option(flags, about).helpGroup("How:"));
  if (command.paged) add("--all", "Every page");
  if (command.async) add("--wait", "Until the work is done; fails when it fails");
  if (command.body === "json")
    add("--body <json>", "The body: JSON, @file.json, or - for standard input; flags go over it");
  if (command.body === "bytes") add("--body <@file>", "The bytes to send: @file, or - for standard input");
  if (command.fields.some(({ nullable, in: place }) => nullable && place === "body"))
    made.addOption(new Option("--clear <fields>", "Empty these fields").helpGroup("How:").argParser(gathered));
  // For whoever tests a server: with `--no-check` every request can be said, also those that no flag can.
  const hidden = (flags: string, about: string) =>
    made.addOption(new Option(flags, about).hideHelp().argParser(gathered));
  hidden("--query <name=value>", "A parameter as it is");
  hidden("--header <line>", "A header as it is");
  if (command.method !== "GET" && (!command.body || command.body === "form"))
    made.addOption(new Option("--body <text>", "A body as it is").hideHelp());
  if (command.keyed) add("--idempotency-key <key>", "Instead of one that is made up");
  if (command.method === "PATCH" || command.method === "DELETE" || command.method === "PUT")
    add("--if-match <etag>", "Only if it is still as this ETag says");
}

/** Adds one operation where its words say, with the groups above it. */
function addOperation(program: Commander, command: Command, io: Io): void {
  let at = program;
  for (const [depth, word] of command.words.entries()) {
    let below = at.commands.find((one) => one.name() === word);
    if (!below) {
      below = at.command(word).copyInheritedSettings(program).helpCommand(false);
      if (depth === 0) below.helpGroup(heading(command.tag));
    }
    at = below;
  }
  const [first, about] = [`${command.summary}.`, command.about];
  at.summary(command.summary).description(about && about !== first ? `${first} ${about}` : first);
  for (const { name, about } of command.params) at.argument(`<${name}>`, about);
  const options = new Map<Field, Option>();
  for (const field of command.fields)
    for (const option of optionsOf(field)) {
      if (!options.has(field)) options.set(field, option);
      at.addOption(option);
    }
  addFlags(at, command);
  at.action((...all: unknown[]) => {
    const args = all.slice(0, command.params.length).map(String);
    return call(command, args, givenOf(command, at, options), at.optsWithGlobals<CallFlags>(), io);
  });
}

/** Says of each group what is in it. */
function describeGroups(made: Commander): void {
  for (const below of made.commands) {
    describeGroups(below);
    if (!below.summary() && below.commands.length > 0)
      below.summary(below.commands.map((one) => one.name()).join(", "));
  }
}

/** The whole command line: one command an operation, under the tags of the reference. */
export function commandLine(io: Io): Commander {
  const program = new Commander("reelmark")
    .description("Reelmark from the command line. Every operation of the API is a command.")
    .version(VERSION, "-V, --version", "Show the version")
    .helpCommand(false)
    .helpOption("-h, --help", "Show this help")
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      // What is wrong is said once, by whoever catches it.
      outputError: () => undefined,
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
    })
    .addOption(new Option("-o, --output <format>", "How answers are shown").choices([...FORMATS]))
    .option("-p, --profile <name>", "Which profile to use")
    .option("--server <url>", "Where the server is, instead of the profile's")
    .option("--organization <id>", "Which organization to act for")
    .option("--retries <n>", "How often to try again, where that is safe: 4 unless told", (text) => {
      if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError("It is a whole number, 0 for never.");
      return Number(text);
    })
    .option("--no-check", "Send it as it is, and let the server judge")
    .option("-v, --verbose", "Show each request")
    .addHelpText(
      "after",
      () => `\nExit codes:\n${EXITS.map(([code, about]) => `  ${String(code).padEnd(4)} ${about}`).join("\n")}`,
    );
  addAccount(program, io);
  addTools(program, io);
  const inOrder = [...COMMANDS].sort((a, b) => TAGS.indexOf(a.tag) - TAGS.indexOf(b.tag));
  for (const command of inOrder) addOperation(program, command, io);
  describeGroups(program);
  return program;
}
