import { type Issue, validationError } from "../../spec/kit/errors.ts";
import type { Files } from "../../spec/kit/media.ts";
import type { z } from "../../spec/kit/schema.ts";
import type { Part } from "./multipart.ts";
import { badText, toIssues } from "./validate.ts";

const issue = (name: string, code: string, message: string): Issue => ({ path: `body.${name}`, code, message });

/**
 * Holds the parts of a multipart body to what the operation declares, as they arrive: a part that is unknown, doubled or
 * wrong is a 400 where it stands, and so is one that has not come by the end. What came before it was handed on already:
 * the handler's `commit` runs only when the whole body was good.
 */
export async function* checkParts(
  parts: AsyncIterable<Part>,
  fields: z.ZodObject,
  files: Files,
): AsyncGenerator<Part, void> {
  const seen = new Set<string>();
  for await (const part of parts) {
    const issues = check(part, fields, files, seen);
    if (issues.length > 0) throw validationError(issues);
    seen.add(part.name);
    yield part;
  }
  const absent = [
    ...Object.keys(files),
    ...Object.entries(fields.shape).flatMap(([name, field]) => (field.safeParse(undefined).success ? [] : [name])),
  ].filter((name) => !seen.has(name));
  if (absent.length > 0) throw validationError(absent.map((name) => issue(name, "required", "is required")));
}

function check(part: Part, fields: z.ZodObject, files: Files, seen: ReadonlySet<string>): Issue[] {
  const { name } = part;
  const field = Object.hasOwn(fields.shape, name) ? fields.shape[name] : undefined;
  if (seen.has(name)) return [issue(name, "duplicate", "must be given once")];
  if ("bytes" in part) {
    return Object.hasOwn(files, name) ? [] : [issue(name, "unrecognized_key", "is not a file of this request")];
  }
  if (!field) return [issue(name, "unrecognized_key", "is not a field of this request")];
  const bad = badText(`body.${name}`, part.value);
  if (bad.length > 0) return bad;
  const result = field.safeParse(part.value, { reportInput: true });
  return result.success ? [] : toIssues(`body.${name}`, result.error.issues);
}
