/** `npm run admin`: what the operator of a server does from its command line. Every command is recorded in the audit. */
import { existsSync } from "node:fs";
import { columns } from "./admin/command.ts";
import { credits } from "./admin/credits.ts";
import { issuers } from "./admin/issuers.ts";
import { jobs } from "./admin/jobs.ts";
import { keys } from "./admin/keys.ts";
import { organizations } from "./admin/organizations.ts";
import { people } from "./admin/people.ts";
import { reportFailure } from "./db/command.ts";
import { UsageError } from "./usage.ts";

const commands = [...people, ...organizations, ...credits, ...issuers, ...keys, ...jobs];

const help = `npm run admin -- <command> [options]

${columns(
  commands.map(({ name, about }) => [`  ${name}`, about]),
  "",
)}

npm run admin -- <command> --help tells more of each.`;

async function main(args: readonly string[]): Promise<void> {
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

if (existsSync(".env")) process.loadEnvFile(".env");
const args = process.argv.slice(2);
await main(args).catch((error: unknown) => {
  const wrongOption = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  reportFailure("admin", wrongOption ? new UsageError(error.message) : error, args.includes("--json"));
});
