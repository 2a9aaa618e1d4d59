import type { DocumentedOperation } from "../document.ts";
import type { Outcome } from "./run.ts";
import type { Finding } from "./types.ts";

/** The whole run as JSON: findings, what could not be run and why, and what was exercised. */
export function jsonReport(outcome: Outcome, operations: readonly DocumentedOperation[], seed: number): object {
  const { findings, notRun, tally, requests, seconds, stopped, kinds } = outcome;
  return {
    seed,
    requests,
    seconds,
    ...(stopped === undefined ? {} : { stopped }),
    findings,
    not_run: grouped(notRun),
    life_of_resources: { read_from: kinds[0]?.source ?? "nothing", kinds: kinds.map(({ name }) => name) },
    coverage: tally.coverage(operations),
  };
}

/** What could not be run, a line a check and reason, with the operations it is about. */
export function grouped(notRun: Outcome["notRun"]) {
  const groups = new Map<string, { check: string; why: string; operations: string[] }>();
  for (const { check, operation, why } of notRun) {
    const group = groups.get(`${check}\n${why}`) ?? { check, why, operations: [] };
    group.operations.push(operation);
    groups.set(`${check}\n${why}`, group);
  }
  return [...groups.values()];
}

const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    // XML 1.0 §2.2 has no control characters but these three.
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

/** The run as JUnit XML, a test case a check and operation, as CI servers read it. */
export function junitReport(outcome: Outcome, operations: readonly DocumentedOperation[]): string {
  const { checks } = outcome.tally.coverage(operations);
  const byCheck = new Map<string, Finding[]>(Object.keys(checks).map((name) => [name, []]));
  for (const finding of outcome.findings) byCheck.set(finding.check, [...(byCheck.get(finding.check) ?? []), finding]);
  const suites = [...byCheck].map(([check, findings]) => {
    const failed = findings.map(
      ({ operation, expected, seen, curl }) =>
        `    <testcase classname="${escaped(check)}" name="${escaped(operation)}">\n` +
        `      <failure message="${escaped(`expected ${expected}, seen ${seen}`)}">${escaped(curl)}</failure>\n    </testcase>`,
    );
    const ran = Math.max(checks[check] ?? 0, findings.length);
    const passed =
      ran > findings.length
        ? [`    <testcase classname="${escaped(check)}" name="${ran - findings.length} operations"/>`]
        : [];
    const cases = [...failed, ...passed];
    return `  <testsuite name="${escaped(check)}" tests="${cases.length}" failures="${failed.length}">\n${cases.join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

/** A finding as a person reads it. */
export function findingText({ check, operation, expected, seen, curl, seed }: Finding): string {
  return [
    `${check}: ${operation}`,
    `  expected  ${expected}`,
    `  seen      ${seen}`,
    ...curl.split("\n").map((line) => `  ${line}`),
    `  seed      ${seed}`,
  ].join("\n");
}

/** The run in a few lines. */
export function summary(outcome: Outcome): string {
  const { findings, notRun, requests, seconds, stopped } = outcome;
  const rate = seconds > 0 ? Math.round(requests / seconds) : requests;
  const skipped = grouped(notRun).map(
    ({ check, why, operations }) => `  not run: ${check}, ${operations.length} operations: ${why}`,
  );
  return [
    ...skipped,
    ...(stopped === undefined ? [] : [`  ended early: ${stopped}`]),
    `${findings.length} finding${findings.length === 1 ? "" : "s"}, ${requests} requests in ${seconds.toFixed(1)} s (${rate} a second)`,
  ].join("\n");
}
