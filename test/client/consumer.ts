import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

/** The Node of the tests, and the machine's own where that is another: the client wants 20, the server 24. */
export const nodes = [
  process.execPath,
  ...(process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "" && !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file))
    .slice(0, 1),
];

/** Runs a program; its output is part of the error when it fails. */
export function run(
  file: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 16 * 1024 ** 2 };
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${file} ${args.join(" ")} failed:\n${stdout}\n${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}

export type Consumer = {
  /** The packed client. */
  readonly tarball: string;
  /** A project that has it installed, and nothing else. */
  readonly folder: string;
  remove(): Promise<void>;
};

/** Packs the client as it would be published, from a copy of its sources, and installs it into an empty project. */
export async function openConsumer(): Promise<Consumer> {
  const base = await mkdtemp(join(tmpdir(), "client-"));
  const [sources, folder] = [join(base, "sources"), join(base, "project")];
  await Promise.all([mkdir(sources), mkdir(folder)]);
  for (const name of ["client", "tsconfig.json"])
    await cp(join(root, name), join(sources, name), {
      recursive: true,
      filter: (file) => !/[\\/](dist|node_modules)$/.test(file),
    });
  await symlink(join(root, "node_modules"), join(sources, "node_modules"));
  const bin = join(root, "node_modules/.bin");
  const env = { PATH: `${bin}${delimiter}${process.env.PATH}`, npm_config_update_notifier: "false" };
  await run("npm", ["pack", "--silent", "--pack-destination", base], join(sources, "client"), env);
  const [packed = "nothing"] = (await readdir(base)).filter((name) => name.endsWith(".tgz"));
  const tarball = join(base, packed);
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "consumer", type: "module", private: true }));
  const install = ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball];
  await run("npm", install, folder, env);
  return { tarball, folder, remove: () => rm(base, { recursive: true, force: true }) };
}
