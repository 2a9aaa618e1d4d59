import { type Document, mapSchema, type Schema } from "./document.ts";

/** Prose of a document: what it says to people, and no program relies on. */
const PROSE = ["description", "summary", "tags", "x-tagGroups"];

type Json = Readonly<Record<string, unknown>>;
const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const without = (value: Json, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** A part of a document without its prose; `schema` and what maps names to schemas are schemas. */
function bare(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((item) => bare(item));
  if (!isObject(value)) return value;
  // What stands under `schema` in a linted document is one.
  if (key === "schema") return mapSchema(value as Schema, ({ description: _, ...rest }) => rest);
  if (key === "schemas")
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, bare(one, "schema")]));
  const isMap = ["paths", "webhooks", "responses", "headers", "content", "parameters"].includes(key);
  const entries = Object.entries(isMap ? value : without(value, [...PROSE, "example", "examples"]));
  return Object.fromEntries(entries.map(([name, part]) => [name, bare(part, name)]));
}

/** A document as it is kept for comparing: without prose, a line for each path and component, so that a diff can be read. */
export function releasedText(document: Document): string {
  // Only prose is taken out, which `Document` does not name.
  const { openapi, info, servers, paths, webhooks, components } = bare(document) as Readonly<Record<string, unknown>>;
  const version = isObject(info) ? info.version : undefined;
  const lines = (value: unknown, indent: string): string =>
    isObject(value)
      ? `{\n${Object.entries(value)
          .map(([name, part]) => `${indent}  ${JSON.stringify(name)}: ${JSON.stringify(part)}`)
          .join(",\n")}\n${indent}}`
      : JSON.stringify(value);
  const kinds = isObject(components)
    ? `{\n${Object.entries(components)
        .map(([name, part]) => `    ${JSON.stringify(name)}: ${lines(part, "    ")}`)
        .join(",\n")}\n  }`
    : "{}";
  const top = { openapi, info: { version }, servers };
  return `${[
    "{",
    ...Object.entries(top).map(([name, part]) => `  ${JSON.stringify(name)}: ${JSON.stringify(part)},`),
    `  "paths": ${lines(paths, "  ")},`,
    `  "webhooks": ${lines(webhooks ?? {}, "  ")},`,
    `  "components": ${kinds}`,
    "}",
  ].join("\n")}\n`;
}
