import type { Operation } from "../../spec/kit/operation.ts";
import { errorCodes, scopeNames } from "../../spec/kit/policy.ts";
import type { z } from "../../spec/kit/schema.ts";

type Contract = Record<string, Operation>;

/** What stands between a path and an operation's id in the table: the method, and whether a repeat is safe. */
function sign(op: Operation): string {
  if (op.method !== "post") return { get: "<", put: "=", patch: "~", delete: "!" }[op.method];
  if (op.idempotent === undefined) return ">";
  return op.idempotent === "key" ? "+" : "*";
}

/** What all paths begin with, so that the table says it once. */
function commonPrefix(paths: readonly string[]): string {
  const first = paths[0] ?? "";
  let end = first.length;
  for (const path of paths) while (!path.startsWith(first.slice(0, end))) end--;
  return first.slice(0, first.slice(0, end).lastIndexOf("/") + 1);
}

/** What a path is about: its last fixed word, in the singular, as an operation's id writes it. The client does the same. */
const noun = (path: string) =>
  path.replace(/.*?([^/]+?)s?(\/\{\w+\})?$/, "-$1").replace(/-(.)/g, (_all, letter: string) => letter.toUpperCase());

/** `/brands/{brand_id}` as `/brands/{}`, where the parameter is named by the word before it. The client does the reverse. */
const unnamed = (path: string) =>
  path.replace(/([^/]+)s\/\{(\w+)_id\}/, (all, word: string, name: string) =>
    word.replace("-", "_") === name ? `${word}s/{}` : all,
  );

/** Paths and their operations in one text: half of what an object literal weighs in a bundle. */
function table(all: readonly Operation[], prefix: string): string {
  const byPath = new Map<string, Operation[]>();
  for (const op of all) byPath.set(op.path, [...(byPath.get(op.path) ?? []), op]);
  let root = "";
  const rows = [...byPath].map(([path, ops]) => {
    const isBelow = root !== "" && path.startsWith(`${root}/`);
    const end = unnamed(path).slice((isBelow ? root : prefix).length);
    if (!isBelow) root = path;
    return end + ops.map((op) => sign(op) + op.id.replace(noun(path), () => "$")).join("");
  });
  const text = rows.join(" ");
  if (!/^[\w/{}<>=~!+*$ -]*$/.test(text)) throw new Error("A path has a character that the client's table cannot hold");
  return text;
}

/** End states that are no success: whoever waits is told by an error. */
const FAILURES = new Set(["failed", "canceled"]);

/** The name of an operation's only path parameter, and the prefix of the ids that it takes. */
function onlyId(op: Operation): [name: string, prefix: string] {
  const [param, ...more] = Object.entries(op.params);
  const example = param?.[1].meta()?.example;
  if (!param || more.length > 0 || typeof example !== "string" || example.indexOf("_") !== 3)
    throw new Error(`${op.id} is polled, so its path must have one parameter, an id with a prefix of three letters`);
  return [param[0], example.slice(0, 3)];
}

/** How work that outlives its request is followed, by the prefix of its ids. */
function polls(contract: Contract): string {
  const rows = new Map<string, string>();
  for (const { async, id } of Object.values(contract)) {
    if (!async) continue;
    const reader = contract[async.poll];
    if (!reader) throw new Error(`${id} is followed by ${async.poll}, which the contract does not have`);
    const states = async.terminal.map((state) => (FAILURES.has(state) ? `!${state}` : state));
    const [name, prefix] = onlyId(reader);
    rows.set(prefix, [reader.id, name, ...states].join(" "));
  }
  return [...rows].map(([prefix, row]) => `  ${prefix}: "${row}",`).join("\n");
}

