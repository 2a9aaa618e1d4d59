/**
 * Plants faults, one at a time, each in a copy of the tree, and runs the contract tests that guard against it. Every one
 * must turn them red; the copy without a fault must stay green. Three to four minutes.
 *
 * `npm run faults`, `npm run faults -- <part of a name> …`, `-- --part 1/3` for the first of three parts, as CI takes
 * them in turn, or `-- --check` to see only that all can still be planted.
 */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { EDITS } from "./faults/edits.ts";
import { FAULTS, type Fault } from "./faults/list.ts";
import { inCopy, stale } from "./faults/tree.ts";

const TESTS = "test/contract/reelmark.test.ts";
const CONCURRENCY = 3;
const root = process.cwd();

type Report = {
  testResults: { assertionResults: { status: string; fullName: string; failureMessages: string[] }[] }[];
};
type Run = { ran: number; failed: { name: string; why: string } | undefined; output: string; seconds: number };

/** Runs the tests of a copy, or one group of them, up to the first that fails. */
async function runTests(copy: string, group: string): Promise<Run> {
  const started = performance.now();
  const report = join(copy, "report.json");
  const only = group === "" ? [] : ["-t", `^${group} `];
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", TESTS, "--bail", "1", "--reporter", "json", "--outputFile", report, ...only];
  const output = await new Promise<string>((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: copy, stdio: ["ignore", "pipe", "pipe"] });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (more) => (text += more));
    child.on("error", reject);
    child.on("close", () => resolve(text));
  });
  const seconds = (performance.now() - started) / 1000;
  const { testResults } = JSON.parse(await readFile(report, "utf8").catch(() => '{"testResults":[]}')) as Report;
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults);
  const red = tests.find(({ status }) => status === "failed");
  const ran = tests.filter(({ status }) => status === "passed" || status === "failed").length;
  const why = red?.failureMessages[0]?.split("\n")[0] ?? "";
  return { ran, failed: red && { name: red.fullName, why }, output, seconds };
}

const { values: options, positionals } = parseArgs({
  options: { check: { type: "boolean" }, part: { type: "string" } },
  allowPositionals: true,
});

/** Whether the nth fault belongs to a part such as 2/3: the second of every three. Ends the program where it is none. */
function inPart(part: string, at: number): boolean {
  const [, which = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(part) ?? []).map(Number);
  if (which >= 1 && which <= of) return at % of === which - 1;
  console.error(`--part ${part} is none: say 1/3 for the first of three`);
  process.exit(2);
}

function chosen(): readonly Fault[] {
  const { check, part } = options;
  if (check) return [];
  const found = FAULTS.filter(
    ({ name }, at) =>
      (positionals.length === 0 || positionals.some((some) => name.includes(some))) &&
      (part === undefined || inPart(part, at)),
  );
  if (found.length > 0) return found;
  console.error(`No fault has such a name. There are:\n${FAULTS.map(({ name }) => `  ${name}`).join("\n")}`);
  process.exit(2);
}

const faults = chosen();
const isAll = faults.length === FAULTS.length;
const width = Math.max(...FAULTS.map(({ name }) => name.length));
const problems: string[] = [];

/** Prints a line of the table, and adds to `problems` what was not as it must be. */
function judge(fault: Fault | undefined, run: Run): void {
  const name = fault?.name ?? "(no fault)";
  const mustFail = fault !== undefined && !fault.harmless;
  const green = mustFail ? "SURVIVED" : `${run.ran} passed`;
  const verdict = run.ran === 0 ? "NOTHING RAN" : (run.failed?.name ?? green);
  console.log(`${name.padEnd(width)} | ${verdict} | ${run.seconds.toFixed(1)} s`);
  if (!isAll && run.failed) console.log(`  ${run.failed.why}`);
  if (run.ran === 0) problems.push(`${name}: no test ran, so nothing is proved\n${run.output}`);
  else if (mustFail && !run.failed) problems.push(`${name}: no test of the group "${fault.group}" turned red`);
  else if (!mustFail && run.failed) problems.push(`${name}: ${run.failed.name}: ${run.failed.why}`);
}

// Without a control, a copy that does not work at all would pass for a caught fault. Of a part, one group shows that.
const controlGroup = options.part === undefined ? "" : (faults[0]?.group ?? "");
const queue: (Fault | undefined)[] = faults.length > 0 ? [undefined, ...faults] : [];

async function work(): Promise<void> {
  while (queue.length > 0) {
    const fault = queue.shift();
    judge(fault, await inCopy(root, fault?.edits ?? [], (copy) => runTests(copy, fault?.group ?? controlGroup)));
  }
}

const started = performance.now();
const sourceEdits = EDITS.map((edit) => ({ name: edit.name, edits: [edit] }));
problems.push(...(await stale(root, [...FAULTS, ...sourceEdits])));
if (problems.length === 0) {
  if (faults.length > 0) console.log(`${"fault".padEnd(width)} | caught by | time`);
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}
const total = ((performance.now() - started) / 1000).toFixed(0);
const caught = faults.filter(({ harmless }) => !harmless).length;
if (problems.length > 0)
  console.error(`\n${problems.join("\n\n")}\n\nFAILED: ${problems.length} problems, in ${total} s`);
else if (faults.length === 0)
  console.log(`All ${FAULTS.length} faults and ${EDITS.length} source edits can be planted`);
else console.log(`\n${caught} faults planted, all caught, in ${total} s`);
process.exitCode = problems.length === 0 ? 0 : 1;
