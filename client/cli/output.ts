import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import { stringify as csv } from "csv-stringify/sync";
import { stringify as yaml } from "yaml";
import type { Io, Sink } from "./io.ts";

/** How answers are shown. */
export const FORMATS = ["table", "json", "yaml", "csv", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

/** Whether colours are wanted: only on a terminal, and never with NO_COLOR (no-color.org). */
export const hasColours = (sink: Sink, env: Io["env"]): boolean =>
  sink.isTTY === true && !env.NO_COLOR && env.TERM !== "dumb";

/** Controls but for tab and line feed, and what turns the direction of writing. */
const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** A text that a terminal only shows: what others wrote may hold sequences that move its cursor or set its title. */
export const harmless = (text: string): string =>
  stripVTControlCharacters(text).replace(UNSAFE, (char) => (char === "\n" || char === "\t" ? char : "\ufffd"));

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
  const table = new Table({
    chars: { ...BORDERLESS, middle: "  " },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
    ...(head.length > 0 && { head: head.map((name) => bold(name.toUpperCase().replaceAll("_", " "))) }),
  });
  table.push(...rows.map((row, _at) => row.map((cell, at) => (head.length === 0 && at === 0 ? bold(cell) : cell))));
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

/** As much of a text as fits a cell, on one line. */
const cell = (text: string, width: number) => {
  const line = harmless(text).replace(/\s+/g, " ");
  return line.length > width ? `${line.slice(0, width - 1)}…` : line;
};

function table(answer: unknown, columns: readonly string[], io: Io): string {
  const items = itemsOf(answer);
  if (!items) {
    if (!isObject(answer)) return `${harmless(String(answer))}\n`;
    const rows = Object.entries(flat(answer)).map(([name, value]) => [name, harmless(value)]);
    return grid(rows, [], io);
  }
  if (items.length === 0) return "";
  const rows = items.map((item) => (isObject(item) ? flat(item) : { value: String(item) }));
  const names = columns.length > 0 ? columns : Object.keys(rows[0] ?? {}).slice(0, 6);
  return grid(
    rows.map((row: Record<string, string>) => names.map((name) => cell(row[name] ?? "", 40))),
    names,
    io,
  );
}

/** One answer in a format. A list is its items in table, csv and ndjson; the whole answer in json and yaml. */
export function shown(answer: unknown, format: Format, columns: readonly string[], io: Io): string {
  const items = itemsOf(answer) ?? [answer];
  switch (format) {
    case "json":
      return `${JSON.stringify(answer, null, 2)}\n`;
    case "ndjson":
      return items.map((item) => `${JSON.stringify(item)}\n`).join("");
    case "yaml":
      return yaml(answer);
    case "csv": {
      const rows = items.map((item) => (isObject(item) ? flat(item) : { value: String(item) }));
      const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
      // A spreadsheet takes a cell that begins so for a formula; other people's text is in these cells.
      return csv(rows, { header: true, columns: names, escape_formulas: true });
    }
    case "table":
      return table(answer, columns, io);
  }
}
