import type { DocumentedOperation, JsonSchema } from "../../document.ts";
import { idIn, type Kind } from "../kinds.ts";
import type { Run } from "../run.ts";
import type { Complaint, Exchange } from "../types.ts";
import type { Ids } from "../world.ts";

export type Item = Readonly<Record<string, unknown>>;
export type Mistake = { readonly what: Complaint; readonly pages: readonly Exchange[] };

/** What a list showed under a filter. */
export type Looked = {
  readonly items: readonly Item[];
  readonly pages: readonly Exchange[];
  /** Whether these are all. */
  readonly whole: boolean;
};

/** What the filters of one list are tried with. */
export type List = {
  readonly op: DocumentedOperation;
  readonly run: Run;
  readonly kind: Kind;
  readonly ids: Ids;
  /** The fields of an item, by name. */
  readonly fields: Readonly<Record<string, JsonSchema>>;
  /** Items that were made to be found by a text, by field and text: a second look looks for the same. */
  readonly worded: Map<string, { readonly id: string; readonly text: string } | undefined>;
  /** Reads under filters; undefined where that is refused. */
  look(...filter: (readonly [name: string, value: string])[]): Promise<Looked | undefined>;
};

/** Names an item: by its id, or else by all that it shows. */
export const nameOf = (kind: Kind, item: Item): string => idIn(kind, item) ?? JSON.stringify(item.id ?? item);

/** The schema of a list's items: of the answer's own array, or of the one that it holds. */
export function itemSchema(op: DocumentedOperation, run: Run): JsonSchema | undefined {
  const { schemas } = run.api;
  const answer = schemas.of(run.api.success(op).schema ?? {});
  const lists = [answer, ...Object.values(answer.properties ?? {}).map((one) => schemas.of(one))];
  return lists.find((one) => one.items !== undefined)?.items;
}
