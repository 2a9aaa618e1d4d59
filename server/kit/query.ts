import type { Issue } from "../../spec/kit/errors.ts";

/** Whether each declared parameter of a query is a list (may repeat) or a single value. */
export type QueryShape = ReadonlyMap<string, "one" | "many">;

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/**
 * Parses a query string once, strictly: a second value for a single parameter and a bad percent-escape are issues, where
 * URLSearchParams would choose for the caller. Unknown names are kept for the closed schema to refuse; an `open` query
 * takes them as they come.
 */
export function parseQuery(
  search: string,
  shape: QueryShape,
  open = false,
): { values: Record<string, unknown>; issues: Issue[] } {
  const values: Record<string, unknown> = Object.create(null);
  const issues: Issue[] = [];
  if (search.length <= 1) return { values, issues };
  for (const pair of search.slice(1).split("&")) {
    if (pair === "") continue;
    const at = pair.indexOf("=");
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? "" : decode(pair.slice(at + 1));
    if (open && (name === undefined || !shape.has(name))) continue;
    if (name === undefined || value === undefined) {
      const path = name === undefined ? "query" : `query.${name}`;
      issues.push({ path, code: "invalid_encoding", message: "has a percent-escape that is not UTF-8" });
      continue;
    }
    const present = values[name];
    if (shape.get(name) === "many") {
      if (Array.isArray(present)) present.push(value);
      else values[name] = [value];
    } else if (present === undefined) values[name] = value;
    else issues.push({ path: `query.${name}`, code: "duplicate", message: "must be given once" });
  }
  return { values, issues };
}
