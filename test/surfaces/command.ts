/** `npm run surfaces`: one set of cases through every way to call the API, and whether all say the same. */
import { parseArgs } from "node:util";
import { reelmarkDocument } from "../../spec/document.ts";
import { ownDatabase } from "../contract/in-process.ts";
import { type OpenApiDocument, operationsOf } from "../kit/document.ts";
import { CannotRun } from "../kit/engine/load.ts";
import { whole } from "../kit/engine/usage.ts";
import { openSurfaces, SURFACES, type SurfaceName } from "./open.ts";
import { type Result, runSurfaces } from "./run.ts";
import type { Difference } from "./surface.ts";
import { openReelmark } from "./tenants.ts";

const HELP = `npm run surfaces -- [options]

Runs one generated set of cases through plain HTTP, the typed client, the command line, MCP and the mock, each on a fresh
tenant of a server in this process, and says where one answers otherwise than plain HTTP does.

  --seed <n>          the same seed gives the same cases; a random one unless given
  --cases <n>         how many (2000)
  --surfaces <a,b>    of ${SURFACES.join(", ")}; http always runs, for the others are held to it
  --only <id>         only this operation; may be repeated
  --spawns <n>        how many commands are processes of their own, instead of calls in this one (50)
  --json              the result as JSON
  --help              this text

Exit status: 0 no difference, 1 differences, 2 could not run, 130 stopped by Ctrl-C before anything was found.`;

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        seed: { type: "string" },
        cases: { type: "string", default: "2000" },
        surfaces: { type: "string", default: SURFACES.join() },
        only: { type: "string", multiple: true },
        spawns: { type: "string", default: "50" },
        json: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    throw new CannotRun(`${(error as Error).message}: see npm run surfaces -- --help`);
  }
}

function chosen(text: string): ReadonlySet<SurfaceName> {
  const names = text.split(",").map((name) => name.trim());
  const unknown = names.find((name) => !SURFACES.some((one) => one === name));
  if (unknown !== undefined) throw new CannotRun(`There is no surface "${unknown}": there are ${SURFACES.join(", ")}`);
  return new Set(SURFACES.filter((one) => names.includes(one)));
}

/** Where two texts part, with a little of what both have before. */
function parting({ http, seen }: Difference): { http: string; seen: string } {
  let at = 0;
  while (at < http.length && http[at] === seen[at]) at++;
  const from = Math.max(0, at - 60);
  const cut = (text: string) => `${from > 0 ? "…" : ""}${text.slice(from, from + 240)}`;
  return at < 5 ? { http: http.slice(0, 240), seen: seen.slice(0, 240) } : { http: cut(http), seen: cut(seen) };
}

function differenceText(difference: Difference): string {
  const { http, seen } = parting(difference);
  return `${difference.name}\n  http    ${http}\n  ${difference.surface.padEnd(6)}  ${seen}\n`;
}

function summary({ differences, cases, operations, calls, statuses, seconds, complete }: Result, seed: number): string {
  const of = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return [
    `${differences.length} differences, ${cases} cases on ${operations} operations, ${seconds} s, seed ${seed}`,
    `answers: ${of(statuses)}`,
    `calls: ${of(calls)}`,
    ...(complete ? [] : ["ended early: it was stopped"]),
  ].join("\n");
}

async function run(args: readonly string[]): Promise<number> {
  const values = readArguments(args);
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole("seed", values.seed);
  const count = whole("cases", values.cases);
  if (count === 0) throw new CannotRun("--cases must be at least 1");
  const spawns = whole("spawns", values.spawns);
  const wanted = chosen(values.surfaces);
  const { only } = values;
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  process.once("SIGTERM", () => stop.abort());
  // The engine reads a document as plain JSON.
  const document = JSON.parse(JSON.stringify(reelmarkDocument())) as OpenApiDocument;
  const names = new Set(operationsOf(document).map(({ id }) => id));
  const lost = only?.find((id) => !names.has(id));
  if (lost !== undefined) throw new CannotRun(`--only ${lost} names no operation of the document`);
  const database = await ownDatabase();
  const app = await openReelmark(database.url);
  const opened = await openSurfaces(app, document, wanted, { spawns, seed });
  const isTerminal = process.stderr.isTTY === true;
  const clear = () => (isTerminal ? process.stderr.write("\r\x1b[K") : undefined);
  try {
    const result = await runSurfaces({
      ...opened,
      app,
      document,
      seed,
      cases: count,
      ...(only ? { only: ({ id }) => only.includes(id) } : {}),
      signal: stop.signal,
      onProgress(done, all, what) {
        if (isTerminal) process.stderr.write(`\r\x1b[K${Math.floor((100 * done) / all)} %  ${what.slice(0, 90)}`);
      },
      onDifference(difference) {
        clear();
        if (!values.json) process.stdout.write(`${differenceText(difference)}\n`);
      },
    });
    clear();
    process.stdout.write(
      values.json ? `${JSON.stringify({ seed, ...result }, null, 2)}\n` : `${summary(result, seed)}\n`,
    );
    if (result.cases === 0 && result.complete)
      throw new CannotRun("Nothing was run: not every surface has this operation");
    if (result.differences.length > 0) return 1;
    return result.complete ? 0 : 130;
  } finally {
    await opened.close();
    await app.close();
    await database.drop();
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CannotRun)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
