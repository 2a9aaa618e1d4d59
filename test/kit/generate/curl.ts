import type { Draft } from "../draft.ts";

/** A word as a POSIX shell takes it literally. */
const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Text that no shell hands on as an argument, or that is no text at all. */
function isBinary(bytes: string | Uint8Array): boolean {
  if (typeof bytes === "string") return bytes.includes("\0") || !bytes.isWellFormed();
  return bytes.includes(0) || Buffer.compare(Buffer.from(Buffer.from(bytes).toString("utf8")), bytes) !== 0;
}

/** Arguments beyond this are refused by Linux: 128 KiB. */
const LONGEST_ARGUMENT = 120_000;

/** More blanks than this behind a body are made, not written out. */
const MANY_BLANKS = 100;

/**
 * The shortest curl command that sends a draft to `url`, the address under which its path stands. Credentials are kept as
 * given. A body that no shell takes as an argument comes from base64 through a pipe; a stream from a file `body.bin`.
 */
export function toCurl(url: string, draft: Draft): string {
  const { method, body } = draft;
  const search = draft.query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  const target = `${url.replace(/\/$/, "")}${draft.path}${search === "" ? "" : `?${search}`}`;
  const words = ["curl"];
  const isImplied = method === (body ? "POST" : "GET");
  if (method === "HEAD") words.push("-I");
  else if (!isImplied) words.push("-X", method);
  // Brackets and braces are patterns to curl, and dots are resolved.
  if (/[[\]{}]/.test(target)) words.push("-g");
  if (/\/\.{1,2}(?:\/|$|\?)/.test(target)) words.push("--path-as-is");
  words.push(quoted(target));
  const headers = new Map(Object.entries(draft.headers).map(([name, value]) => [name.toLowerCase(), value]));
  headers.delete("content-length");
  if (body && !headers.has("content-type")) headers.set("content-type", body.type);
  for (const [name, value] of headers) words.push("-H", quoted(value === "" ? `${name};` : `${name}: ${value}`));
  if (!body) return words.join(" ");
  if (body.bytes instanceof ReadableStream) return [...words, "--data-binary", "@body.bin"].join(" ");
  const text = typeof body.bytes === "string" ? body.bytes : Buffer.from(body.bytes).toString("utf8");
  const bare = text.trimEnd();
  const blanks = text.length - bare.length;
  if (blanks > MANY_BLANKS && text.endsWith(" ".repeat(blanks)) && !isBinary(bare)) {
    const made = `{ printf %s ${quoted(bare)}; head -c ${blanks} /dev/zero | tr '\\0' ' '; }`;
    return `${made} | ${[...words, "--data-binary", "@-"].join(" ")}`;
  }
  if (isBinary(body.bytes) || Buffer.byteLength(text) > LONGEST_ARGUMENT) {
    const encoded = Buffer.from(body.bytes as Uint8Array).toString("base64");
    return `base64 -d <<'END' | ${[...words, "--data-binary", "@-"].join(" ")}\n${encoded}\nEND`;
  }
  // `--data-binary` reads a file where the text begins with @; `-d` takes out line breaks only of files.
  words.push(text.startsWith("@") ? "--data-raw" : "--data-binary", quoted(text));
  return words.join(" ");
}
