import { Argument, type Command as Commander, Option } from "commander";
import { completionScript } from "./completion.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { EVENT_TYPES, type ListenFlags, listen } from "./listen.ts";
import type { McpFlags } from "./mcp.ts";
import { type Globals, placeOf } from "./session.ts";

const PAGES: Readonly<Record<string, string>> = { docs: "/docs", console: "/console" };

/** Shows a page of the server in the browser, and prints its address in any case. */
async function openPage(page: string, flags: Globals, io: Io): Promise<void> {
  const { baseUrl } = await placeOf(flags, io);
  if (!baseUrl)
    throw new UsageError("It is not known where your server is", "Run `reelmark init`, or set REELMARK_URL.");
  const url = new URL(PAGES[page] ?? "/", baseUrl).href;
  io.stdout.write(`${url}\n`);
  await io.openPage(url);
}

/** Adds the commands that are no operations: pages, forwarded events, completion. */
export function addTools(program: Commander, io: Io): void {
  const add = (name: string, about: string) => program.command(name).helpGroup("Tools:").description(about);
  add("open", "Show the reference or the console in your browser")
    .addArgument(new Argument("<page>", "Which").choices(Object.keys(PAGES)))
    .action((page: string, _, made: Commander) => openPage(page, made.optsWithGlobals<Globals>(), io));
  const events = new Option("--events <a,b>", "These types alone, instead of all");
  events.argChoices = [...EVENT_TYPES];
  add("listen", "Forward your organization's webhook events to a program of yours, signed like any delivery")
    .summary("Forward webhook events to a program of yours")
    .requiredOption("--forward <url>", "Where to: http://localhost:3000/hook")
    .addOption(events)
    .option("--secret <whsec>", "Sign with this secret, instead of one that is made once")
    .action((_, made: Commander) => listen(made.optsWithGlobals<ListenFlags>(), io));
  add("mcp", "Serve the API's tools to a program that starts this one (MCP over stdio)")
    .summary("The API as tools for an assistant (MCP over stdio)")
    .option("--all-tools", "One tool an operation, instead of three that find and call them")
    .action(async (_, made: Commander) => {
      // Loaded only where it is needed: it is larger than all the rest.
      const { mcp } = await import("./mcp.ts");
      await mcp(made.optsWithGlobals<McpFlags>(), io);
    });
  add("completion", "Print the completion script of a shell: bash, zsh or fish")
    .addArgument(new Argument("<shell>", "Which").choices(["bash", "zsh", "fish"]))
    .action((shell: string) => void io.stdout.write(completionScript(shell)));
}
