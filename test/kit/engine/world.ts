import { type Api, pathParams } from "../api.ts";
import type { DocumentedOperation, JsonSchema, ParameterObject } from "../document.ts";
import { type Draft, encode } from "../draft.ts";
import { serialize } from "../generate/serialize.ts";
import type { KnownInput } from "../target.ts";
import type { Cast } from "./cast.ts";
import { bare, idIn, type Kind } from "./kinds.ts";
import { itemsOf } from "./lists.ts";
import type { Session } from "./session.ts";
import type { Exchange, Principal } from "./types.ts";

/** A resource that the run made, and the exchange that made it. */
export type Made = {
  readonly kind: string;
  readonly id: string;
  readonly ids: Ids;
  /** What made it; undefined where it came from outside the document. */
  readonly exchange: Exchange | undefined;
};

/** Ids by `place name`: the path parameters and body fields of a request that name resources. */
export type Ids = Readonly<Record<string, string>>;

/** The server does not do what the run needs of it, so a check cannot go on. The exchange shows why. */
export class Unmade extends Error {
  override readonly name = "Unmade";
  readonly exchange: Exchange | undefined;
  constructor(message: string, exchange?: Exchange) {
    super(message);
    this.exchange = exchange;
  }
}

type Reference = { readonly place: "path" | "body"; readonly name: string; readonly kind: Kind };

export type WorldOptions = {
  readonly api: Api;
  readonly kinds: readonly Kind[];
  readonly cast: Cast;
  readonly session: Session;
  /** Input that no document can tell, by operation id. */
  readonly input?: (operation: string, who: Principal | undefined) => Promise<KnownInput | undefined>;
  /** A resource of a kind that no operation creates: one that comes of logging in, or of an accepted mail. */
  readonly maker?: (kind: string) => Promise<{ readonly id: string } | undefined>;
};

/** Makes what requests need, from the document alone: parents first, texts that nobody has used. */
export class World {
  readonly #options: WorldOptions;
  readonly #kept = new Map<string, Made>();
  readonly #references = new Map<string, Reference[]>();
  #count = 0;
  /** Operations whose example was taken already: each body must be another, whatever of it has to change. */
  readonly #taken = new Set<string>();

  constructor(options: WorldOptions) {
    this.#options = options;
  }

  kind(name: string | undefined): Kind | undefined {
    return this.#options.kinds.find((kind) => kind.name === name);
  }

