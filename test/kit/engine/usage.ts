import { parseArgs } from "node:util";
import { CHECKS } from "./checks/all.ts";
import { JUDGES } from "./judges/all.ts";
import { CannotRun } from "./load.ts";
import { NEEDS_STATE } from "./stateless.ts";

const OPTIONS = {
  spec: { type: "string" },
  "base-url": { type: "string" },
  principals: { type: "string" },
  workflows: { type: "string" },
  seed: { type: "string" },
  "max-seconds": { type: "string", default: "120" },
  only: { type: "string", multiple: true },
  checks: { type: "string" },
  stateless: { type: "boolean", default: false },
  known: { type: "string" },
  "allow-undeclared-fields": { type: "boolean", default: false },
  report: { type: "string" },
  junit: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

export const HELP = `npm run contract -- [options]

Holds a server to its OpenAPI 3.1 document, and says where the two disagree, each with the shortest curl that shows it.

  --spec <file|url>      the document, JSON or YAML; this project's own unless given
  --base-url <url>       the server, with the base path of its operations; without it, this project's own in this process
  --principals <file>    who may call, as JSON: [{ "name", "headers", "tenant", "scopes", "auth"? }, …]
                         the first one's tenant is at home, the others are strangers; checks that need more are named;
                         the limit of one named "limited" is used up
  --workflows <file>     an Arazzo 1.0 document, JSON or YAML: promises that operations keep together; this project's own
                         for its own document
  --seed <n>             the same seed gives the same requests; a random one unless given
  --max-seconds <n>      ends after so long, with what was found (120)
  --only <id|tag>        only this operation or tag; may be repeated
  --checks <a,b>         only these checks; --list names them
  --stateless            the server remembers nothing, as a mock: leaves out, by name, the checks that need it to
  --known <file>         departures that are known, as JSON: [{ "check", "operations", "seen"?, "why" }, …]; * stands for
                         any text in an operation. One that is no longer found fails the run
  --allow-undeclared-fields  answers may hold fields that their schema does not name
  --report <file>        writes everything as JSON
  --junit <file>         writes JUnit XML
  --list                 names every check and what it holds a server to

Exit status: 0 no finding, 1 findings, 2 could not run, 130 stopped by Ctrl-C before anything was found.`;

const OWN = [...JUDGES, ...CHECKS];

/** Every name that --checks takes: of checks, and of what they report besides. */
export const NAMES: readonly string[] = [
  ...new Set(OWN.flatMap((one) => [one.name, ...("also" in one ? (one.also ?? []) : [])])),
];

/** Every check in a line: what it holds a server to, and whether that needs a server with a memory. */
export function list(): string {
  const wide = Math.max(...NAMES.map(({ length }) => length)) + 2;
  const lines = OWN.map(({ name, about }) => `${name.padEnd(wide)}${about}`);
  const parts = NAMES.filter((name) => !OWN.some((one) => one.name === name)).map((name) => {
    const by = CHECKS.filter(({ also = [] }) => also.includes(name)).map((one) => one.name);
    return `${name.padEnd(wide)}reported by ${by.join(", ")}`;
  });
  const stateless = `\nLeft out with --stateless: ${[...NEEDS_STATE.keys()].join(", ")}`;
  return [...lines, ...parts, stateless].join("\n");
}

/** Reads the command line. Throws CannotRun with a sentence that says what is wrong. */
export function readArguments(args: readonly string[]): Values {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true }).values;
  } catch (error) {
    // Node's own sentence comes first; further ones speak of cases that are not ours.
    const [said] = (error instanceof Error ? error.message : String(error)).split(/\.(?:\s|$)|\n/);
    throw new CannotRun(`${said}: see npm run contract -- --help`);
  }
}

/** A whole number of an option. Throws CannotRun. */
export function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new CannotRun(`--${name} must be a whole number, not "${text}"`);
  return Number(text);
}

/** The checks that --checks names; undefined where it is not given. Throws CannotRun for one that there is not. */
export function chosenChecks({ checks }: Values): ReadonlySet<string> | undefined {
  if (checks === undefined) return undefined;
  const names = checks.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new CannotRun(`There is no check "${unknown}": --list names them`);
  return new Set(names);
}
