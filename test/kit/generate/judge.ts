import { type DocumentedOperation, type OpenApiDocument, operationsOf } from "../document.ts";
import type { Draft } from "../draft.ts";
import { read, type Slot } from "./decode.ts";
import { UNREADABLE } from "./readings.ts";
import { sourceOf } from "./sources.ts";

/** Where a request leaves its contract: the keyword, and the JSON pointer to it in the parameter's or body's schema. */
export type Violation = { readonly in: string; readonly name: string; readonly keyword: string; readonly path: string };

export type Verdict = { readonly verdict: "valid" | "invalid" | "undecidable"; readonly where: readonly Violation[] };

const UNDECIDABLE: Verdict = { verdict: "undecidable", where: [] };

/** Longer request lines and headers are refused before any contract is looked at. */
const LONGEST = 7_000;
/** What every hop hands on as it is: visible ASCII, with blanks inside. */
const SENDABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** Whether a path segment may be taken for another one, or for none, on its way to the handler. */
function isUnroutable(segment: string): boolean {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    return true;
  }
  return text === "" || text === "." || text === ".." || /[\0/\\]/.test(text) || text.trim() !== text;
}

const siblings = new WeakMap<DocumentedOperation, readonly RegExp[]>();

/** The paths of other operations that fit the template of this one too. */
function siblingsOf(document: OpenApiDocument, operation: DocumentedOperation): readonly RegExp[] {
  const known = siblings.get(operation);
  if (known) return known;
  const parts = operation.path.split("/");
  const others = operationsOf(document)
    .map(({ path }) => path)
    .filter((path) => {
      const other = path.split("/");
      return (
        path !== operation.path &&
        // A concrete segment is looked at before a templated one.
        other.some((one, i) => !one.includes("{") && parts[i]?.includes("{")) &&
        other.length === parts.length &&
        other.every((one, i) => one === parts[i] || one.includes("{") || parts[i]?.includes("{"))
      );
    });
  const found = others.map(
    (path) => new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+")}$`),
  );
  siblings.set(operation, found);
  return found;
}

/** Whether something between here and the handler may refuse or reroute the request for reasons of its own. */
function isUnsure(document: OpenApiDocument, operation: DocumentedOperation, draft: Draft): boolean {
  const segments = draft.path.split("/").slice(1);
  const template = operation.path.split("/").slice(1);
  const isOdd =
    segments.length !== template.length || segments.some((one, i) => template[i]?.includes("{") && isUnroutable(one));
  if (isOdd || siblingsOf(document, operation).some((path) => path.test(draft.path))) return true;
  const query = draft.query.reduce((sum, [name, value]) => sum + name.length + value.length * 3, 0);
  const headers = Object.values(draft.headers);
  if (draft.path.length + query > LONGEST && draft.path.length + encodedLength(draft.query) > LONGEST) return true;
  if (draft.body?.bytes instanceof ReadableStream) return true;
  return headers.some((value) => !SENDABLE.test(value) || value.length > LONGEST);
}

const encodedLength = (query: Draft["query"]) =>
  query.reduce((sum, [name, value]) => sum + encodeURIComponent(name).length + encodeURIComponent(value).length, 0);

/**
 * Whether a serialized request violates its contract, and where. It is invalid where no reading of a value fits, and
 * undecidable where correct servers may differ: NUL, empty and dotted path segments, `+5` for 5, a parameter given twice,
 * what cannot be sent in a header. Unknown query parameters are wrong only under `x-closed-query`.
 */
export function violations(document: OpenApiDocument, operation: DocumentedOperation, draft: Draft): Verdict {
  if (isUnsure(document, operation, draft)) return UNDECIDABLE;
  const { slots, unknown, repeated, foreignType, isElsewhere } = read(document, operation, draft);
  if (isElsewhere) return UNDECIDABLE;
  const isClosed = operation.extensions["x-closed-query"] === true;
  const where: Violation[] = [];
  let isDecided = true;
  for (const slot of slots) {
    const found = judge(document, slot);
    if (found === undefined) isDecided = false;
    else where.push(...found);
  }
  if (isClosed)
    for (const name of unknown) where.push({ in: "query", name, keyword: "additionalProperties", path: "" });
  for (const name of repeated) {
    if (isClosed) where.push({ in: "query", name, keyword: "repeated", path: "" });
    else isDecided = false;
  }
  if (foreignType !== undefined) where.push({ in: "body", name: "", keyword: "contentType", path: "" });
  // A body that nothing was said of is ignored by some servers and refused by others.
  if (draft.body && !operation.body) isDecided = false;
  if (where.length > 0) return { verdict: "invalid", where };
  return isDecided ? { verdict: "valid", where } : UNDECIDABLE;
}

/** What is wrong with one value; undefined where correct servers may differ. */
function judge(
  document: OpenApiDocument,
  { in: place, name, schema, required, readings }: Slot,
): Violation[] | undefined {
  const at = { in: place, name };
  if (!readings) return required ? [{ ...at, keyword: "required", path: "" }] : [];
  const source = sourceOf(document);
  let first: Violation[] | undefined;
  let isOpen = false;
  for (const { value, certain } of readings) {
    if (value === UNREADABLE) {
      first ??= [{ ...at, keyword: "syntax", path: "" }];
      continue;
    }
    const errors = source.errors("request", schema, value);
    if (errors?.length === 0 && certain) return [];
    if (errors === undefined || errors.length === 0) isOpen = true;
    else
      first ??= errors.map(({ keyword, schemaPath }) => ({ ...at, keyword, path: schemaPath.replace(/^[^#]*#/, "") }));
  }
  return isOpen ? undefined : (first ?? []);
}