function needs(op: Operation): string[] {
  const lines: string[] = [];
  const scopes = scopeNames(op).map((scope) => `\`${scope}\``);
  if (scopes.length > 0) lines.push(`Scope: ${scopes.join("anyOf" in op.scopes ? " or " : " and ")}.`);
  if (op.auth === "session") lines.push("Sessions only: an API key is refused.");
  if (op.credits !== 0)
    lines.push(
      typeof op.credits === "number"
        ? `Costs ${op.credits} credits.`
        : `Costs up to ${op.credits.max} credits: ${op.credits.estimate}`,
    );
  if (op.async) lines.push("Goes on after the answer: `waitFor` follows it.");
  return lines;
}

/** What an editor shows on hover, as a JSDoc block indented by two spaces. */
function documented(contract: Contract, op: Operation): string {
  const codes = errorCodes(contract, op).map((code) => `\`${code}\``);
  const lines = [
    `${op.summary}.`,
    ...(op.description ? ["", ...op.description.split("\n")] : []),
    "",
    [`\`${op.method.toUpperCase()} ${op.path}\`.`, ...needs(op)].join(" "),
    "",
    `@throws {ApiError} ${codes.join(", ")}`,
  ];
  if (op.deprecated)
    lines.push(
      `@deprecated Since ${op.deprecated.since}, gone on ${op.deprecated.sunset}: use \`${op.deprecated.use}\`.`,
    );
  const text = lines.map((line) => `   * ${line.replaceAll("*/", "*\\/")}`.trimEnd());
  return ["  /**", ...text, "   */"].join("\n");
}

/** Whether a call needs an argument at all. */
const needsArgument = (op: Operation) => op.body !== undefined || Object.keys(op.params).length > 0;

/** Whether a list goes on by cursor. */
const isPaged = (op: Operation) => "cursor" in ((op.query as z.ZodObject | undefined)?.shape ?? {});

function method(contract: Contract, op: Operation): string {
  const mark = needsArgument(op) ? "" : "?";
  const call = `(options${mark}: Options<"${op.id}">): Promise<Result<"${op.id}">>`;
  const text = documented(contract, op);
  if (!isPaged(op)) return `${text}\n  ${op.id}${call};`;
  return `${text}
  ${op.id}: {
    ${call};
    /** Every item of every page, by cursor: \`for await (const item of api.${op.id}.all())\`. */
    all(options${mark}: AllOptions<"${op.id}">): AsyncGenerator<Item<"${op.id}">, void, undefined>;
  };`;
}

/** What the client has beside its operations. */
const TAKEN = new Set(["request", "use", "eject", "waitFor", "upload"]);

/** The client's table of operations and the interface of its methods, from a contract. Throws on what it cannot express. */
export function operationsModule(contract: Contract): string {
  const all = Object.values(contract);
  for (const { id } of all)
    if (TAKEN.has(id)) throw new Error(`The client has a "${id}" of its own: name the operation differently`);
  const prefix = commonPrefix(all.map((op) => op.path));
  const started = all.filter((op) => op.async).map((op) => `Result<"${op.id}">`);
  return `import type { AllOptions, Item, Options, Result } from "../types.ts";

/** What all paths begin with. */
export const PREFIX = "${prefix}";

/**
 * Each path with its operations. One that begins with \`/\` goes on where the last other one ended, and \`{}\` is named by the
 * word before it. Before an operation's id: \`<\` GET, \`=\` PUT, \`~\` PATCH, \`!\` DELETE, and of POST \`+\` with an idempotency
 * key, \`*\` idempotent by nature, \`>\` neither; in it \`$\` is the path's last fixed word.
 */
export const TABLE =
  "${table(all, prefix)}";

/** By the prefix of an id: the operation that reads it, its parameter, and the states in which it ends, \`!\` before a failure. */
export const POLLS: Readonly<Record<string, string>> = {
${polls(contract)}
};

/** What an operation answers whose work goes on after the answer. */
export type Job = ${started.join(" | ") || "never"};

/** One method an operation, named by its id. */
export interface Operations {
${all.map((op) => method(contract, op)).join("\n\n")}
}
`;
}
