import { type Api, pathParams, queryParams } from "../kit/api.ts";
import type { DocumentedOperation } from "../kit/document.ts";

/** What the document's examples tell of resources: the id that stands for one of a kind wherever it is named. */
export class Examples {
  /** Example id by kind. */
  readonly ids: ReadonlyMap<string, string>;
  readonly #api: Api;
  #count = 0;

  constructor(api: Api) {
    this.#api = api;
    const ids = new Map<string, string>();
    for (const op of api.operations) {
      const kind = api.kindOf(op, "creates") ?? api.kindOf(op, "reads") ?? api.kindOf(op, "lists");
      const schema = api.success(op).schema;
      if (kind === undefined || schema === undefined) continue;
      const answer = api.schemas.example(schema) as { data?: readonly unknown[] };
      const id = api.idOf(kind, api.kindOf(op, "lists") === undefined ? answer : answer.data?.[0]);
      if (id !== undefined && !ids.has(kind)) ids.set(kind, id);
    }
    for (const op of api.operations)
      for (const { schema } of pathParams(op)) {
        const id = api.schemas.example(schema);
        const kind = api.kindOfExample(id);
        if (kind !== undefined && typeof id === "string") ids.set(kind, ids.get(kind) ?? id);
      }
    this.ids = ids;
  }

  /** The kinds whose resources a text of JSON names. */
  kindsIn(text: string): string[] {
    return [...this.ids].filter(([, id]) => text.includes(id)).map(([kind]) => kind);
  }

  /** Values of the path: what the examples have there. */
  params(op: DocumentedOperation): Record<string, string> {
    return Object.fromEntries(
      pathParams(op).map(({ name, schema }) => [name, String(this.#api.schemas.example(schema))]),
    );
  }

  /** Parameters of the query that must be there. */
  query(op: DocumentedOperation): Record<string, string> {
    const required = queryParams(op).filter((one) => one.required);
    return Object.fromEntries(required.map(({ name, schema }) => [name, String(this.#api.schemas.example(schema))]));
  }

  /** A body like the example, with texts that no other call has; undefined where the operation has none. */
  body(op: DocumentedOperation): unknown {
    const body = this.#api.body(op);
    return body && this.#api.schemas.fresh(body.schema, body.example, ++this.#count);
  }
}
