import type { DocumentedOperation } from "../document.ts";
import type { Outcome } from "./contract.ts";
import type { SortedOut } from "./known.ts";
import type { Finding } from "./types.ts";

/** Stands for every operation where a check was left out as a whole. */
export const EVERY = "*";

/** What the command knows once a run has ended. */
export type Ran = {
  readonly outcome: Outcome;
  readonly sorted: SortedOut;
  /** The operations that were chosen, in the document's order. */
  readonly operations: readonly DocumentedOperation[];
  readonly enabled: (check: string) => boolean;
  readonly seed: number;
};

/** The whole run as JSON: findings, what could not be run and why, and what was exercised. */
export function jsonReport({ outcome, sorted, operations, seed }: Ran): object {
  const { notRun, tally, requests, seconds, stopped, kinds } = outcome;
  const { unexplained, explained, stale } = sorted;
  return {
    seed,
    requests,
    seconds,
    ...(stopped === undefined ? {} : { stopped }),
    findings: unexplained,
    known: explained.filter(({ findings }) => findings.length > 0),
    stale,
    not_run: grouped(notRun),
    life_of_resources: { read_from: kinds[0]?.source ?? "nothing", kinds: kinds.map(({ name }) => name) },
    coverage: tally.coverage(operations),
  };
}

/** What could not be run, a group a reason: its checks, and the operations that they are about. */
function grouped(notRun: Outcome["notRun"]) {
  const groups = new Map<string, { checks: Set<string>; operations: Set<string> }>();
  for (const { check, operation, why } of notRun) {
    const group = groups.get(why) ?? { checks: new Set(), operations: new Set() };
    group.checks.add(check);
    group.operations.add(operation);
    groups.set(why, group);
  }
  return [...groups].map(([why, { checks, operations }]) => ({
    why,
    checks: [...checks],
    operations: [...operations],
  }));
}

/** A finding as a person reads it. */
export function findingText({ check, operation, expected, seen, curl, seed }: Finding): string {
  return [
    `${check}: ${operation}`,
    `  expected  ${oneLine(expected)}`,
    `  seen      ${oneLine(seen)}`,
    `  seed      ${seed}`,
    ...indented(curl),
  ].join("\n");
}

/** What a server sends may hold line breaks, and characters that would steer the terminal. */
const oneLine = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (c) => `\\u${(c.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);

/** A command that is longer than this is cut where people read it. */
const LONGEST = 4000;

/** Commands to copy; where a line is part of a text, blanks before it would be too. */
function indented(curl: string): string[] {
  if (curl.length > LONGEST) return [`  ${curl.slice(0, 200)}… (${curl.length} characters; --report has all of it)`];
  const lines = curl === "" ? [] : curl.split("\n");
  return lines.every((line) => line.startsWith("curl ")) ? lines.map((line) => `  ${line}`) : lines;
}

const count = (n: number, thing: string) => `${n} ${thing}${n === 1 ? "" : "s"}`;

/** More checks than this that one thing is missing for are counted: their names are in the JSON report. */
const MOST_NAMES = 8;

/** Up to three names, and how many more there are. */
const some = (names: readonly string[]) =>
  names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;

/** The run in a few lines: what was not run, by reason; what was exercised; how many findings of which check. */
export function summary({ outcome, sorted, operations, seed }: Ran): string {
  const { notRun, requests, seconds, stopped, tally } = outcome;
  const { unexplained, explained, stale } = sorted;
  const skipped = grouped(notRun).map(({ why, checks, operations: on }) => {
    const what = checks.length > MOST_NAMES ? `${checks.length} checks` : checks.join(", ");
    return `not run: ${what}${on.includes(EVERY) ? "" : ` on ${some(on)}`}: ${why}`;
  });
  const known = explained.flatMap(({ check, operations: on, why, findings }) =>
    findings.length === 0 ? [] : [`known: ${check} of ${some(on)}, ${count(findings.length, "finding")}: ${why}`],
  );
  const statuses = tally.coverage(operations).statuses;
  const declared = operations.reduce((sum, op) => sum + op.responses.size, 0);
  const unseen = statuses.reduce((sum, one) => sum + one.unseen.length, 0);
  const rate = seconds > 0 ? Math.round(requests / seconds) : requests;
  const byCheck = new Map<string, string[]>();
  for (const { check, operation } of unexplained) byCheck.set(check, [...(byCheck.get(check) ?? []), operation]);
  return [
    ...skipped,
    ...known,
    ...stale.map(
      ({ check, operations: on, why }) => `stale: ${check} of ${some(on)} is no longer found: take it off (${why})`,
    ),
    ...(stopped === undefined ? [] : [`ended early: ${stopped}`]),
    `answered: ${operations.filter(({ id }) => tally.answered.has(id)).length} of ${count(operations.length, "operation")}, ${declared - unseen} of ${declared} declared statuses`,
    ...[...byCheck].map(([check, on]) => `${check}: ${count(on.length, "finding")} (${some([...new Set(on)])})`),
    `${count(unexplained.length, "finding")}, ${requests} requests in ${seconds.toFixed(1)} s (${rate} a second), seed ${seed}`,
  ].join("\n");
}
