/** Fails when a direct dependency has no line of reason in CONTRIBUTING.md, or a line there has no dependency. */
import { readFile } from "node:fs/promises";

const MANIFESTS = ["package.json", "client/package.json", "client/cli/package.json"];
const GROUPS = ["dependencies", "optionalDependencies", "devDependencies", "peerDependencies"];
const GUIDE = "CONTRIBUTING.md";

/** The names of a manifest's direct dependencies, of every kind. */
async function declared(file: string): Promise<string[]> {
  const manifest: Record<string, Record<string, string> | undefined> = JSON.parse(await readFile(file, "utf8"));
  return GROUPS.flatMap((group) => Object.keys(manifest[group] ?? {}));
}

/** The names in the first cell of each table row, in backticks, with the text of the second cell. */
function explained(markdown: string): Map<string, string> {
  const section = markdown.split(/^## /m).find((part) => part.startsWith("Dependencies")) ?? "";
  const rows = [...section.matchAll(/^\|\s*(`[^|]+)\|([^|]*)\|\s*$/gm)];
  return new Map(
    rows.flatMap(([, names = "", reason = ""]) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]): [string, string] => [name, reason.trim()]),
    ),
  );
}

const wanted = new Set((await Promise.all(MANIFESTS.map(declared))).flat());
const reasons = explained(await readFile(GUIDE, "utf8"));
const problems = [
  ...[...wanted].filter((name) => !reasons.get(name)).map((name) => `${name} has no reason: add a row for it`),
  ...[...reasons.keys()].filter((name) => !wanted.has(name)).map((name) => `${name} is no dependency: delete its row`),
];
if (problems.length > 0) {
  console.error(`${GUIDE}, section Dependencies:\n${problems.map((line) => `  ${line}`).join("\n")}`);
  process.exitCode = 1;
}
