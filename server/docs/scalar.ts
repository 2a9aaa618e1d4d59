import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FileSource } from "./file.ts";

/** Scalar's Fastify plugin carries the whole browser bundle as one string on one line, and nothing else that we use. */
const LITERAL = /^var standalone_default = (".*");$/m;

const SOURCE_MAP = /\n\/\/# sourceMappingURL=\S+\s*$/;

function decode(literal: string): string {
  // A JavaScript string may hold raw control characters, JSON may not; all its other escapes are the same.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  const json = literal.replace(/[\u0000-\u001f]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  const text: string = JSON.parse(json);
  return text;
}

/**
 * Scalar's standalone browser script (4.35 MB), out of the installed package: `package-lock.json` vouches for its bytes.
 * Throws when the installed version does not hold it in the known form; a test guards that.
 */
export async function scalarScript(): Promise<string> {
  const found = LITERAL.exec(
    await readFile(fileURLToPath(import.meta.resolve("@scalar/fastify-api-reference")), "utf8"),
  )?.[1];
  if (found === undefined) {
    throw new Error(
      `@scalar/fastify-api-reference no longer holds Scalar's script as one string: adapt server/docs/scalar.ts to it`,
    );
  }
  return decode(found).replace(SOURCE_MAP, "\n");
}

/** The installed version of Scalar. It goes in the script's address, so that the script may be cached for ever. */
export async function scalarVersion(): Promise<string> {
  const manifest: unknown = JSON.parse(
    await readFile(new URL("../package.json", import.meta.resolve("@scalar/fastify-api-reference")), "utf8"),
  );
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error("@scalar/fastify-api-reference has no version in its package.json: run `npm ci`");
}

/** The script as a file. Without the charset browsers read it as Latin-1 and fail to parse it. */
export async function scalarFile(): Promise<FileSource> {
  return {
    text: await scalarScript(),
    headers: {
      "content-type": "text/javascript; charset=utf-8",
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
    },
  };
}
