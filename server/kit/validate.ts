import type { Issue } from "../../spec/kit/errors.ts";
import type { z } from "../../spec/kit/schema.ts";

type ZodIssue = z.core.$ZodIssue;

const join = (root: string, path: readonly PropertyKey[]) => [root, ...path.map(String)].join(".");

function words(issue: ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return "is not a field of this request";
    case "invalid_type":
      return issue.input === undefined ? "is required" : `must be ${article(issue.expected)}`;
    case "too_small":
      return `must ${bound(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${bound(issue.origin, "at most", issue.maximum)}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.slice(0, 50).map(String).join(", ")}`;
    case "invalid_format":
      return issue.message.startsWith("Invalid ") ? `must be a valid ${issue.format}` : issue.message;
    default:
      return issue.message;
  }
}

const article = (type: string) => (/^[aeio]/.test(type) ? `an ${type}` : `a ${type}`);

function bound(origin: string, side: string, limit: number | bigint): string {
  const unit = { string: "character", array: "item", set: "item", file: "byte" }[origin];
  return unit ? `have ${side} ${limit} ${unit}${Number(limit) === 1 ? "" : "s"}` : `be ${side} ${limit}`;
}

/** Zod's issues as the contract's: one an unknown key, dotted paths from `root`, sentences that say what to send. */
export function toIssues(root: string, issues: readonly ZodIssue[]): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    if (issue.code === "unrecognized_keys") {
      return issue.keys.map((key) => ({
        path: join(root, [...issue.path, key]),
        code: "unrecognized_key",
        message: root === "query" ? "is not a parameter of this operation" : words(issue),
      }));
    }
    const code = issue.code === "invalid_type" && issue.input === undefined ? "required" : issue.code;
    return [{ path: join(root, issue.path), code, message: words(issue) }];
  });
}

/** Deeper JSON is no request of ours, and what walks it by recursion (ours, or a store's) would run out of stack. */
const MAX_DEPTH = 64;

/**
 * Text that no store keeps faithfully: NUL (PostgreSQL refuses it) and lone surrogates (UTF-8 has none), in values and in
 * names. Also what is nested too deeply to be walked.
 */
export function badText(root: string, value: unknown): Issue[] {
  const issues: Issue[] = [];
  const text = (path: string, found: string) => {
    if (found.includes("\0")) issues.push({ path, code: "invalid_text", message: "must not contain NUL" });
    else if (!found.isWellFormed()) issues.push({ path, code: "invalid_text", message: "must be well-formed Unicode" });
  };
  const look = (path: string, found: unknown, depth: number): void => {
    if (typeof found === "string") text(path, found);
    if (typeof found !== "object" || found === null) return;
    if (depth === MAX_DEPTH) {
      issues.push({ path: root, code: "too_deep", message: `must not be nested more than ${MAX_DEPTH} deep` });
      return;
    }
    for (const [key, item] of Object.entries(found)) {
      if (!Array.isArray(found)) text(path, key);
      look(`${path}.${key}`, item, depth + 1);
    }
  };
  look(root, value, 0);
  return issues;
}
