/** `npm run contract:mutants -- --edits`: plants mistakes in the real source, and says which the contract engine catches. */
import { parseArgs } from "node:util";
import type { SourceEdit } from "./faults/edits/edit.ts";
import { EDITS } from "./faults/edits.ts";
import { type Control, type Hunt, Hunter } from "./faults/hunt.ts";
import { sharedPostgres } from "./faults/postgres.ts";
import { inCopy, stale } from "./faults/tree.ts";

const HELP = `npm run contract:mutants -- --edits [options]

Makes one mistake at a time in a copy of the server's source, and runs the contract engine on it in process, first on the
operations that the mistake touches, then on all. It is caught by a finding that the source as it is does not have.

  --only <name>  only this mistake; may be repeated
  --jobs <n>     so many copies at once (2)
  --seeds <n>    runs without a mistake, each of another seed, for each choice of operations (1)
  --quick        does not try all operations on what the first run misses
  --json         the result as JSON
  --list         names every mistake and what a client sees of it

Exit status: 0 all caught and nothing found without a mistake, 1 otherwise, 2 could not run.`;

const width = Math.max(...EDITS.map(({ name }) => name.length));
const print = (line: string) => process.stdout.write(`${line}\n`);
const named = (only: readonly string[]) => (only.length === 0 ? "all operations" : only.join(", "));

function row({ name, only, finding, broken, requests, seconds, stopped }: Hunt, again: boolean): string {
  const early = stopped === undefined ? "" : ` (ended early: ${stopped})`;
  const survived = again ? `not seen by ${named(only)}${early}` : `SURVIVED ${named(only)}${early}`;
  const missed = broken === undefined ? survived : "DID NOT RUN";
  const by = finding ? `${finding.check} ${finding.operation}` : missed;
  return `${name.padEnd(width)}  ${by.padEnd(60)}  ${String(requests).padStart(6)}  ${seconds.toFixed(1).padStart(6)}`;
}

function clean({ only, seed, findings, requests, seconds, stopped }: Control): string {
  const end = stopped === undefined ? "" : `, ended early: ${stopped}`;
  return `without a mistake, ${named(only)}, seed ${seed}: ${findings.length} findings, ${requests} requests, ${seconds.toFixed(1)} s${end}`;
}

const middle = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

function conclude(hunts: readonly Hunt[], planned: number): void {
  const caught = hunts.filter(({ finding }) => finding);
  for (const { name, about, file, broken } of hunts.filter(({ finding }) => !finding)) {
    print(`\n${broken === undefined ? "survived" : "did not run"}: ${name} (${file})\n  ${about}`);
    if (broken !== undefined) print(broken.trim());
  }
  const rest = planned - hunts.length;
  print(`\ncaught ${caught.length} / planted ${hunts.length}${rest > 0 ? `, ${rest} not tried: interrupted` : ""}`);
  const slowest = caught.toSorted((a, b) => b.seconds - a.seconds)[0];
  if (!slowest) return;
  const median = middle(caught.map(({ seconds }) => seconds)).toFixed(1);
  print(`time to catch: median ${median} s, worst ${slowest.seconds.toFixed(1)} s (${slowest.name})`);
}

async function run(
  edits: readonly SourceEdit[],
  options: { jobs: number; seeds: number; json: boolean; quick: boolean },
) {
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
  const hunts: Hunt[] = [];
  const postgres = await sharedPostgres();
  try {
    // A copy of the tree as it is now: whoever works on it meanwhile changes nothing of the run.
    return await inCopy(process.cwd(), [], async (tree) => {
      const controls: Control[] = [];
      const onControl = (control: Control) => {
        controls.push(control);
        if (!options.json) print(clean(control));
      };
      const hunter = new Hunter(tree, postgres, { seeds: options.seeds, signal: stop.signal, onControl });
      const queue = edits.map((edit) => ({ edit, only: edit.only }));
      const work = async () => {
        for (let next = queue.shift(); next; next = queue.shift()) {
          const { edit, only } = next;
          const hunt = await hunter.hunt(edit, only);
          if (!hunt) return;
          const again = !hunt.finding && hunt.broken === undefined && only.length > 0 && !options.quick;
          // After the others, because it takes minutes.
          if (again) queue.push({ edit, only: [] });
          else hunts.push(hunt);
          if (!options.json) print(row(hunt, again));
        }
      };
      const workers = Array.from({ length: options.jobs }, () =>
        work().catch((error: unknown) => {
          // The others end and clean up before the error is told.
          stop.abort();
          throw error;
        }),
      );
      const failed = (await Promise.allSettled(workers)).find((result) => result.status === "rejected");
      if (failed) throw failed.reason;
      return { hunts, controls };
    });
  } finally {
    await postgres.stop();
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: "string", multiple: true },
      jobs: { type: "string", default: "2" },
      seeds: { type: "string", default: "1" },
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const unknown = values.only?.find((name) => !EDITS.some((edit) => edit.name === name));
  const isWrong = unknown !== undefined || !/^[1-9]\d?$/.test(values.jobs) || !/^[1-9]\d?$/.test(values.seeds);
  if (values.help || isWrong) {
    if (unknown !== undefined) process.stderr.write(`There is no mistake "${unknown}": --list names them\n\n`);
    print(HELP);
    return isWrong ? 2 : 0;
  }
  const chosen = EDITS.filter(({ name }) => values.only?.includes(name) ?? true);
  if (values.list) {
    for (const { name, only, about } of chosen) print(`${name.padEnd(width)}  ${about} (${only.join(", ")})`);
    return 0;
  }
  const problems = await stale(
    process.cwd(),
    chosen.map((edit) => ({ name: edit.name, edits: [edit] })),
  );
  if (problems.length > 0) {
    process.stderr.write(`${problems.join("\n")}\n`);
    return 2;
  }
  const [jobs, seeds] = [Number(values.jobs), Number(values.seeds)];
  if (!values.json) print(`${"mistake".padEnd(width)}  ${"caught by".padEnd(60)}  cases  seconds`);
  const { hunts, controls } = await run(chosen, { jobs, seeds, json: values.json, quick: values.quick });
  const caught = hunts.filter(({ finding }) => finding).length;
  if (values.json) print(JSON.stringify({ controls, planted: hunts.length, caught, hunts }, null, 2));
  else conclude(hunts, chosen.length);
  const isClean = controls.every(({ findings, stopped }) => findings.length === 0 && stopped === undefined);
  return caught === chosen.length && isClean ? 0 : 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  const usage = error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage ? `\n${HELP}\n` : ""}`);
  process.exitCode = 2;
}
