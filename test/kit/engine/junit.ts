import { CHECKS } from "./checks/all.ts";
import { JUDGES } from "./judges/all.ts";
import { EVERY, findingText, type Ran } from "./report.ts";
import type { Finding } from "./types.ts";

/** XML 1.0 §2.2 has no control characters but three, and no half of a surrogate pair. */
const escaped = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "\ufffd");

/** In an attribute, line breaks would be read as blanks (XML 1.0 §3.3.3). */
const attribute = (text: string) => escaped(text).replaceAll("\n", "&#10;").replaceAll("\r", "&#13;");

type Case = { readonly name: string; readonly failure?: readonly Finding[]; readonly skipped?: string };

/** The run as JUnit XML, as CI servers read it: a suite a check, a test case an operation that it was run on. */
export function junitReport(ran: Ran): string {
  const { stale } = ran.sorted;
  const suites = namesOf(ran).flatMap((check) => {
    const cases = casesOf(check, ran);
    return cases.length === 0 ? [] : [suite(check, cases)];
  });
  if (stale.length > 0) suites.push(suite("known findings", stale.map(staleCase(ran.seed))));
  const total = (what: (one: (typeof suites)[number]) => number) => suites.reduce((sum, one) => sum + what(one), 0);
  const counts = `tests="${total((one) => one.tests)}" failures="${total((one) => one.failures)}" skipped="${total((one) => one.skipped)}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="contract" ${counts} errors="0" time="${ran.outcome.seconds.toFixed(3)}">`,
    ...suites.map(({ xml }) => xml),
    "</testsuites>\n",
  ].join("\n");
}

/** Names under which something may be reported, those of findings included: some belong to no check of their own. */
function namesOf({ outcome, enabled }: Ran): string[] {
  const all = [...JUDGES, ...CHECKS].flatMap((one) => [one.name, ...("also" in one ? (one.also ?? []) : [])]);
  return [...new Set([...all.filter(enabled), ...outcome.findings.map(({ check }) => check)])];
}

function casesOf(check: string, { outcome, sorted, operations, enabled }: Ran): Case[] {
  const { tally, notRun, findings } = outcome;
  const runners = CHECKS.filter(({ name, also = [] }) => name === check || also.includes(check));
  const ran = new Set(
    JUDGES.some(({ name }) => name === check)
      ? tally.answered
      : runners.flatMap(({ name }) => [...(enabled(check) ? tally.ranOn(name) : [])]),
  );
  const ids = [...operations.map(({ id }) => id), ...findings.map(({ operation }) => operation), EVERY];
  return [...new Set(ids)].flatMap((name): Case[] => {
    const failure = sorted.unexplained.filter((one) => one.check === check && one.operation === name);
    if (failure.length > 0) return [{ name, failure }];
    const known = sorted.explained.find(({ findings: some }) =>
      some.some((one) => one.check === check && one.operation === name),
    );
    if (known) return [{ name, skipped: `known: ${known.why}` }];
    const skipped = notRun.find((one) => one.check === check && one.operation === name);
    if (skipped) return [{ name, skipped: skipped.why }];
    return ran.has(name) ? [{ name }] : [];
  });
}

const staleCase =
  (seed: number) =>
  ({ check, operations, why }: Ran["sorted"]["stale"][number]): Case => {
    const operation = operations.join(", ");
    const expected = `findings of ${check}, because ${why}`;
    const finding = { check, operation, expected, seen: "none: take the entry off the list", curl: "", seed };
    return { name: `${check} of ${operation}`, failure: [finding] };
  };

function suite(name: string, cases: readonly Case[]) {
  const failures = cases.filter(({ failure }) => failure).length;
  const skipped = cases.filter((one) => one.skipped !== undefined).length;
  const tests = cases.length;
  const counts = `tests="${tests}" failures="${failures}" errors="0" skipped="${skipped}"`;
  const xml = [
    `  <testsuite name="${attribute(name)}" ${counts}>`,
    ...cases.map((one) => testCase(name, one)),
    "  </testsuite>",
  ].join("\n");
  return { tests, failures, skipped, xml };
}

function testCase(check: string, { name, failure, skipped }: Case): string {
  const start = `    <testcase classname="${attribute(check)}" name="${attribute(name)}"`;
  if (skipped !== undefined) return `${start}><skipped message="${attribute(skipped)}"/></testcase>`;
  const [first] = failure ?? [];
  if (!first || !failure) return `${start}/>`;
  const more = failure.length > 1 ? ` (and ${failure.length - 1} more)` : "";
  const message = attribute(`expected ${first.expected}, seen ${first.seen}${more}`);
  return `${start}><failure message="${message}">${escaped(failure.map(findingText).join("\n\n"))}</failure></testcase>`;
}
