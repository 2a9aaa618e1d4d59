import type { Seen } from "./conformance.ts";
import { type OpenApiDocument, operationsOf } from "./document.ts";

/** Which declared statuses of which operations some test has seen. */
export class Coverage {
  readonly #seen = new Set<string>();

  add(seen: Iterable<Seen>): void {
    for (const { operation, status } of seen) this.#seen.add(`${operation} ${status}`);
  }

  /** Every `operation status` that the document declares and nothing was seen of. */
  missing(document: OpenApiDocument): string[] {
    return operationsOf(document)
      .flatMap((op) => [...op.responses.keys()].map((status) => `${op.id} ${status}`))
      .filter((one) => !this.#seen.has(one));
  }
}
