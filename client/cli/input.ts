import { openAsBlob } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { flag, UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import type { Command, Field } from "./table.ts";

/** Values of flags by the name of their field; a list is all that was given. */
export type Given = ReadonlyMap<Field, string | boolean | readonly string[]>;

/** Reads standard input to its end. */
export async function readInput(io: Io): Promise<Uint8Array<ArrayBuffer>> {
  if (io.stdin.isTTY) throw new UsageError("Standard input is a terminal", "Pipe something in, or name a file: @file.");
  const chunks: Uint8Array[] = [];
  for await (const chunk of io.stdin) {
    const piece: string | Uint8Array = chunk;
    chunks.push(typeof piece === "string" ? Buffer.from(piece) : piece);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/** A file's bytes, by its path; those of standard input for `-`. */
export async function fileOf(path: string, io: Io): Promise<Blob> {
  if (path === "-") return new Blob([await readInput(io)]);
  try {
    // A folder would be a blob too, that fails when it is read.
    if (!(await stat(path)).isDirectory()) return await openAsBlob(path);
  } catch {}
  throw new UsageError(`There is no file "${path}" that can be read`);
}

/** A number as JSON writes it (RFC 8259 §6). */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** The value of one flag as JSON. Without `check` what does not fit is sent as it is, for the server to refuse. */
function parsed(field: Field, text: string, check: boolean): unknown {
  const refuse = (what: string) => {
    if (check) throw new UsageError(`${flag(field.name)} must be ${what}, and "${text}" is not`);
    return text;
  };
  if (field.nullable && text === "null" && field.type !== "string") return null;
  if (field.choices && check && !field.choices.includes(text)) return refuse(`one of ${field.choices.join(", ")}`);
  // What is no number of JSON stays the text that it is: 007 is not 7, and 0x10 is not 16.
  if (field.type === "integer") {
    const isWhole = /^-?(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text));
    return isWhole ? Number(text) : refuse("a whole number");
  }
  if (field.type === "number") return NUMBER.test(text) ? Number(text) : refuse("a number");
  if (field.type === "boolean") return /^(true|false)$/.test(text) ? text === "true" : refuse("true or false");
  if (field.type !== "json") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return refuse("JSON");
  }
}

function fieldValue(field: Field, given: string | boolean | readonly string[], check: boolean): unknown {
  if (typeof given === "boolean") return given;
  if (typeof given === "string") return parsed(field, given, check);
  if (field.nullable && given.join() === "null") return null;
  // An empty text is an empty list.
  const texts = given.flatMap((text) => (text === "" ? [] : text.split(",")));
  return texts.map((text) => parsed(field, text.trim(), check));
}

/** Puts a value where its dotted name says, into a tree of plain objects. */
function put(tree: Record<string, unknown>, name: string, value: unknown): void {
  const [first = "", ...rest] = name.split(".");
  if (rest.length === 0) {
    // Not an assignment: a field named `__proto__` would be none.
    Object.defineProperty(tree, first, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  const below = Object.hasOwn(tree, first) ? tree[first] : undefined;
  const next: Record<string, unknown> = typeof below === "object" && below !== null ? { ...below } : {};
  put(next, rest.join("."), value);
  put(tree, first, next);
}

/** What `--body` says: JSON, `@file`, or `-` for standard input. */
async function bodyText(said: string, io: Io): Promise<string> {
  if (said === "-") return new TextDecoder().decode(await readInput(io));
  if (!said.startsWith("@")) return said;
  return readFile(said.slice(1), "utf8").catch(() => {
    throw new UsageError(`There is no file "${said.slice(1)}" that can be read`);
  });
}

function parsedBody(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(
      `--body is no JSON: ${(error as Error).message}`,
      "Write --body @file.json, or --body - to read it.",
    );
  }
}

/** What a command sends beside its path. A body that is a text is sent as it is. */
export type Input = { readonly query: Record<string, unknown>; readonly body: unknown };

/** What the flags of a command say beside its fields. */
export type InputFlags = {
  readonly body?: string;
  readonly clear?: readonly string[];
  readonly query?: readonly string[];
  readonly check: boolean;
};

/** Adds `name=value` pairs to a query, whatever their names; one that comes again is a list. */
function addPairs(query: Record<string, unknown>, pairs: readonly string[]): void {
  for (const pair of pairs) {
    const at = pair.indexOf("=");
    if (at < 0) throw new UsageError(`--query: "${pair}" has no value`, "It looks like --query limit=20.");
    // The client escapes values, but takes names as they are.
    const name = encodeURIComponent(pair.slice(0, at));
    const before = Object.hasOwn(query, name) ? [query[name]].flat() : [];
    put(query, name.replaceAll(".", "%2E"), [...before, pair.slice(at + 1)]);
  }
}

/**
 * Query and body of a command: flags over what `--body` holds, and null where `--clear` says so.
 * With `check`, what must be there and is not, and values that cannot be, are refused here; without it, the text of
 * `--body` is sent as it is, and nothing where nothing was said.
 */
export async function inputOf(command: Command, given: Given, options: InputFlags, io: Io): Promise<Input> {
  const query: Record<string, unknown> = {};
  const text = options.body === undefined || command.body === "bytes" ? undefined : await bodyText(options.body, io);
  const tree: Record<string, unknown> = {};
  let isSaid = false;
  for (const [field, value] of given) {
    if (field.type === "file") continue;
    isSaid ||= field.in === "body";
    put(field.in === "query" ? query : tree, field.name, fieldValue(field, value, options.check));
  }
  for (const name of (options.clear ?? []).flatMap((names) => names.split(","))) {
    const field = command.fields.find((one) => flag(one.name) === flag(name) && one.in === "body");
    if (options.check && !field?.nullable) throw new UsageError(`--clear: "${name}" is no field that can be empty`);
    put(tree, field?.name ?? name, null);
    isSaid = true;
  }
  addPairs(query, options.query ?? []);
  if (!options.check && !isSaid) return { query, body: text };
  const base = text === undefined ? undefined : parsedBody(text);
  const isPlain = typeof base === "object" && base !== null && !Array.isArray(base);
  if (isSaid && base !== undefined && !isPlain)
    throw new UsageError("--body must be a JSON object where flags of its fields are given, too");
  const body = isSaid ? merged(isPlain ? (base as Record<string, unknown>) : {}, tree) : base;
  if (options.check) requireAll(command, given, body);
  // An operation with a body always gets one: an empty object where nothing was said.
  return { query, body: command.body === "json" && body === undefined ? {} : body };
}

/** `over` laid on `base`, objects within objects. */
function merged(base: Record<string, unknown>, over: Record<string, unknown>): Record<string, unknown> {
  const made: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = Object.hasOwn(base, name) ? base[name] : undefined;
    const both = [below, value].every((one) => typeof one === "object" && one !== null && !Array.isArray(one));
    // Both were just seen to be objects.
    put(made, name, both ? merged(below as Record<string, unknown>, value as Record<string, unknown>) : value);
  }
  return made;
}

function requireAll(command: Command, given: Given, body: unknown): void {
  const missing = command.fields.filter((field) => {
    if (!field.required || given.has(field)) return false;
    if (field.in === "query" || field.type === "file") return true;
    let at = body;
    for (const name of field.name.split("."))
      at = typeof at === "object" && at !== null && Object.hasOwn(at, name) ? (at as never)[name] : undefined;
    return at === undefined;
  });
  if (missing.length === 0) return;
  const flags = missing.map(({ name, about }) => `  ${flag(name)}  ${about}`);
  const name = `reelmark ${command.words.join(" ")}`;
  throw new UsageError(
    `${name} needs ${missing.length > 1 ? "these" : "this"}:\n${flags.join("\n")}`,
    `See \`${name} --help\`.`,
  );
}
