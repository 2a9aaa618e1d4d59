import { execFile } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bareEnvironment } from "../setup/environment.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What a program said, and how it ended. */
export type Ran = { readonly code: number; readonly out: string; readonly err: string };

/** A folder like that of somebody who copied the examples and installed the client. */
export type Project = {
  /** Runs one of its programs. */
  run(file: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran>;
  /** Where its files are served, as any static server would. */
  readonly origin: string;
  close(): Promise<void>;
};

function execute(program: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd, env, timeout: 50_000 }, (error, out, err) => {
      // `code` is a text where the program could not even be started.
      const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
      resolve({ code, out, err: err + (code < 0 ? String(error) : "") });
    });
  });
}

/** Builds the client, and lays the examples beside it. */
export async function openProject(): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), "reelmark-examples-"));
  const installed = join(folder, "node_modules/@reelmark/client");
  mkdirSync(installed, { recursive: true });
  cpSync(join(root, "client/examples"), folder, { recursive: true });
  cpSync(join(root, "client/package.json"), join(installed, "package.json"));
  symlinkSync(join(root, "node_modules/openapi-fetch"), join(folder, "node_modules/openapi-fetch"));
  const tsc = join(root, "node_modules/typescript7/bin/tsc");
  const build = ["-p", join(root, "client/tsconfig.build.json"), "--outDir", join(installed, "dist")];
  const built = await execute(process.execPath, [tsc, ...build], root, process.env);
  if (built.code !== 0) throw new Error(`The client does not build: ${built.out}${built.err}`);
  const types: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript" };
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    try {
      const bytes = readFileSync(join(folder, pathname));
      response.writeHead(200, { "content-type": types[extname(pathname)] ?? "application/octet-stream" }).end(bytes);
    } catch {
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A server that listens on TCP has an address object, never a pipe's name or null.
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    run(file, args, env) {
      const program = file.endsWith(".py") ? "python3" : process.execPath;
      return execute(program, [file, ...args], folder, { ...bareEnvironment(), ...env });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
