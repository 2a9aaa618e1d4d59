import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { onTestFinished } from "vitest";
import { realTime, type Timing } from "../../client/backoff.ts";
import type { Io } from "../../client/cli/io.ts";
import { main } from "../../client/cli/main.ts";
import { PUBLIC_URL, type TestApp } from "../setup/app.ts";

/** A sink that keeps what it is given; a terminal of so many columns where `columns` are given. */
function sink(columns?: number, watch?: (text: string) => void) {
  let text = "";
  return {
    get text() {
      return text;
    },
    write(more: string | Uint8Array) {
      const piece = typeof more === "string" ? more : Buffer.from(more).toString();
      text += piece;
      watch?.(piece);
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
  readonly stdin?: string | Readable;
  /** Columns of a terminal; without it output goes to a program. */
  readonly columns?: number;
  readonly timing?: Timing;
  readonly signal?: AbortSignal;
  readonly fetch?: Io["fetch"];
  /** Where profiles are kept: a new folder unless told. */
  readonly folder?: string;
  /** Told of everything that goes to standard error, when it does; `read` of standard output. */
  readonly watch?: (text: string) => void;
  readonly read?: (text: string) => void;
};

/** A command line in this process, with a configuration folder of its own, in front of a server. */
export function shell(place: Pick<TestApp, "fetch"> | undefined, options: ShellOptions = {}): Shell {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "reelmark-cli-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const pages: string[] = [];
  const run = async (...args: string[]): Promise<Ran> => {
    const [stdout, stderr] = [sink(options.columns, options.read), sink(options.columns, options.watch)];
    const code = await main(args, {
      stdin: options.stdin instanceof Readable ? options.stdin : Readable.from([options.stdin ?? []].flat()),
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
