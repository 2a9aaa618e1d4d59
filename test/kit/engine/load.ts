import { readFile } from "node:fs/promises";
import { parse as parseYaml } from "yaml";
import type { OpenApiDocument } from "../document.ts";
import { problemOf } from "./problems.ts";

/** The command was used in a way that it cannot be; exit status 2. The message is one sentence for whoever typed it. */
export class CannotRun extends Error {
  override readonly name = "CannotRun";
}

/** A server that does not send its document in this many milliseconds is not going to. */
const PATIENCE_MS = 20_000;

/** What an error says, in a line: that of its cause where it has one, as `fetch` does. */
export const reason = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  // Of several addresses that were tried, Node names each refusal and gives the whole no message.
  const first = cause instanceof AggregateError ? cause.errors[0] : cause;
  const text = (first instanceof Error ? first.message : String(first)).split("\n")[0] ?? "";
  return text.replaceAll(/\p{Cc}|\uFFFD/gu, "?");
};

/** The JSON or YAML of a file that an option names. Throws CannotRun. */
export function parsed(option: string, place: string, text: string): unknown {
  const plain = text.replace(/^\uFEFF/, "");
  try {
    return JSON.parse(plain);
  } catch (error) {
    // YAML takes a good deal of broken JSON for something else.
    if (/\.json$/i.test(place)) throw new CannotRun(`--${option} ${place} is no JSON: ${reason(error)}`);
  }
  try {
    return parseYaml(plain);
  } catch (error) {
    throw new CannotRun(`--${option} ${place} is neither JSON nor YAML: ${reason(error)}`);
  }
}

async function textAt(place: string): Promise<string> {
  if (!/^https?:\/\//.test(place)) return readFile(place, "utf8");
  const response = await fetch(place, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) throw new Error(`it answered ${response.status} ${response.statusText}`.trim());
  return response.text();
}

/**
 * Reads an OpenAPI 3.1 document, JSON or YAML, from a file or an address. Throws CannotRun when it cannot be had, or when
 * it cannot be tested: it is of another version, a `$ref` leads nowhere, two operations have one id, a schema is none.
 */
export async function loadDocument(place: string): Promise<OpenApiDocument> {
  const text = await textAt(place).catch((error: unknown) => {
    throw new CannotRun(`--spec ${place} cannot be read: ${reason(error)}`);
  });
  const value = parsed("spec", place, text);
  const problem = problemOf(value);
  if (problem !== undefined) throw new CannotRun(`--spec ${place} ${problem}`);
  // That it is one has just been looked at.
  return value as OpenApiDocument;
}
