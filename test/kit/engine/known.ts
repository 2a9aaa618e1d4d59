import type { DocumentedOperation } from "../document.ts";
import { CannotRun } from "./load.ts";
import type { Finding } from "./types.ts";

/** A departure that a server is known to have: findings of this check on these operations are expected, and why. */
export type Known = {
  readonly check: string;
  /** Ids of operations, in which `*` stands for any text: it is about each of them. */
  readonly operations: readonly string[];
  /** A text that must stand in what was seen; any unless given. */
  readonly seen?: string;
  readonly why: string;
};

export type SortedOut = {
  /** Findings that no entry explains. */
  readonly unexplained: readonly Finding[];
  readonly explained: readonly (Known & { readonly findings: readonly Finding[] })[];
  /** Entries that explain nothing any more. */
  readonly stale: readonly Known[];
};

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === "string" && one !== "");

/** Reads a file of known departures: a list of `{ check, operations, why }`. Throws CannotRun with what is wrong in it. */
export function readKnown(text: string, place: string, checks: readonly string[]): Known[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CannotRun(`--known ${place} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!Array.isArray(value)) throw new CannotRun(`--known ${place} must be a list of { "check", "operations", "why" }`);
  return value.map((one: unknown, at) => {
    const { check, operations, seen, why } = (one ?? {}) as Record<string, unknown>;
    const wrong = (what: string) => new CannotRun(`--known ${place} [${at}].${what}`);
    if (typeof check !== "string" || !checks.includes(check)) throw wrong("check must be one that --list names");
    if (!isTexts(operations)) throw wrong("operations must be a list of ids, or of * for any");
    if (seen !== undefined && typeof seen !== "string") throw wrong("seen must be a text of what is seen");
    if (typeof why !== "string" || why.trim().length < 10) throw wrong("why must say why this is as it is");
    return { check, operations, ...(seen === undefined ? {} : { seen }), why };
  });
}

const matches = (pattern: string, id: string): boolean =>
  new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`, "s").test(id);

const about = ({ operations }: Known, id: string): boolean => operations.some((pattern) => matches(pattern, id));

/** Whether an entry is about a finding. */
export const explains = (known: Known, { check, operation, seen }: Finding): boolean =>
  known.check === check && about(known, operation) && seen.includes(known.seen ?? "");

/**
 * Tells explained findings from the others. An entry is stale when the run would have shown what it explains and did not:
 * its check was on, and one of its operations was looked at. `complete` is false for a run that ended early.
 */
export function sortOut(
  findings: readonly Finding[],
  known: readonly Known[],
  ran: { readonly operations: readonly DocumentedOperation[]; enabled(check: string): boolean; complete: boolean },
): SortedOut {
  const wasTried = (one: Known) => ran.enabled(one.check) && ran.operations.some(({ id }) => about(one, id));
  return {
    unexplained: findings.filter((finding) => !known.some((one) => explains(one, finding))),
    explained: known.map((one) => ({ ...one, findings: findings.filter((finding) => explains(one, finding)) })),
    stale: ran.complete
      ? known.filter((one) => wasTried(one) && !findings.some((finding) => explains(one, finding)))
      : [],
  };
}
