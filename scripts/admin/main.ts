import { reportFailure } from "../db/command.ts";
import { UsageError } from "../usage.ts";
import { columns } from "./command.ts";
import { credits } from "./credits.ts";
import { issuers } from "./issuers.ts";
import { jobs } from "./jobs.ts";
import { keys } from "./keys.ts";
import { organizations } from "./organizations.ts";
import { people } from "./people.ts";

const commands = [...people, ...organizations, ...credits, ...issuers, ...keys, ...jobs];

const help = `npm run admin -- <command> [options]

${columns(
  commands.map(({ name, about }) => [`  ${name}`, about]),
  "",
)}

npm run admin -- <command> --help tells more of each.`;

async function run(args: readonly string[]): Promise<void> {
  const words = args.findIndex((arg) => arg.startsWith("-"));
  const name = args.slice(0, words === -1 ? args.length : words).join(" ");
  const wantsHelp = args.includes("--help") || args.includes("-h");
  const command = commands.find((one) => one.name === name);
  if (wantsHelp && (command || name === "")) {
    console.log(command?.help ?? help);
    return;
  }
  if (!command) {
    const what = name === "" ? "Say what to do" : `There is no command "${name}"`;
    throw new UsageError(`${what}: one of ${commands.map((one) => one.name).join(", ")}`);
  }
  const options = args.slice(command.name.split(" ").length).filter((arg) => arg !== "--json");
  const { json, text } = await command.start(options);
  console.log(args.includes("--json") ? JSON.stringify(json) : text);
}

/**
 * Runs the command that `args` name. Prints its answer, or why it could not be done, and sets the exit status: 0 done,
 * 1 refused or failed, 2 wrong usage.
 */
export async function admin(args: readonly string[]): Promise<void> {
  await run(args).catch((error: unknown) => {
    const wrongOption =
      error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    reportFailure("admin", wrongOption ? new UsageError(error.message) : error, args.includes("--json"));
  });
}
