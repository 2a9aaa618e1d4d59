import { commandWords } from "../../../spec/kit/command-words.ts";
import type { SampleRequest } from "./request.ts";
import { quoted } from "./shell.ts";

/** What a shell takes as it is, without quotes. */
const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoted(text));

/** One field as a flag; undefined where only JSON can say it. */
function flag(name: string, value: unknown): string | undefined {
  const said = `--${name.replaceAll("_", "-")}`;
  if (typeof value === "boolean") return value ? said : said.replace("--", "--no-");
  if (typeof value === "string" || typeof value === "number") return `${said} ${word(String(value))}`;
  const isPlain = Array.isArray(value) && value.every((item) => typeof item === "string" && /^[^,]+$/.test(item));
  return isPlain && value.length > 0 ? `${said} ${word(value.join(","))}` : undefined;
}

/** A JSON body: a flag for each field, or the whole of it where one of them is no plain value. */
function bodyFlags(value: unknown): (string | undefined)[] {
  const flags = Object.entries(value ?? {}).map(([name, one]) => flag(name, one));
  return flags.includes(undefined) ? [`--body ${quoted(JSON.stringify(value, null, 2))}`] : flags;
}

/** The request as a command of `reelmark`; undefined of an operation that has none. */
export function cliSample(request: SampleRequest, base: string): string | undefined {
  const { body } = request;
  const words = commandWords(request.path, request.id, request.auth, request.isStream);
  if (!words) return undefined;
  const parts: (string | undefined)[] = [["reelmark", ...words, ...Object.values(request.params).map(word)].join(" ")];
  for (const [name, value] of Object.entries(request.query)) parts.push(flag(name, value));
  if (body?.kind === "json") parts.push(...bodyFlags(body.value));
  if (body?.kind === "multipart") parts.push(`--file ${word(body.file)}`);
  if (body?.kind === "bytes") parts.push(`--body ${word(`@${body.file}`)}`);
  return `export REELMARK_URL=${word(base)}\n${parts.filter((part) => part !== undefined).join(" \\\n  ")}`;
}
