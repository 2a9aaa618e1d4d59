/** Fails when a generated file is not what `scripts/generate.ts` writes now. The tree itself is never touched. */
import { spawn } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";

/** Wholly generated: the copy starts without them, so a file that generate no longer writes is drift too. */
const GENERATED = [
  "client/generated",
  "client/cli/generated",
  "spec/openapi.json",
  "spec/arazzo.json",
  "spec/oauth.json",
];
/** Neither sources nor generated. `node_modules` is linked into the copy instead of copied. */
const LEFT_OUT = new Set(["node_modules", ".git", "data", "dist", "coverage"]);

/** Every file below a folder, as paths relative to it with `/`. */
async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
}

async function textOf(file: string): Promise<string | undefined> {
  return await readFile(file, "utf8").catch(() => undefined);
}

function generate(folder: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["scripts/generate.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (text) => (output += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

/** The first line in which two texts differ, as a reader of a diff expects it. */
function firstDifference(file: string, disk: string | undefined, made: string | undefined): string {
  if (disk === undefined) return `${file} is missing`;
  if (made === undefined) return `${file} is no longer generated: delete it`;
  const [old, fresh] = [disk.split("\n"), made.split("\n")];
  const at = old.findIndex((line, index) => line !== fresh[index]);
  const line = at === -1 ? old.length : at;
  return `${file}:${line + 1}\n  - ${old[line] ?? "(end of file)"}\n  + ${fresh[line] ?? "(end of file)"}`;
}

const root = process.cwd();
const copy = await mkdtemp(join(tmpdir(), "drift-"));
try {
  const skip = new Set(GENERATED.map((path) => join(root, path)));
  for (const entry of await readdir(root)) {
    if (LEFT_OUT.has(entry)) continue;
    const filter = (source: string) => !skip.has(source) && !LEFT_OUT.has(source.slice(source.lastIndexOf(sep) + 1));
    await cp(join(root, entry), join(copy, entry), { recursive: true, filter });
  }
  await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
  const sources = new Map<string, string | undefined>();
  for (const file of await filesOf(copy)) sources.set(file, await textOf(join(copy, file)));

  const { code, output } = await generate(copy);
  if (code !== 0) {
    console.error(`generate failed, so drift cannot be told:\n${output}`);
    process.exitCode = 1;
  } else {
    await compare(sources);
  }
} finally {
  await rm(copy, { recursive: true, force: true });
}

/** Compares what generate changed in the copy, and all that is under GENERATED, with the disk. */
async function compare(sources: Map<string, string | undefined>): Promise<void> {
  const isGenerated = (file: string) => GENERATED.some((path) => file === path || file.startsWith(`${path}/`));
  const onDisk = (await filesOf(join(root, "client"))).map((file) => `client/${file}`);
  const files = new Set([...(await filesOf(copy)), ...onDisk.filter(isGenerated)]);
  const drift: string[] = [];
  for (const file of [...files].sort()) {
    const made = await textOf(join(copy, file));
    if (!isGenerated(file) && sources.get(file) === made) continue;
    const disk = isGenerated(file) ? await textOf(join(root, file)) : sources.get(file);
    if (disk !== made) drift.push(firstDifference(file, disk, made));
  }
  if (drift.length === 0) return;
  console.error(`${drift.join("\n")}\n\nGenerated files are behind their sources. Run: npm run generate`);
  process.exitCode = 1;
}
