/** `npm run check`: everything that can be known without a database, in parallel, with one line a part. */
import { spawn } from "node:child_process";
import { parseArgs, styleText } from "node:util";

type Part = { name: string; proves: string; command: [file: string, ...args: string[]] };
type Result = { part: Part; ok: boolean; seconds: number; output: string };

const bin = (name: string, ...args: string[]): Part["command"] => [`node_modules/.bin/${name}`, ...args];
const script = (name: string): Part["command"] => [`scripts/${name}.ts`];

/** Slowest first, so that the last part to end is a short one. */
const parts: Part[] = [
  { name: "redocly", proves: "the document is valid, in full", command: bin("redocly", "lint", "--format=codeframe") },
  { name: "drift", proves: "generated files are those of the contract", command: script("drift") },
  { name: "knip", proves: "nothing is unused or undeclared", command: bin("knip", "--no-progress") },
  {
    name: "imports",
    proves: "who may import whom",
    command: bin("depcruise", "spec", "server", "client", "scripts", "test"),
  },
  { name: "tsc", proves: "types", command: ["node_modules/typescript7/bin/tsc", "--noEmit", "-p", "tsconfig.json"] },
  {
    name: "biome",
    proves: "format and lint",
    command: bin("biome", "check", "--error-on-warnings", "--max-diagnostics=none"),
  },
  {
    name: "migrations",
    proves: "the migrations make the tables of the schema",
    command: script("migrations-drift"),
  },
  { name: "type budget", proves: "what an operation costs the compiler", command: script("type-budget") },
  {
    name: "breaking",
    proves: "no breaking change goes without a line in the changelog",
    command: ["scripts/spec-diff.ts", "--check"],
  },
  { name: "client size", proves: "what the client weighs in an application", command: script("client-size") },
  {
    name: "faults",
    proves: "every fault can be planted where it should be",
    command: ["scripts/faults.ts", "--check"],
  },
  { name: "reasons", proves: "every dependency has a reason", command: script("dependency-reasons") },
];

const CONCURRENCY = 2;
const width = Math.max(...parts.map(({ name }) => name.length));

/** Runs one part with this Node and collects what it says; colours only where we show them to somebody. */
function run(part: Part, coloured: boolean): Promise<Result> {
  const started = performance.now();
  const { FORCE_COLOR: _, NO_COLOR: __, ...env } = process.env;
  const colours = coloured ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, part.command, {
      env: { ...env, ...colours, REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    const end = (ok: boolean) => resolve({ part, ok, output, seconds: (performance.now() - started) / 1000 });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", (error) => {
      output += error.message;
      end(false);
    });
    child.on("close", (code) => end(code === 0));
  });
}

function report({ part, ok, seconds }: Result, paint: Paint): void {
  const mark = ok ? paint("green", "ok  ") : paint("red", "FAIL");
  console.log(`${mark} ${part.name.padEnd(width)} ${seconds.toFixed(1).padStart(5)} s  ${paint("dim", part.proves)}`);
}

type Paint = (format: "green" | "red" | "bold" | "dim", text: string) => string;

function chosen(only: string | undefined): Part[] {
  if (only === undefined) return parts;
  const names = only.split(",").map((name) => name.trim());
  const unknown = names.filter((name) => !parts.some((part) => part.name === name));
  if (unknown.length > 0) {
    console.error(`No such part: ${unknown.join(", ")}. Choose from ${parts.map(({ name }) => name).join(",")}.`);
    process.exit(2);
  }
  return parts.filter(({ name }) => names.includes(name));
}

function options(): { only?: string | undefined } {
  try {
    return parseArgs({ options: { only: { type: "string" } } }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\nUsage: npm run check -- [--only biome,tsc]`);
    process.exit(2);
  }
}

const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint: Paint = (format, text) => (coloured ? styleText(format, text, { validateStream: false }) : text);
const started = performance.now();
const queue = chosen(options().only);
const failures: Result[] = [];

async function work(): Promise<void> {
  for (let part = queue.shift(); part; part = queue.shift()) {
    const result = await run(part, coloured);
    report(result, paint);
    if (!result.ok) failures.push(result);
  }
}

await Promise.all(Array.from({ length: CONCURRENCY }, work));

for (const { part, output } of failures) {
  console.log(
    `\n${paint("bold", `${part.name}: ${part.command.join(" ")}`)}\n${output.trimEnd() || "(it said nothing)"}`,
  );
}
const total = ((performance.now() - started) / 1000).toFixed(1);
console.log(
  failures.length === 0
    ? `\n${paint("green", "check passed")} in ${total} s`
    : `\n${paint("red", "check failed")} in ${total} s: ${failures.map(({ part }) => part.name).join(", ")}`,
);
process.exitCode = failures.length === 0 ? 0 : 1;
