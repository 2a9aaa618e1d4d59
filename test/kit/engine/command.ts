import { readFile, writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { parse as parseYaml } from "yaml";
import { basePath, type OpenApiDocument, operationsOf } from "../document.ts";
import { CHECKS } from "./checks/all.ts";
import { JUDGES } from "./judges/all.ts";
import { PrincipalsError, readPrincipals } from "./principals.ts";
import { findingText, jsonReport, junitReport, summary } from "./report.ts";
import { type RunOptions, runContract } from "./run.ts";
import type { Principal, Send } from "./types.ts";

/** The command was used in a way that it cannot be; exit status 2. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** A server to test when no --base-url is given: the application's own, in this process. */
export type InProcess = {
  readonly document: OpenApiDocument;
  readonly send: Send;
  readonly baseUrl: string;
  readonly principals: readonly Principal[];
  readonly renew?: () => Promise<readonly Principal[]>;
  readonly input?: NonNullable<RunOptions["input"]>;
  readonly maker?: NonNullable<RunOptions["maker"]>;
  close(): Promise<void>;
};

const OPTIONS = {
  spec: { type: "string" },
  "base-url": { type: "string" },
  principals: { type: "string" },
  seed: { type: "string" },
  "max-seconds": { type: "string", default: "120" },
  only: { type: "string", multiple: true },
  checks: { type: "string" },
  "allow-undeclared-fields": { type: "boolean", default: false },
  report: { type: "string" },
  junit: { type: "string" },
  list: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

const HELP = `npm run contract -- [options]

Holds a server to its OpenAPI 3.1 document, and says where the two disagree, each with the shortest curl that shows it.

  --spec <file|url>      the document; this project's own unless given
  --base-url <url>       the server, with the base path of its operations; without it, this project's own in this process
  --principals <file>    who may call: [{ "name", "headers", "tenant", "scopes" }, …]; checks that need more are named
  --seed <n>             the same seed gives the same requests; a random one unless given
  --max-seconds <n>      ends after so long, with what was found (120)
  --only <id|tag>        only this operation or tag; may be repeated
  --checks <a,b>         only these checks; --list names them
  --allow-undeclared-fields  answers may hold fields that their schema does not name
  --report <file>        writes everything as JSON
  --junit <file>         writes JUnit XML
  --list                 names every check and what it holds a server to

Exit status: 0 no finding, 1 findings, 2 could not run.`;

const NAMES = [...JUDGES.map(({ name }) => name), ...CHECKS.flatMap(({ name, also = [] }) => [name, ...also])];

async function load(place: string): Promise<OpenApiDocument> {
  let text: string;
  try {
    if (/^https?:\/\//.test(place)) {
      const response = await fetch(place);
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
      text = await response.text();
    } else text = await readFile(place, "utf8");
  } catch (error) {
    throw new CannotRun(`--spec ${place} cannot be read: ${reason(error)}`);
  }
  let value: unknown;
  try {
    // YAML 1.2 is a superset of JSON.
    value = parseYaml(text);
  } catch (error) {
    throw new CannotRun(`--spec ${place} is neither JSON nor YAML: ${reason(error)}`);
  }
  const document = (value ?? {}) as Partial<OpenApiDocument>;
  if (!/^3\.1\./.test(String(document.openapi)) || typeof document.paths !== "object") {
    throw new CannotRun(`--spec ${place} is no OpenAPI 3.1 document (openapi: ${String(document.openapi)})`);
  }
  return document as OpenApiDocument;
}

const reason = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
};

function whole(name: string, text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new CannotRun(`--${name} must be a whole number, not ${text}`);
  return Number(text);
}

async function target(
  values: { spec?: string; "base-url"?: string; principals?: string },
  own: () => Promise<InProcess>,
): Promise<InProcess> {
  const given = values.principals;
  const principals =
    given === undefined
      ? undefined
      : await readFile(given, "utf8")
          .then(readPrincipals)
          .catch((error: unknown) => {
            const what = error instanceof PrincipalsError ? error.message : `cannot be read: ${reason(error)}`;
            throw new CannotRun(`--principals ${given} ${what}`);
          });
  const url = values["base-url"];
  if (url === undefined) {
    const inProcess = await own();
    return {
      ...inProcess,
      ...(values.spec === undefined ? {} : { document: await load(values.spec) }),
      ...(principals === undefined ? {} : { principals }),
    };
  }
  if (!URL.canParse(url)) throw new CannotRun(`--base-url ${url} is no URL`);
  if (values.spec === undefined)
    throw new CannotRun("--base-url wants --spec too: the document that the server is held to");
  const document = await load(values.spec);
  const bare = new URL(url);
  const baseUrl = (bare.pathname === "/" ? bare.origin + basePath(document) : url).replace(/\/$/, "");
  await fetch(bare).catch((error: unknown) => {
    throw new CannotRun(`${bare.origin} cannot be reached (${reason(error)}): start the server, or correct --base-url`);
  });
  const nobody: Principal = { name: "nobody", headers: {}, tenant: "t1", scopes: ["*"] };
  return {
    document,
    send: (request) => fetch(request),
    baseUrl,
    principals: principals ?? [nobody],
    close: async () => {},
  };
}

/** Runs the command line. Returns the exit status; what it says goes to `out` and `err`. */
export async function contractCommand(
  args: readonly string[],
  own: () => Promise<InProcess>,
  io: { out(text: string): void; err(text: string): void; isTerminal: boolean },
): Promise<number> {
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS, strict: true });
    if (values.help) return say(io, HELP);
    if (values.list)
      return say(io, [...JUDGES, ...CHECKS].map(({ name, about }) => `${name.padEnd(32)}${about}`).join("\n"));
    return await runOn(values, own, io);
  } catch (error) {
    const usage = error instanceof TypeError && String((error as { code?: unknown }).code).startsWith("ERR_PARSE_ARGS");
    if (!(error instanceof CannotRun) && !usage) throw error;
    io.err(`${error.message}\n`);
    return 2;
  }
}