  /** The kind that an operation creates, reads, changes or ends. */
  kindOf(op: DocumentedOperation): Kind | undefined {
    return this.#options.kinds.find(
      ({ creates, reads, lists, updates, deletes }) =>
        [reads, lists, deletes].includes(op) || creates.includes(op) || updates.includes(op),
    );
  }

  /** The places of a request that name resources: by the example's id, else by the parameter's or field's name. */
  references(op: DocumentedOperation): readonly Reference[] {
    const known = this.#references.get(op.id);
    if (known) return known;
    const { api, kinds } = this.#options;
    const found: Reference[] = [];
    for (const { place, name, kind } of api.references(op)) {
      const of = this.kind(kind);
      if (of && place !== "query") found.push({ place, name, kind: of });
    }
    for (const { name } of pathParams(op)) {
      if (found.some((one) => one.place === "path" && one.name === name)) continue;
      const item = op.path.slice(0, op.path.indexOf(`{${name}}`) + name.length + 2);
      const kind = kinds.find((one) => [one.reads, one.deletes, ...one.updates].some((user) => user?.path === item));
      if (kind) found.push({ place: "path", name, kind });
    }
    const { properties = {} } = api.schemas.of(api.body(op)?.schema ?? {});
    for (const name of Object.keys(properties)) {
      if (found.some((one) => one.place === "body" && one.name === name)) continue;
      const kind = kinds.find((one) => name === `${one.name}_id`);
      if (kind) found.push({ place: "body", name, kind });
    }
    this.#references.set(op.id, found);
    return found;
  }

  /** A request that should go well. References lead to resources made before, unless `fresh` or given. */
  async draft(op: DocumentedOperation, given: Ids = {}, fresh = false): Promise<{ draft: Draft; ids: Ids }> {
    const ids: Record<string, string> = {};
    for (const { place, name, kind } of this.references(op)) {
      const key = `${place} ${name}`;
      // What stands in the path before it is what it belongs to.
      const parents = Object.fromEntries(Object.entries(ids).filter(([one]) => one.startsWith("path ")));
      const made = async () => (fresh ? this.make(kind.name, parents) : this.some(kind.name, parents));
      ids[key] = given[key] ?? (await made()).id;
    }
    const who = this.#options.cast.owner(op);
    const input = (await this.#options.input?.(op.id, who)) ?? {};
    return { draft: this.fill(op, ids, input), ids };
  }

  /** The request of an operation with these ids and a body that nobody has sent. */
  fill(op: DocumentedOperation, ids: Ids, input: KnownInput = {}): Draft {
    const { api } = this.#options;
    const values = (place: ParameterObject["in"], known: Readonly<Record<string, string>> = {}) =>
      Object.fromEntries(
        op.parameters
          .filter((one) => one.in === place && (place === "path" || one.required === true))
          .map(({ name, schema }) => [name, known[name] ?? this.#example(op, name, schema)]),
      );
    const given = Object.entries(ids).flatMap(([key, id]) => (key.startsWith("path ") ? [[key.slice(5), id]] : []));
    const { path, query, headers } = serialize(
      {},
      {
        operation: op,
        path: values("path", { ...Object.fromEntries(given), ...input.params }),
        query: values("query"),
        headers: values("header"),
        cookies: values("cookie"),
      },
    );
    const named = Object.keys(input.query ?? {});
    const body = api.body(op);
    return {
      method: op.method,
      path,
      query: [...query.filter(([name]) => !named.includes(name)), ...Object.entries(input.query ?? {})],
      headers: { ...headers, ...input.headers },
      ...(body ? { body: encode(body.type, input.body ?? this.freshBody(op, ids), body.schema) } : {}),
    };
  }

  /** The example of a parameter; a key that makes a request one of its own is another each time. */
  #example(op: DocumentedOperation, name: string, schema: JsonSchema): unknown {
    const { schemas } = this.#options.api;
    if (schemas.isUnmade(schema)) throw new Unmade(`no value was found for ${name} of ${op.id}: give it an example`);
    const example = schemas.example(schema);
    return /^idempotency-key$/i.test(name) ? schemas.fresh(schema, example, ++this.#count) : example;
  }

  freshBody(op: DocumentedOperation, ids: Ids): unknown {
    const { api } = this.#options;
    const body = api.body(op);
    if (!body) return undefined;
    if (!body.isWritable) throw new Unmade(`no body was found for ${op.id} in ${body.type}: give it an example`);
    const fresh = api.schemas.fresh(body.schema, body.example, ++this.#count, this.#taken.has(op.id));
    const named = Object.entries(ids).filter(([key]) => key.startsWith("body "));
    // What stands under fields without a schema is the document's own.
    const value = named.length > 0 ? structuredClone(fresh) : fresh;
    for (const [key, id] of named) setAt(value, key.slice("body ".length).split("."), id);
    return value;
  }

  /** A resource that is there, made once: for what leaves it as it is. */
  async some(kind: string, parents: Ids = {}): Promise<Made> {
    const known = this.#kept.get(kind);
    const belongs = Object.entries(parents).every(([key, id]) => (known?.ids[key] ?? id) === id);
    if (known && belongs) return known;
    const made = await this.make(kind, parents);
    this.#kept.set(kind, made);
    return made;
  }

  /** Forgets what was made where an operation may have ended something that the run keeps. */
  forgetAfter(op: DocumentedOperation, path: string): void {
    const kind = this.kindOf(op);
    if (op.method === "GET" || kind?.creates.includes(op) || kind?.updates.includes(op)) return;
    const kept = [...this.#kept.values()].flatMap(({ id, ids }) => [id, ...Object.values(ids)]);
    const parts = new Set(path.split("/"));
    if (kind?.deletes === op && pathParams(op).length > 0 && !kept.some((id) => parts.has(encodeURIComponent(id))))
      return;
    this.forget();
  }

  /** Forgets what was made: it may be gone, or another tenant's now. */
  forget(): void {
    this.#kept.clear();
  }

  /** Makes a resource of a kind. Throws Unmade, with the exchange, when the server refuses its own example. */
  async make(name: string, parents: Ids = {}): Promise<Made> {
    const kind = this.kind(name);
    let refused: Unmade | undefined;
    for (const op of kind?.creates ?? []) {
      if (!kind) break;
      const who = this.#options.cast.owner(op);
      if (!who && op.security.length > 0) continue;
      const { draft, ids } = await this.draft(op, parents);
      const exchange = await this.#options.session.send(op, draft, who);
      const made = this.#madeBy(kind, exchange, ids);
      if (made) return made;
      // What is under way of a parent, or how many it may have, can stand against one more: then under a new parent. And
      // what an earlier run has left may have the name: then one that nobody has.
      if (exchange.status === 409) {
        this.#count += Math.floor(Math.random() * 10_000_000);
        for (const one of [...kind.creates, ...kind.updates]) this.#taken.add(one.id);
        const apart = await this.draft(op, parents, true);
        const second = this.#madeBy(kind, await this.#options.session.send(op, apart.draft, who), apart.ids);
        if (second) return second;
      }
      refused ??=
        exchange.status < 300
          ? new Unmade(`${op.id} answered ${exchange.status}, but nothing in its answer names the ${name} that it made`)
          : new Unmade(`${op.id} made no ${name} from its own example: ${exchange.status}`, exchange);
    }
    const other = refused ? undefined : ((await this.#options.maker?.(name)) ?? (kind && (await this.#listed(kind))));
    if (other) return { kind: name, id: other.id, ids: {}, exchange: undefined };
    throw refused ?? new Unmade(`no operation that these principals may call creates a ${name}`);
  }

  /** One of a kind that stands in its list already: what a server makes by itself, such as a record of what was done. */
  async #listed(kind: Kind): Promise<{ readonly id: string } | undefined> {
    const who = kind.lists && this.#options.cast.owner(kind.lists);
    if (!kind.lists || (!who && kind.lists.security.length > 0)) return undefined;
    const { draft } = await this.draft(kind.lists);
    const [first] = itemsOf(await this.#options.session.send(kind.lists, draft, who)) ?? [];
    const id = idIn(kind, first);
    return id === undefined ? undefined : { id };
  }

  #madeBy(kind: Kind, exchange: Exchange, ids: Ids): Made | undefined {
    const id = idFrom(kind, exchange);
    return exchange.status < 300 && id !== undefined ? { kind: kind.name, id, ids, exchange } : undefined;
  }

  /** Deletes what a request has made, where it made something and that can be deleted: limits of number stay far. */
  async end(op: DocumentedOperation, exchange: Exchange, ids: Ids): Promise<Exchange | undefined> {
    const kind = this.kindOf(op);
    const last = kind?.deletes && pathParams(kind.deletes).at(-1);
    if (!kind?.deletes || !last || !kind.creates.includes(op) || exchange.status >= 300) return undefined;
    const who = this.#options.cast.owner(kind.deletes);
    const made = this.#madeBy(kind, exchange, ids);
    if (!made || !who) return undefined;
    const { draft } = await this.draft(kind.deletes, { ...ids, [`path ${last.name}`]: made.id });
    return this.#options.session.send(kind.deletes, draft, who);
  }

  /** Reads a resource as its owner; undefined where nothing reads it. */
  async read(kind: Kind, id: string, ids: Ids = {}, who?: Principal): Promise<Exchange | undefined> {
    const op = kind.reads;
    const last = op && pathParams(op).at(-1);
    if (!op) return undefined;
    const reader = who ?? this.#options.cast.owner(op);
    if (!reader && op.security.length > 0) return undefined;
    const all = last ? { ...ids, [`path ${last.name}`]: id } : ids;
    const { draft } = await this.draft(op, all);
    const read = await this.#options.session.send(op, draft, reader);
    return { ...read, json: bare(read.json) };
  }
}

function setAt(value: unknown, [key = "", ...rest]: readonly string[], item: unknown): void {
  if (typeof value !== "object" || value === null) return;
  const record = value as Record<string, unknown>;
  if (rest.length === 0) record[key] = item;
  else setAt(record[key], rest, item);
}

/** The id of what an answer shows: its `id`, the field that its paths are named after, or the end of `Location`. */
export function idFrom(kind: Kind, exchange: Exchange): string | undefined {
  const own = idIn(kind, exchange.json);
  if (own !== undefined) return own;
  const location = exchange.headers.get("location");
  const last = location?.split(/[?#]/)[0]?.split("/").at(-1);
  return last === undefined || last === "" ? undefined : decodeURIComponent(last);
}
