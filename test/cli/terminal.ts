import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { realTime, type Timing } from "../../client/backoff.ts";
import type { Io } from "../../client/cli/io.ts";
import { main } from "../../client/cli/main.ts";
import { PUBLIC_URL, type TestApp } from "../setup/app.ts";

/** A sink that keeps what it is given; a terminal of so many columns where `columns` are given. */
function sink(columns?: number) {
  let text = "";
  return {
    get text() {
      return text;
    },
    write(more: string | Uint8Array) {
      text += typeof more === "string" ? more : Buffer.from(more).toString();
    },
    ...(columns !== undefined && { isTTY: true, columns }),
  };
}

export type Ran = { readonly code: number; readonly out: string; readonly err: string };

export type Shell = {
  readonly folder: string;
  /** Pages that were shown. */
  readonly pages: string[];
  /** Runs one command line. */
  (...args: string[]): Promise<Ran>;
};

export type ShellOptions = {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** Columns of a terminal; without it output goes to a program. */
  readonly columns?: number;
  readonly timing?: Timing;
  readonly signal?: AbortSignal;
  readonly fetch?: Io["fetch"];
};

/** A command line in this process, with a configuration folder of its own, in front of a server. */
export function shell(place: Pick<TestApp, "fetch"> | undefined, options: ShellOptions = {}): Shell {
  const folder = mkdtempSync(join(tmpdir(), "reelmark-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pages: string[] = [];
  const run = async (...args: string[]): Promise<Ran> => {
    const [stdout, stderr] = [sink(options.columns), sink(options.columns)];
    const code = await main(args, {
      stdin: (async function* () {
        if (options.stdin) yield options.stdin;
      })(),
      stdout,
      stderr,
      env: { REELMARK_URL: PUBLIC_URL, ...options.env },
      folder,
      signal: options.signal ?? new AbortController().signal,
      fetch: options.fetch ?? place?.fetch ?? (() => Promise.reject(new Error("no server in this test"))),
      timing: options.timing ?? realTime,
      openPage: async (url) => pages.push(url) > 0,
    });
    return { code, out: stdout.text, err: stderr.text };
  };
  return Object.assign(run, { folder, pages });
}
