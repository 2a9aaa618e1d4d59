/**
 * Follows the Quickstart from `git clone` to its first result, literally, in an empty folder, and says how long each part took:
 * `npm run quickstart`. npm's cache is used as it is found. PORT takes another port than the guide's 3000.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { blocksOf, commandsOf, differs } from "./guides.ts";
import { run } from "./samples.ts";

const MOST_SECONDS = 600;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const GUIDE_PORT = "3000";
const port = process.env.PORT ?? GUIDE_PORT;
const placed = (text: string) => text.replaceAll(`127.0.0.1:${GUIDE_PORT}`, `127.0.0.1:${port}`);

const folder = await mkdtemp(join(tmpdir(), "quickstart-"));
const began = performance.now();
const seconds = (since: number) => ((performance.now() - since) / 1000).toFixed(1);
const say = (text: string) => process.stdout.write(`${text}\n`);

/** The first terminal: clones, installs and starts the server, in a process group of its own. */
async function firstTerminal() {
  const block = (await blocksOf("quickstart")).find(({ language, word }) => language === "sh" && word === "elsewhere");
  if (!block) throw new Error("The Quickstart no longer says how to start the server");
  // Without what npm tells its children: somebody's own terminal has none of it.
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|INIT_CWD$|NODE$)/.test(name));
  const path = (process.env.PATH ?? "").split(":").filter((part) => !part.includes("node_modules"));
  const env = { ...Object.fromEntries(own), PATH: path.join(":"), PORT: port, REELMARK_REPOSITORY: ROOT };
  const child = spawn("sh", ["-ec", block.text], { cwd: folder, env, detached: true });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, "close");
  let isOver = false;
  void ended.then(() => (isOver = true));
  return {
    async listening() {
      const url = `http://127.0.0.1:${port}/readyz`;
      while (!isOver && performance.now() - began < MOST_SECONDS * 1000) {
        if (
          await fetch(url).then(
            ({ ok }) => ok,
            () => false,
          )
        )
          return;
        await wait(200);
      }
      throw new Error(`The server did not start: ${said.slice(-2000)}`);
    },
    async stop() {
      if (child.pid !== undefined && !isOver) process.kill(-child.pid, "SIGTERM");
      await ended;
    },
  };
}

async function main(): Promise<void> {
  const taken = await fetch(`http://127.0.0.1:${port}/readyz`).then(
    () => true,
    () => false,
  );
  if (taken) throw new Error(`Something answers on port ${port} already: stop it, or set PORT`);
  const terminal = await firstTerminal();
  try {
    await terminal.listening();
    say(`${seconds(began)} s  cloned, installed, and the server answers`);
    const second = performance.now();
    const shown = await commandsOf("quickstart");
    const mark = "--- the next command ---";
    const input = shown.map(({ command }) => `${placed(command.text)}\necho; echo '${mark}'`).join("\n");
    const { stdout, stderr, status } = await run("sh", ["-eu"], { cwd: folder, input });
    if (status !== 0) throw new Error(`A command failed (${status}): ${stderr}\n${stdout}`);
    const printed = stdout.split(`${mark}\n`);
    for (const [at, { command, answer }] of shown.entries()) {
      const why = answer ? differs(JSON.parse(answer.text), JSON.parse(printed[at] ?? "null")) : undefined;
      if (why !== undefined) throw new Error(`quickstart.md:${command.line} ${why}`);
    }
    say(`${seconds(second)} s  its ${shown.length} commands, each with the answer that is shown`);
    say(`${seconds(began)} s  from git clone to the first result`);
  } finally {
    await terminal.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

await main().catch((error: unknown) => {
  process.stderr.write(`quickstart: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
