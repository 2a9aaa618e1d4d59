import { chmod, cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Edit } from "./list.ts";

const COPIED = ["spec", "server", "client", "test", "package.json", "tsconfig.json", "vitest.config.ts"];

async function edited(folder: string, { file, find, put }: Edit): Promise<string> {
  const text = await readFile(join(folder, file), "utf8");
  const times = text.split(find).length - 1;
  if (times !== 1) throw new Error(`${file} has this ${times} times, not once: ${find}`);
  return text.replace(find, () => put);
}

/** Faults whose text is no longer in the source that they change, one sentence each. */
export async function stale(
  root: string,
  faults: readonly { readonly name: string; readonly edits: readonly Edit[] }[],
): Promise<string[]> {
  const tries = faults.flatMap(({ name, edits }) => edits.map((edit) => ({ name, made: edited(root, edit) })));
  const results = await Promise.allSettled(tries.map(({ made }) => made));
  return results.flatMap((result, i) =>
    result.status === "rejected" ? [`${tries[i]?.name}: ${result.reason}. Update scripts/faults`] : [],
  );
}

/** Runs `work` in a copy of the tree with these edits made, and removes the copy. The tree itself is never touched. */
export async function inCopy<T>(root: string, edits: readonly Edit[], work: (copy: string) => Promise<T>): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), "faults-"));
  try {
    // PostgreSQL runs as another user when this runs as root, and reads its binaries through here.
    await chmod(copy, 0o755);
    for (const entry of COPIED) await cp(join(root, entry), join(copy, entry), { recursive: true });
    await symlink(join(root, "node_modules"), join(copy, "node_modules"), "junction");
    for (const edit of edits) await writeFile(join(copy, edit.file), await edited(copy, edit));
    return await work(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}
