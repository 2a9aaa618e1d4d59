import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { stringify as csv } from "csv-stringify/sync";
import { stringify as yaml } from "yaml";
import { UsageError } from "./failure.ts";
import type { Io, Sink } from "./io.ts";

/** How answers are shown. */
export const FORMATS = ["table", "json", "yaml", "csv", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** The format that is asked for: a table on a terminal, JSON for programs unless told. */
export function formatOf(said: string | undefined, io: Io): Format {
  if (said === undefined) return io.stdout.isTTY ? "table" : "json";
  const found = FORMATS.find((one) => one === said);
  if (!found) throw new UsageError(`--output must be one of ${FORMATS.join(", ")}, and "${said}" is not`);
  return found;
}

/** Whether colours are wanted: only on a terminal, and never with NO_COLOR (no-color.org). */
export const hasColours = (sink: Sink, env: Io["env"]): boolean =>
  sink.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";

/** Controls but for tab and line feed, and what turns the direction of writing. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A text that a terminal only shows: what others wrote may hold sequences that move its cursor or set its title. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"));

/** Characters of the widest cell of a list. */
const WIDEST = 40;

type Row = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Row => typeof value === "object" && value !== null && !Array.isArray(value);

/** An object's leaves by dotted names. Lists of plain values are joined, others are JSON. */
function flat(value: Row, path = ""): Record<string, string> {
  const made: Record<string, string> = {};
  for (const [name, below] of Object.entries(value)) {
    const at = path + name;
    if (isObject(below)) Object.assign(made, flat(below, `${at}.`));
    else if (Array.isArray(below))
      made[at] = below.some((one) => typeof one === "object") ? JSON.stringify(below) : below.join(", ");
    else made[at] = below === null || below === undefined ? "" : String(below);
  }
  return made;
}

/** A negative number as one: of a text that begins so the sign would be escaped. */
const numberOf = (text = ""): string | number =>
  text.startsWith("-") && String(Number(text)) === text ? Number(text) : text;

/** The items of a list's answer; undefined of anything else. */
export const itemsOf = (answer: unknown): readonly unknown[] | undefined =>
  isObject(answer) && Array.isArray(answer.data) ? answer.data : undefined;

const BORDERLESS = Object.fromEntries(
  [
    ["top", "bottom", "left", "right", "mid"].flatMap((side) => [side, `${side}-mid`]),
    ["top-left", "top-right", "bottom-left", "bottom-right", "left-mid", "mid-mid", "right-mid"],
  ]
    .flat()
    .map((part) => [part, ""]),
);

function grid(rows: readonly (readonly string[])[], head: readonly string[], io: Io): string {
  const bold = (text: string) => (hasColours(io.stdout, io.env) ? `\u001b[1m${text}\u001b[22m` : text);
  const made = new Table({
    chars: { ...BORDERLESS, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    ...(head.length > 0 && { head: head.map(bold) }),
  });
  // Without a head the first column says what each row is.
  made.push(...rows.map((row) => row.map((text, at) => (head.length === 0 && at === 0 ? bold(text) : text))));
  const lines = made.toString().split("\n");
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** As much of a text as fits a cell, on one line. */
const cell = (text: string) => {
  const line = harmless(text).replace(/\s+/g, " ");
  return line.length > WIDEST ? `${line.slice(0, WIDEST - 1)}…` : line;
};

/** How many of the columns fit on a terminal; what is left out is in the other formats. Two always stay. */
function fitting(rows: readonly (readonly string[])[], head: readonly string[], { columns }: Sink): number {
  const widths = head.map((name, at) => Math.max(name.length, ...rows.map((row) => row[at]?.length ?? 0)));
  let count = head.length;
  const total = () => widths.slice(0, count).reduce((sum, width) => sum + width + 2, -2);
  while (columns && count > 2 && total() > columns) count--;
  return count;
}

/** A text on lines of at most so many characters; a word is never cut, for it may be an id or a key. */
function wrapped(text: string, width: number): string {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines.join("\n");
}

/** One thing: a line for each of its fields. */
function sheet(answer: unknown, io: Io): string {
  if (!isObject(answer)) return `${harmless(String(answer))}\n`;
  const fields = Object.entries(flat(answer)).map(([name, value]) => [harmless(name), harmless(value)] as const);
  if (fields.length === 0) return "";
  const width = (io.stdout.columns ?? Number.POSITIVE_INFINITY) - Math.max(...fields.map(([name]) => name.length)) - 2;
  return grid(
    fields.map(([name, value]) => [name, wrapped(value, width)]),
    [],
    io,
  );
}

function table(answer: unknown, columns: readonly string[], io: Io): string {
  const items = itemsOf(answer);
  if (!items) return sheet(answer, io);
  if (items.length === 0) return "";
  const flats = items.map((item): Record<string, string> => flat(isObject(item) ? item : { value: item }));
  const names = columns.length > 0 ? columns : Object.keys(flats[0] ?? {}).slice(0, 6);
  const head = names.map((name) => harmless(name).toUpperCase().replaceAll("_", " "));
  const rows = flats.map((item) => names.map((name) => cell(item[name] ?? "")));
  const count = fitting(rows, head, io.stdout);
  return grid(
    rows.map((row) => row.slice(0, count)),
    head.slice(0, count),
    io,
  );
}

/** One item on a line of its own. */
export const jsonLine = (item: unknown, io: Io): string => {
  const text = JSON.stringify(item);
  return `${io.stdout.isTTY ? harmless(text) : text}\n`;
};

/** One answer in a format. A list is its items in table, csv and ndjson; the whole answer in json and yaml. */
export function shown(answer: unknown, format: Format, columns: readonly string[], io: Io): string {
  if (format === "table") return table(answer, columns, io);
  const items = itemsOf(answer) ?? [answer];
  if (format === "ndjson") return items.map((item) => jsonLine(item, io)).join("");
  let text: string;
  if (format === "json") text = `${JSON.stringify(answer, null, 2)}\n`;
  else if (format === "yaml") text = yaml(answer);
  else {
    const rows = items.map((item) => flat(isObject(item) ? item : { value: item }));
    const all = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    // An object that is null in one row, and has its parts in another, needs no column of its own.
    const names = all.filter((name) => !all.some((other) => other.startsWith(`${name}.`)));
    const cells = rows.map((row) => names.map((name) => numberOf(row[name])));
    // A spreadsheet takes a cell that begins so for a formula; other people's text is in these cells.
    text = csv(cells, { header: true, columns: names, escape_formulas: true });
  }
  return io.stdout.isTTY ? harmless(text) : text;
}
