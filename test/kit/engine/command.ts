import { access, constants, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Api } from "../api.ts";
import { type DocumentedOperation, type OpenApiDocument, operationsOf } from "../document.ts";
import { runContract } from "./contract.ts";
import { junitReport } from "./junit.ts";
import { explains, readKnown, sortOut } from "./known.ts";
import { CannotRun, loadDocument, parsed, reason } from "./load.ts";
import { PrincipalsError, readPrincipals } from "./principals.ts";
import { baseOf, NOBODY, over, stoppable } from "./remote.ts";
import { EVERY, findingText, jsonReport, type Ran, summary } from "./report.ts";
import type { RunOptions } from "./run.ts";
import { NEEDS_STATE } from "./stateless.ts";
import type { NotRun, Principal } from "./types.ts";
import { chosenChecks, HELP, list, NAMES, readArguments, type Values, whole } from "./usage.ts";
import { WorkflowError } from "./workflows/expressions.ts";
import { readWorkflows } from "./workflows/read.ts";

/** A server to test when no --base-url is given: the application's own, in this process. */
export type InProcess = Pick<
  RunOptions,
  | "document"
  | "send"
  | "baseUrl"
  | "principals"
  | "renew"
  | "restore"
  | "input"
  | "maker"
  | "workflows"
  | "inputs"
  | "origin"
> & { close(): Promise<void> };

type Io = {
  out(text: string): void;
  err(text: string): void;
  /** Whether somebody looks on: progress is shown on `err`. */
  readonly isTerminal: boolean;
};

/** Ctrl-C and nothing found: what a shell says of a program that SIGINT ended, 128 + 2. */
const INTERRUPTED = 130;

/** Runs the command line. Returns the exit status; what it says goes to `out` and `err`. */
export async function contractCommand(args: readonly string[], own: () => Promise<InProcess>, io: Io): Promise<number> {
  try {
    const values = readArguments(args);
    if (values.help || values.list) {
      io.out(`${values.help ? HELP : list()}\n`);
      return 0;
    }
    return await run(values, own, io);
  } catch (error) {
    if (!(error instanceof CannotRun)) throw error;
    io.err(`${error.message}\n`);
    return 2;
  }
}

/** A text file that an option names. Throws CannotRun. */
async function textOf(option: string, place: string): Promise<string> {
  return readFile(place, "utf8").catch((error: unknown) => {
    throw new CannotRun(`--${option} ${place} cannot be read: ${reason(error)}`);
  });
}

async function principalsOf({ principals }: Values): Promise<Principal[] | undefined> {
  if (principals === undefined) return undefined;
  try {
    return readPrincipals(await textOf("principals", principals));
  } catch (error) {
    if (!(error instanceof PrincipalsError)) throw error;
    throw new CannotRun(`--principals ${principals} ${error.message}`);
  }
}

/** The workflows that --workflows names, found good for the document. Throws CannotRun. */
async function workflowsOf({ workflows: place }: Values, document: OpenApiDocument): Promise<unknown> {
  if (place === undefined) return undefined;
  const workflows = parsed("workflows", place, await textOf("workflows", place));
  try {
    readWorkflows(workflows, new Api(document));
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    throw new CannotRun(`--workflows ${place} cannot be run: ${error.message}`);
  }
  return workflows;
}

async function target(values: Values, own: () => Promise<InProcess>, signal: AbortSignal): Promise<InProcess> {
  const { spec, "base-url": url } = values;
  const principals = await principalsOf(values);
  if (url !== undefined && spec === undefined) {
    throw new CannotRun("--base-url wants --spec too: the document that the server is held to");
  }
  const document = spec === undefined ? undefined : await loadDocument(spec);
  if (url === undefined || document === undefined) {
    const here = await own();
    const held = document ?? here.document;
    // Workflows of one document say nothing of another.
    const workflows = (await workflowsOf(values, held)) ?? (document ? undefined : here.workflows);
    return { ...here, document: held, workflows, ...(principals ? { principals } : {}) };
  }
  const workflows = await workflowsOf(values, document);
  const baseUrl = await baseOf(url, document);
  const close = async () => {};
  return { document, send: over(signal), baseUrl, principals: principals ?? [NOBODY], workflows, close };
}

/** Whether an operation is one that --only names. Throws CannotRun where it names none. */
function chooser(document: OpenApiDocument, { only }: Values): (op: DocumentedOperation) => boolean {
  if (only === undefined) return () => true;
  const has = (name: string) => (op: DocumentedOperation) => op.id === name || op.tags.includes(name);
  const operations = operationsOf(document);
  const lost = only.find((name) => !operations.some(has(name)));
  if (lost !== undefined) throw new CannotRun(`--only ${lost} names no operation and no tag of the document`);
  return (op) => only.some((name) => has(name)(op));
}

