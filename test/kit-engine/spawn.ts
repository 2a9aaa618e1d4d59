import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { contractCommand } from "../kit/engine/command.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

export type Spawned = {
  readonly ended: Promise<{ readonly code: number | null; readonly out: string; readonly err: string }>;
  /** Resolves when the output so far has this text. */
  says(text: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
};

/** `npm run contract` with these arguments, in a process of its own. */
export function spawnContract(args: readonly string[]): Spawned {
  const child = spawn(process.execPath, ["test/contract/command.ts", ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said = { out: "", err: "" };
  for (const name of ["out", "err"] as const) {
    child[name === "out" ? "stdout" : "stderr"].on("data", (chunk: Buffer) => {
      said[name] += chunk.toString();
    });
  }
  const ended = once(child, "close").then(([code]: (number | null)[]) => ({ code: code ?? null, ...said }));
  return {
    ended,
    async says(text) {
      while (!said.out.includes(text)) {
        if (child.exitCode !== null) throw new Error(`It ended without saying "${text}":\n${said.out}${said.err}`);
        await Promise.race([once(child.stdout, "data"), once(child, "close")]);
      }
    },
    kill: (signal) => void child.kill(signal),
  };
}

/** The same, to its end. */
export const contract = (...args: string[]) => spawnContract(args).ended;

/** The same in this process, which is quicker to start. */
export async function contractHere(...args: string[]) {
  const said = { out: "", err: "" };
  const own = () => Promise.reject(new Error("No server is given"));
  const hear = (name: "out" | "err") => (text: string) => {
    said[name] += text;
  };
  const code = await contractCommand(args, own, { out: hear("out"), err: hear("err"), isTerminal: false });
  return { code, ...said };
}