function say(io: { out(text: string): void }, text: string): number {
  io.out(`${text}\n`);
  return 0;
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

async function runOn(
  values: Values,
  own: () => Promise<InProcess>,
  io: Parameters<typeof contractCommand>[2],
): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole("seed", values.seed);
  const maxSeconds = whole("max-seconds", values["max-seconds"]);
  const wanted = values.checks?.split(",").map((name) => name.trim());
  const unknown = wanted?.find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw new CannotRun(`There is no check ${unknown}: --list names them`);
  const on = await target(values, own);
  const operations = operationsOf(on.document);
  const { only } = values;
  const chosen = (op: (typeof operations)[number]) =>
    only === undefined || only.includes(op.id) || op.tags.some((tag) => only.includes(tag));
  if (!operations.some(chosen))
    throw new CannotRun(`--only ${only?.join(", ")} names no operation and no tag of the document`);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal);
  let shown = 0;
  try {
    const outcome = await runContract({
      ...on,
      seed,
      maxSeconds,
      signal: stop.signal,
      only: chosen,
      allowUndeclaredFields: values["allow-undeclared-fields"],
      ...(wanted ? { checks: new Set(wanted) } : {}),
      onFinding: (finding) => io.out(`${io.isTerminal ? "\r\x1b[K" : ""}${findingText(finding)}\n\n`),
      onProgress: (done, all, what) => {
        if (!io.isTerminal || Date.now() - shown < 100) return;
        shown = Date.now();
        io.err(`\r\x1b[K${Math.floor((100 * done) / all)} %  ${what}`);
      },
    });
    if (io.isTerminal) io.err("\r\x1b[K");
    if (values.report)
      await writeFile(values.report, `${JSON.stringify(jsonReport(outcome, operations, seed), null, 2)}\n`);
    if (values.junit) await writeFile(values.junit, junitReport(outcome, operations));
    io.out(`${summary(outcome)}\nseed ${seed}\n`);
    return outcome.findings.length > 0 ? 1 : 0;
  } finally {
    process.off("SIGINT", onSignal);
    await on.close();
  }
}
