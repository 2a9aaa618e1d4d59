import { readFile } from "node:fs/promises";

/** A mistake of the person at the keyboard: shown as a sentence that says what to do, without a stack. */
export class UsageError extends Error {}

/**
 * Reads an OpenAPI document. Throws a UsageError when there is none at `path`, or when it is not one.
 * `D` is what the caller takes of it: the file is generated and `npm run check` holds it to OpenAPI 3.1.
 */
export async function readDocument<D extends object>(path: string): Promise<D> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new UsageError(`There is no OpenAPI document at ${path}: run \`npm run generate\` first`);
  });
  try {
    const document: unknown = JSON.parse(text);
    // The generator's output, or a file that the person named as such: its parts are checked by those who use them.
    if (typeof document === "object" && document !== null && "paths" in document) return document as D;
  } catch {
    // Said below, in words that help more than the parser's.
  }
  throw new UsageError(`${path} is not an OpenAPI document in JSON: run \`npm run generate\` again`);
}

/** Runs a script's main function: a UsageError, or an option that does not exist, ends with its sentence and status 1. */
export async function run(script: string, main: () => Promise<void>): Promise<void> {
  await main().catch((error: unknown) => {
    const wrongOption =
      error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE_ARGS");
    if (!(error instanceof UsageError) && !wrongOption) throw error;
    process.stderr.write(`${error.message}\nSee npm run ${script} -- --help\n`);
    process.exitCode = 1;
  });
}
