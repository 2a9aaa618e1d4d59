import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** Swallows what readline would echo. */
const nowhere = () => new Writable({ write: (_chunk, _encoding, done) => done() });

/**
 * Asks the person at the terminal for one line; an empty one is `fallback`. What is typed is not shown where it is `hidden`.
 * Throws UsageError where nobody is there, or nothing was said.
 */
export function ask(
  question: string,
  io: Io,
  { fallback = "", hidden = false, instead }: { fallback?: string; hidden?: boolean; instead: string },
): Promise<string> {
  if (!io.stdin.isTTY) throw new UsageError(`${question}: nobody is at a terminal to answer`, instead);
  io.stderr.write(`${question}${fallback && ` [${fallback}]`}: `);
  const lines = createInterface({ input: io.stdin, ...(hidden && { terminal: true, output: nowhere() }) });
  return new Promise<string>((resolve, reject) => {
    const stop = () => reject(new DOMException("Interrupted", "AbortError"));
    lines.once("line", (line) => {
      const said = line.trim() || fallback;
      if (said) resolve(said);
      else reject(new UsageError("Nothing was said", instead));
    });
    lines.once("SIGINT", stop);
    lines.once("close", () => reject(new UsageError("Nothing was said", instead)));
    io.signal.addEventListener("abort", stop, { once: true });
  }).finally(() => {
    lines.close();
    // Hidden, not even the end of the line was shown.
    if (hidden) io.stderr.write("\n");
  });
}
