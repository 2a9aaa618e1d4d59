import type { DocumentedOperation } from "../document.ts";
import type { Exchange } from "./types.ts";

/** Why a run may have no answer of a declared status. */
function whyUnseen(status: number): string {
  if (status >= 500) return "a failure of the server or of what it stands on, which no request can cause";
  if (status === 429) return "no limit of the operation was used up";
  if (status === 413) return "no document says how large a body may be";
  return "no request of this run led there";
}

/** What a run has exercised: operation × status, check × operation, and keyword × side. */
export class Tally {
  readonly #statuses = new Map<string, Map<number, number>>();
  readonly #checks = new Map<string, Set<string>>();
  readonly #keywords = new Map<string, { valid: number; invalid: number }>();

  exchange({ op, status, draft }: Exchange): void {
    if (!op || op.method !== draft.method) return;
    const seen = this.#statuses.get(op.id) ?? new Map<number, number>();
    seen.set(status, (seen.get(status) ?? 0) + 1);
    this.#statuses.set(op.id, seen);
  }

  /** Whether an operation has done what it was asked for at least once. */
  went(op: DocumentedOperation): boolean {
    return [...(this.#statuses.get(op.id)?.keys() ?? [])].some((status) => status >= 200 && status < 300);
  }

  ran(check: string, operation: string): void {
    const seen = this.#checks.get(check) ?? new Set<string>();
    this.#checks.set(check, seen.add(operation));
  }

  /** The operations on which a check was run to its end. */
  ranOn(check: string): ReadonlySet<string> {
    return this.#checks.get(check) ?? new Set();
  }

  /** The operations that were answered at least once: every one of these answers was judged. */
  get answered(): ReadonlySet<string> {
    return new Set(this.#statuses.keys());
  }

  /** A parameter's or body's keyword was tried on a side. */
  keyword(op: DocumentedOperation, where: string, keyword: string, side: "valid" | "invalid"): void {
    const key = `${op.id} ${where} ${keyword}`;
    const seen = this.#keywords.get(key) ?? { valid: 0, invalid: 0 };
    seen[side]++;
    this.#keywords.set(key, seen);
  }

  /** The coverage part of the JSON report. */
  coverage(operations: readonly DocumentedOperation[]) {
    return {
      statuses: operations.map((op) => {
        const seen = this.#statuses.get(op.id) ?? new Map<number, number>();
        const declared = [...op.responses.keys()];
        return {
          operation: op.id,
          seen: Object.fromEntries(seen),
          unseen: declared.filter((status) => !seen.has(status)).map((status) => ({ status, why: whyUnseen(status) })),
        };
      }),
      keywords: Object.fromEntries(this.#keywords),
      checks: Object.fromEntries([...this.#checks].map(([name, seen]) => [name, seen.size])),
    };
  }
}
