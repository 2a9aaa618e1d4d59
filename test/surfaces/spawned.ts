import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { serve } from "../../server/kit/serve.ts";
import { bareEnvironment } from "../setup/environment.ts";
import type { Runner } from "./command-line.ts";

const PROGRAM = fileURLToPath(new URL("../../client/cli/bin/reelmark.mjs", import.meta.url));

/** The command line as a process of its own, in front of a server on loopback. */
export async function spawned(
  folder: string,
  fetch: (request: Request) => Promise<Response>,
): Promise<{ run: Runner; close(): Promise<void> }> {
  let status: number | undefined;
  const serving = await serve({
    host: "127.0.0.1",
    port: 0,
    async fetch(request) {
      const response = await fetch(request);
      status = response.status;
      return response;
    },
  });
  const run: Runner = async (args, token) => {
    status = undefined;
    const own = { REELMARK_URL: serving.url, REELMARK_TOKEN: token, REELMARK_CONFIG_DIR: folder };
    const env = { ...bareEnvironment(), ...own };
    const child = spawn(process.execPath, [PROGRAM, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    const texts = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (texts.out += piece));
    child.stderr.setEncoding("utf8").on("data", (piece: string) => (texts.err += piece));
    const [code] = (await once(child, "close")) as [number | null];
    return { code: code ?? -1, ...texts, status };
  };
  return { run, close: async () => void (await serving.close(1000)) };
}
