import { type Api, authOf, pathParams, queryParams } from "./api.ts";
import type { DocumentedOperation } from "./document.ts";
import { type Draft, encode, toRequest } from "./draft.ts";
import { finite } from "./finite.ts";
import type { KnownInput, Made as MadeBy, Principal, SuiteOptions, Target, Tenant } from "./target.ts";

/** Ids to use for references, by `place name`. */
export type Ids = Readonly<Record<string, string>>;

export type Made = MadeBy & { readonly text: string };

let count = 0;

/** Replaces what stands at a dotted path. */
function setAt(value: unknown, path: string, item: unknown): unknown {
  const copy = structuredClone(value);
  const keys = path.split(".");
  let at = copy as Record<string, unknown>;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  at[keys.at(-1) ?? ""] = item;
  return copy;
}

/** A tenant that lives by the document alone: makes resources from examples, parents first, and sends requests. */
export class Life<T extends Tenant = Tenant> {
  readonly api: Api;
  readonly target: Target<T>;
  readonly tenant: T;
  readonly #makers: SuiteOptions<T>["makers"];

  constructor(api: Api, target: Target<T>, tenant: T, makers?: SuiteOptions<T>["makers"]) {
    this.api = api;
    this.target = target;
    this.tenant = tenant;
    this.#makers = makers;
  }

  async #send(draft: Draft, principal?: Principal): Promise<Response> {
    const signed = principal ? await principal(draft) : draft;
    return finite(await this.target.fetch(toRequest(this.target.origin + this.api.base, signed)));
  }

  /** Sends a draft with this principal, or with none. */
  send(draft: Draft, principal?: Principal): Promise<Response> {
    return this.#send(draft, principal);
  }

  /** Sends a draft of an operation with a principal that may do it. */
  async call(op: DocumentedOperation, draft: Draft): Promise<Response> {
    return this.#send(draft, await this.principal(op));
  }

  async principal(op: DocumentedOperation): Promise<Principal | undefined> {
    const auth = authOf(op);
    return auth === "public" ? undefined : this.tenant.principal({ auth, operation: op.id });
  }

  /** A well-formed request from the examples as they stand: its ids name nothing. For what is refused before that shows. */
  plain(op: DocumentedOperation): Draft {
    const body = this.api.body(op);
    return this.#fill(op, {}, body?.example);
  }

  /** A request that should go well: fresh texts, and references to resources of this tenant, made now unless given. */
  async draft(op: DocumentedOperation, ids: Ids = {}): Promise<Draft> {
    const given: Record<string, string> = { ...ids };
    const made = new Map<string, string>();
    for (const { place, name, kind } of this.api.references(op)) {
      if (place === "query") continue;
      const wanted = place === "path" ? op : undefined;
      const id = given[`${place} ${name}`] ?? made.get(kind) ?? (await this.make(kind, wanted)).id;
      made.set(kind, id);
      given[`${place} ${name}`] = id;
    }
    const known = (await this.tenant.input?.(op.id)) ?? {};
    return this.#fill(op, { ...known, ids: given }, this.freshBody(op, given, known));
  }

  /** Another body that the operation should take, with texts that nobody has used. */
  freshBody(op: DocumentedOperation, ids: Ids, known: KnownInput = {}): unknown {
    const body = this.api.body(op);
    if (!body) return undefined;
    if (known.body !== undefined) return known.body;
    let value = this.api.schemas.fresh(body.schema, body.example, ++count);
    for (const [key, id] of Object.entries(ids)) {
      if (key.startsWith("body ")) value = setAt(value, key.slice(5), id);
    }
    return value;
  }

  #fill(op: DocumentedOperation, input: KnownInput & { ids?: Ids }, body: unknown): Draft {
    const { schemas } = this.api;
    let path = op.path;
    for (const { name, schema } of pathParams(op)) {
      const value = input.params?.[name] ?? input.ids?.[`path ${name}`] ?? String(schemas.example(schema));
      path = path.replace(`{${name}}`, encodeURIComponent(value));
    }
    const required = queryParams(op).filter((one) => one.required);
    const query = Object.fromEntries(required.map(({ name, schema }) => [name, String(schemas.example(schema))]));
    const declared = this.api.body(op);
    return {
      method: op.method,
      path,
      query: Object.entries({ ...query, ...input.query }),
      headers: { ...input.headers },
      ...(declared === undefined ? {} : { body: encode(declared.type, body, declared.schema) }),
    };
  }

  /**
   * Makes a resource of a kind, its parents first; in the state that an operation wants, where the suite knows of one.
   * Throws with the server's answer when that fails.
   */
  async make(kind: string, wanted?: DocumentedOperation): Promise<Made> {
    const op = this.api.operationFor(kind, "creates");
    const maker = (wanted && this.#makers?.[wanted.id]) ?? (op ? undefined : this.#makers?.[kind]);
    if (maker) {
      const made = await maker(this.tenant);
      return { ...made, text: JSON.stringify(made.body) };
    }
    if (!op) {
      throw new Error(`The document has no operation that creates a ${kind}, and the suite no maker`);
    }
    const response = await this.call(op, await this.draft(op));
    const text = await response.text();
    const body = JSON.parse(text) as { id?: unknown };
    if (response.status >= 300 || typeof body.id !== "string") {
      throw new Error(`${op.id} made no ${kind} from its own example: ${response.status} ${text}`);
    }
    return { id: body.id, body: body as Made["body"], text };
  }

  /** Reads a resource by its reader: the status and the text, or undefined when the document has no reader. */
  async read(kind: string, id: string): Promise<{ status: number; text: string; response: Response } | undefined> {
    const op = this.api.operationFor(kind, "reads");
    if (!op) return undefined;
    const [param] = pathParams(op);
    const response = await this.call(op, await this.draft(op, param ? { [`path ${param.name}`]: id } : {}));
    return { status: response.status, text: await response.clone().text(), response };
  }

  /** Ids of everything of a kind that the tenant sees, or undefined when the document has no such list. */
  async list(kind: string): Promise<readonly string[] | undefined> {
    const op = this.api.operationFor(kind, "lists");
    if (!op) return undefined;
    return (await this.page(op, { limit: "100" })).ids;
  }

  /** One page of a list. Pages that are compared want one principal: to get another may itself add to a list. */
  async page(op: DocumentedOperation, query: Readonly<Record<string, string>>, principal?: Principal): Promise<Page> {
    const draft = { ...(await this.draft(op)), query: Object.entries(query) };
    const response = await this.send(draft, principal ?? (await this.principal(op)));
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${op.id} answered ${response.status}: ${text}`);
    // Held to its schema by the target's fetch.
    const body = JSON.parse(text) as Omit<Page, "text" | "ids">;
    const kind = this.api.kindOf(op, "lists") ?? "";
    return { ...body, ids: body.data.map((item) => this.api.idOf(kind, item) ?? withoutId(op)), text };
  }
}

function withoutId(op: DocumentedOperation): never {
  throw new Error(`${op.id} lists something without an id`);
}

export type Page = {
  readonly data: readonly unknown[];
  readonly ids: readonly string[];
  readonly count?: number;
  readonly next_cursor: string | null;
  readonly text: string;
};
