import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { nodes, root, run } from "../client/consumer.ts";

test("what is packed runs on every Node it says, and brings no other package", async () => {
  const base = await mkdtemp(join(tmpdir(), "reelmark-pack-"));
  onTestFinished(() => rm(base, { recursive: true, force: true }));
  const project = join(base, "project");
  await mkdir(project);
  const env = {
    PATH: `${join(root, "node_modules/.bin")}${delimiter}${process.env.PATH}`,
    npm_config_update_notifier: "false",
    REELMARK_CONFIG_DIR: base,
  };
  await run("npm", ["pack", "--silent", "--pack-destination", base], join(root, "client/cli"), env);
  const tarball = (await readdir(base)).find((name) => name.endsWith(".tgz")) ?? "nothing";
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true }));
  const install = ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", join(base, tarball)];
  await run("npm", install, project, env);
  const installed = await readdir(join(project, "node_modules"));
  expect(installed.filter((name) => !name.startsWith("."))).toEqual(["reelmark"]);
  expect((await readdir(join(project, "node_modules/reelmark"))).sort()).toEqual([
    "README.md",
    "bin",
    "dist",
    "package.json",
  ]);
  const program = join(project, "node_modules/reelmark/bin/reelmark.mjs");
  for (const node of nodes) {
    expect(await run(node, [program, "--version"], project, env)).toMatch(/^\d+\.\d+\.\d+/);
    expect(await run(node, [program, "profiles", "list", "--output", "table"], project, env)).toBe("");
    // It is a file of its own, which is loaded only for this.
    const mcp = run(node, [program, "mcp"], project, {
      ...env,
      REELMARK_URL: "http://127.0.0.1:1",
      REELMARK_TOKEN: "",
    });
    await expect(mcp).rejects.toThrow("Not logged in");
    expect(await run(node, [program, "complete", "--", "personas", "cr"], project, env)).toBe(
      "create\tCreate a persona\n",
    );
  }
}, 60_000);