/** A report is written at the end of a long run: that it can be is looked at before. */
async function checkPlaces({ report, junit }: Values): Promise<void> {
  for (const [option, place] of Object.entries({ report, junit })) {
    if (place === undefined) continue;
    await access(dirname(place), constants.W_OK).catch((error: unknown) => {
      throw new CannotRun(`--${option} ${place} cannot be written: ${reason(error)}`);
    });
  }
}

async function run(values: Values, own: () => Promise<InProcess>, io: Io): Promise<number> {
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : whole("seed", values.seed);
  const maxSeconds = whole("max-seconds", values["max-seconds"]);
  const checks = chosenChecks(values);
  const known = values.known === undefined ? [] : readKnown(await textOf("known", values.known), values.known, NAMES);
  const enabled = (check: string) =>
    (checks?.has(check) ?? true) && !(values.stateless && NEEDS_STATE.has(check)) && !isAllowed(check, values);
  await checkPlaces(values);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  // Once: a second one ends the program at once.
  process.once("SIGINT", onSignal);
  process.once("SIGTERM", onSignal);
  let on: InProcess | undefined;
  try {
    on = await target(values, own, stop.signal);
    const only = chooser(on.document, values);
    const operations = operationsOf(on.document).filter(only);
    const progress = terminal(io);
    const outcome = await runContract({
      ...on,
      seed,
      maxSeconds,
      only,
      signal: stop.signal,
      clock: stoppable(stop.signal),
      allowUndeclaredFields: values["allow-undeclared-fields"],
      checks: new Set(NAMES.filter(enabled)),
      onFinding(finding) {
        if (known.some((one) => explains(one, finding))) return;
        progress.clear();
        io.out(`${findingText(finding)}\n\n`);
      },
      onProgress: progress.show,
    });
    progress.clear();
    const complete = outcome.stopped === undefined;
    const ran: Ran = {
      outcome: { ...outcome, notRun: [...leftOut(values, checks), ...outcome.notRun] },
      sorted: sortOut(outcome.findings, known, { operations, enabled, complete }),
      operations,
      enabled,
      seed,
    };
    io.out(`${summary(ran)}\n`);
    await write(values, ran);
    return status(ran, stop.signal.aborted);
  } finally {
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
    await on?.close();
  }
}

const isAllowed = (check: string, values: Values) => check === "undeclared_field" && values["allow-undeclared-fields"];

/** What --stateless leaves out, of what would have been run. */
function leftOut({ stateless }: Values, checks: ReadonlySet<string> | undefined): NotRun[] {
  if (!stateless) return [];
  const wanted = [...NEEDS_STATE].filter(([check]) => checks?.has(check) ?? true);
  return wanted.map(([check, why]) => ({ check, operation: EVERY, why: `${why} (--stateless)` }));
}

async function write({ report, junit }: Values, ran: Ran): Promise<void> {
  const texts = [
    ["report", report, () => `${JSON.stringify(jsonReport(ran), null, 2)}\n`],
    ["junit", junit, () => junitReport(ran)],
  ] as const;
  for (const [option, place, text] of texts) {
    if (place === undefined) continue;
    await writeFile(place, text()).catch((error: unknown) => {
      throw new CannotRun(`--${option} ${place} cannot be written: ${reason(error)}`);
    });
  }
}

function status({ outcome, sorted }: Ran, interrupted: boolean): number {
  if (sorted.unexplained.length + sorted.stale.length > 0) return 1;
  if (interrupted) return INTERRUPTED;
  // Green without a single answer would say that all is well where nothing was looked at.
  const isCut = outcome.stopped !== undefined || outcome.notRun.length > 0;
  if (outcome.requests === 0 || (isCut && outcome.tally.answered.size === 0))
    throw new CannotRun("Nothing was tested: the lines above say why");
  return 0;
}

/** One line that changes, where somebody looks on; nothing elsewhere. */
function terminal({ err, isTerminal }: Io) {
  let shownMs = 0;
  return {
    show(done: number, all: number, what: string): void {
      if (!isTerminal || Date.now() - shownMs < 100) return;
      shownMs = Date.now();
      err(`\r\x1b[K${Math.floor((100 * done) / all)} %  ${what}`);
    },
    clear: () => (isTerminal ? err("\r\x1b[K") : undefined),
  };
}
