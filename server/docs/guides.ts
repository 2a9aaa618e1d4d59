import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** A guide: its name in addresses (`#tag/guide-errors`) and of its file, its title, and its Markdown below that title. */
export type Guide = { readonly name: string; readonly title: string; readonly text: string };

/** The guides, in reading order. Each is a file of `spec/guides/` that begins with its title. */
const GUIDES = [
  "quickstart",
  "authentication",
  "scopes",
  "roles",
  "limits",
  "errors",
  "pagination",
  "idempotency",
  "operations",
  "uploads",
  "webhooks",
  "cli",
  "mcp",
  "mock",
  "sandbox",
  "self-hosting",
  "versioning",
] as const;

const FOLDER = fileURLToPath(new URL("../../spec/guides/", import.meta.url));
const CHANGELOG = fileURLToPath(new URL("../../CHANGELOG.md", import.meta.url));

/** Where the guides say the server is: whoever reads them reads the address of their own. */
export const GUIDE_ORIGIN = "http://127.0.0.1:3000";

/** Generated regions stand between comments, which are for the generator alone. */
const COMMENT = /^<!-- .* -->\n/gm;

function guide(name: string, markdown: string): Guide {
  const title = /^# (.+)\n/.exec(markdown)?.[1];
  if (title === undefined) throw new Error(`The guide ${name} must begin with its title: "# Title"`);
  return {
    name,
    title,
    text: markdown
      .slice(title.length + 3)
      .replace(COMMENT, "")
      .trim(),
  };
}

/** Reads every guide, the changelog last. Throws when a file is missing or has no title. */
export async function readGuides(): Promise<Guide[]> {
  const files = GUIDES.map((name) => [name, `${FOLDER}${name}.md`] as const);
  const all = [...files, ["changelog", CHANGELOG] as const];
  return await Promise.all(all.map(async ([name, path]) => guide(name, await readFile(path, "utf8"))));
}
