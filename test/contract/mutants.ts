/** `npm run contract:mutants`: plants faults in the notes API, one at a time, and says which the engine catches. */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { MUTANTS } from "../fixtures/notes/mutants/all.ts";
import { findingText } from "../kit/engine/report.ts";
import { controlRun, type Hunt, hunt } from "./hunt.ts";

const HELP = `npm run contract:mutants -- [options]

Plants one fault at a time in the notes API and runs the contract engine until it finds it.

  --seeds <n>    runs of the API without a fault, each of another seed, that must find nothing (20)
  --only <name>  only this fault; may be repeated
  --json         the result as JSON
  --list         names every fault and the checks that should see it
  --edits        mistakes in the real source of the server instead, in copies of it; -- --edits --help says more

Exit status: 0 all caught and nothing found without a fault, 1 otherwise, 2 could not run.`;

const print = (line: string) => process.stdout.write(`${line}\n`);

function row(one: Hunt, width: number): string {
  const by = one.by === undefined ? "SURVIVED" : one.expected ? one.by : `caught by ${one.by} instead`;
  return `${one.name.padEnd(width)}  ${by.padEnd(40)}  ${String(one.cases).padStart(6)}  ${one.seconds.toFixed(2).padStart(6)}`;
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

async function control(seeds: number, quiet: boolean) {
  const started = performance.now();
  let requests = 0;
  const findings: string[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    const outcome = await controlRun(seed);
    requests += outcome.requests;
    findings.push(...outcome.findings.map(findingText));
    if (outcome.stopped) findings.push(`seed ${seed} ended early: ${outcome.stopped}`);
  }
  const seconds = (performance.now() - started) / 1000;
  if (!quiet) {
    for (const finding of findings) print(`${finding}\n`);
    const rate = Math.round(requests / seconds);
    print(`without a fault: ${findings.length} findings over ${seeds} seeds, ${requests} cases, ${rate} a second\n`);
  }
  return { seeds, findings, requests, seconds };
}

/** Mistakes in real source are another program's: it plants them in copies, and runs the engine there. Its exit status. */
function edits(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ["scripts/edits.ts", ...args], { stdio: "inherit" });
  // It removes its copies and databases, and then ends: so this must not end before it.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 2));
  });
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string", default: "20" },
      only: { type: "string", multiple: true },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { only, json } = values;
  const chosen = MUTANTS.filter(({ name }) => only?.includes(name) ?? true);
  const unknown = only?.find((name) => !MUTANTS.some((one) => one.name === name));
  const width = Math.max(...MUTANTS.map(({ name }) => name.length));
  if (values.help || !/^\d{1,4}$/.test(values.seeds) || unknown !== undefined) {
    if (unknown !== undefined) process.stderr.write(`There is no fault "${unknown}": --list names them\n\n`);
    print(HELP);
    return values.help ? 0 : 2;
  }
  if (values.list) {
    for (const { name, expected, about } of chosen) print(`${name.padEnd(width)}  ${about} (${expected.join(" or ")})`);
    return 0;
  }
  const clean = await control(Number(values.seeds), json);
  const hunts: Hunt[] = [];
  if (!json) print(`${"fault".padEnd(width)}  ${"caught by".padEnd(40)}   cases  seconds`);
  for (const mutant of chosen) {
    const one = await hunt(mutant);
    hunts.push(one);
    if (!json) print(row(one, width));
  }
  const caught = hunts.filter(({ by }) => by !== undefined);
  const seconds = hunts.map((one) => one.seconds);
  const worst = hunts.toSorted((a, b) => b.seconds - a.seconds)[0];
  if (json) print(JSON.stringify({ control: clean, planted: hunts.length, caught: caught.length, hunts }, null, 2));
  else {
    print(`\ncaught ${caught.length} / planted ${hunts.length}`);
    print(
      `time to catch: median ${middle(seconds).toFixed(2)} s, worst ${worst?.seconds.toFixed(2)} s (${worst?.name})`,
    );
  }
  return caught.length === hunts.length && clean.findings.length === 0 ? 0 : 1;
}

const args = process.argv.slice(2);
try {
  process.exitCode = args.includes("--edits") ? await edits(args.filter((arg) => arg !== "--edits")) : await main();
} catch (error) {
  const usage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  if (!usage) throw error;
  process.stderr.write(`${error.message}\n\n${HELP}\n`);
  process.exitCode = 2;
}
