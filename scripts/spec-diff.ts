import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { type Group, grouped, unannounced } from "./spec-diff/changelog.ts";
import { compareDocuments } from "./spec-diff/compare.ts";
import type { Document } from "./spec-diff/document.ts";
import { releasedText } from "./spec-diff/released.ts";
import { readDocument, run, UsageError } from "./usage.ts";

const HELP = `Usage: npm run spec:diff -- [<git ref>] [--check]

Says how the contract has changed since a state of the repository, or since the last release: what breaks those who call
it, each with a request or an answer that shows it, and what does not.

  <git ref>        the state to compare with, such as HEAD~1 or v0.1.0; the last release unless told
  --from <file>    compare with this document instead
  --to <file>      compare this document, instead of the one that spec/ makes now
  --changelog <file>  the changelog (CHANGELOG.md)
  --check          say only what breaks and has no line in the changelog, and fail if there is any
  --release        make the present document the last release: when a version is released
  --help           this text
`;

const root = fileURLToPath(new URL("..", import.meta.url));
/** The document as it was last released. In the tree, because a fresh or shallow clone has no other state to look at. */
const RELEASED = `${root}spec/released.json`;

async function fromGit(ref: string): Promise<Document> {
  if (ref.startsWith("-")) throw new UsageError(`"${ref}" is no state of the repository: name a commit, tag or branch`);
  const options = { cwd: root, maxBuffer: 256 * 1024 * 1024 };
  const shown = await promisify(execFile)("git", ["show", `${ref}:spec/openapi.json`], options).catch(() => {
    throw new UsageError(`Git has no spec/openapi.json at "${ref}": name a commit, tag or branch that this clone has`);
  });
  const document: Document = JSON.parse(shown.stdout);
  return document;
}

/** The document as spec/ says it now, whether or not it was generated since. */
async function present(): Promise<Document> {
  const { reelmarkDocument } = await import("../spec/document.ts");
  // As it would be read from the file.
  return JSON.parse(JSON.stringify(reelmarkDocument()));
}

/** At most so many operations are named of a change that concerns many. */
const NAMED = 4;

function print(title: string, groups: readonly Group[]): void {
  if (groups.length === 0) return;
  console.log(`\n${title}\n`);
  for (const { what, subjects, places, shows } of groups) {
    const more = subjects.length > NAMED ? ` and ${subjects.length - NAMED} more` : "";
    const where = subjects.length === 1 ? ` (${places[0]})` : "";
    console.log(`- ${subjects.slice(0, NAMED).join(", ")}${more}${where}: ${what}`);
    if (shows !== undefined) console.log(shows.replace(/^/gm, "    "));
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      from: { type: "string" },
      to: { type: "string" },
      changelog: { type: "string", default: `${root}CHANGELOG.md` },
      check: { type: "boolean", default: false },
      release: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) return void process.stdout.write(HELP);
  const [ref] = positionals;
  const fresh = values.to === undefined ? await present() : await readDocument<Document>(values.to);
  if (values.release) return await writeFile(RELEASED, releasedText(fresh));
  const old = ref === undefined ? await readDocument<Document>(values.from ?? RELEASED) : await fromGit(ref);
  const groups = grouped(compareDocuments(old, fresh));
  if (values.check) {
    const silent = unannounced(groups, await readFile(values.changelog, "utf8"));
    if (silent.length === 0) return;
    print("These changes break those who call the API, or may, and the changelog does not say so:", silent);
    console.log(
      '\nTake them back, or say under "### Changed" or "### Removed" of [Unreleased] in CHANGELOG.md what changes and what\n' +
        "to do about it. Name the operation, path or event as `code`.",
    );
    process.exitCode = 1;
    return;
  }
  print(
    "Breaking:",
    groups.filter(({ kind }) => kind === "breaking"),
  );
  print(
    "May break, look at them:",
    groups.filter(({ kind }) => kind === "unclear"),
  );
  print(
    "Compatible:",
    groups.filter(({ kind }) => kind === "compatible"),
  );
  if (groups.length === 0) console.log("Nothing has changed for those who call the API.");
}

await run("spec:diff", main);
