import { type Api, pathParams } from "../api.ts";
import type { DocumentedOperation } from "../document.ts";
import { isRecord } from "./checks/compare.ts";

export type Verb = "creates" | "reads" | "lists" | "updates" | "deletes";
/** Where the life of resources was read from. */
export type Source = "x-effect" | "links" | "paths";

/** A kind of resource: which operations make it, read it, list it, change it and end it. */
export type Kind = {
  readonly name: string;
  readonly source: Source;
  readonly creates: readonly DocumentedOperation[];
  readonly reads: DocumentedOperation | undefined;
  readonly lists: DocumentedOperation | undefined;
  readonly updates: readonly DocumentedOperation[];
  readonly deletes: DocumentedOperation | undefined;
};

type Found = { readonly op: DocumentedOperation; readonly kind: string; readonly verb: Verb };

/** The kinds of a document, from `x-effect`, else from `links`, else from the shape of its paths. */
export function kindsOf(api: Api): Kind[] {
  const bySource: [Source, Found[]][] = [
    ["x-effect", fromEffects(api)],
    ["links", fromLinks(api)],
    ["paths", fromPaths(api)],
  ];
  const [source, found] = bySource.find(([, some]) => some.length > 0) ?? ["paths", []];
  const names = [...new Set(found.map(({ kind }) => kind))];
  return names.map((name) => {
    const all = (verb: Verb) =>
      found
        .filter((one) => one.kind === name && one.verb === verb)
        .map(({ op }) => op)
        .sort(byParameters);
    return {
      name,
      source,
      creates: all("creates"),
      reads: all("reads")[0],
      lists: all("lists")[0],
      updates: all("updates"),
      deletes: all("deletes")[0],
    };
  });
}

const plain = (name: string) => name.replaceAll(/[_-]/g, "").toLowerCase();
/**
 * The id that a representation of a kind carries: its `id`, or else the field that the paths to it are named after, or by
 * its last word (`tripNo` and `no`). Looks into an envelope, such as `{ "data": { … } }`, too.
 */
export function idIn(kind: Kind, value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const items = [kind.reads, kind.deletes, ...kind.updates];
  const named = items.flatMap((op) => (op && pathParams(op).at(-1)?.name) ?? []).map(plain);
  const short = named.flatMap((name) => /(?:id|no|nr|number|uuid|guid|key|code|slug)$/.exec(name)?.[0] ?? []);
  for (const wanted of ["id", ...named, ...short]) {
    const [, id] = Object.entries(value).find(([name]) => plain(name) === wanted) ?? [];
    if (typeof id === "string" && id !== "") return id;
    if (Number.isSafeInteger(id)) return String(id);
  }
  const [inner, ...others] = Object.values(value).filter(isRecord);
  return others.length === 0 ? idIn(kind, inner) : undefined;
}

/** A representation without its envelope, where it has one: `{ "data": { … } }`, perhaps with links and the like. */
export function bare(value: unknown): unknown {
  if (!isRecord(value) || "id" in value) return value;
  const [inner] = Object.entries(value).flatMap(([name, one]) => (ENVELOPES.has(name) && isRecord(one) ? [one] : []));
  return inner ?? value;
}
const ENVELOPES = new Set(["data", "result", "item"]);

/** Whether one of some items is, or names, the resource of that id; undefined where they do not tell. */
export function stands(kind: Kind, items: readonly unknown[], id: string): boolean | undefined {
  // A number is part of many texts.
  if (!/^-?\d+$/.test(id)) return items.some((item) => JSON.stringify(item).includes(id));
  const ids = items.map((item) => idIn(kind, item));
  if (ids.includes(id)) return true;
  return ids.every((one) => one !== undefined) ? false : undefined;
}

const byParameters = (a: DocumentedOperation, b: DocumentedOperation) => pathParams(a).length - pathParams(b).length;
const VERBS: readonly Verb[] = ["creates", "reads", "lists", "updates", "deletes"];

function fromEffects(api: Api): Found[] {
  return api.operations.flatMap((op) =>
    VERBS.flatMap((verb) => {
      const kind = api.kindOf(op, verb);
      return kind === undefined ? [] : [{ op, kind, verb }];
    }),
  );
}

type Link = { readonly operationId?: string; readonly parameters?: Readonly<Record<string, unknown>> };

/** OpenAPI 3.1 §4.8.20: a creator's answer links by the id in its body to what may be done with what was made. */
function fromLinks(api: Api): Found[] {
  const byId = new Map(api.operations.map((op) => [op.id, op]));
  return api.operations.flatMap((op) => {
    if (op.method !== "POST") return [];
    const links = [...op.responses.values()].flatMap((response) => {
      const { links: some } = response as { links?: Readonly<Record<string, Link>> };
      return Object.values(some ?? {});
    });
    const targets = links.flatMap(({ operationId }) => byId.get(operationId ?? "") ?? []);
    if (targets.length === 0) return [];
    const kind = singular(op.path);
    const done = targets.map((target) => ({ op: target, kind, verb: verbOf(target.method) }));
    return [{ op, kind, verb: "creates" as const }, ...done];
  });
}

function fromPaths(api: Api): Found[] {
  const collections = new Set(
    api.operations.map(({ path }) => path).filter((path) => api.operations.some((op) => isItemOf(op.path, path))),
  );
  return api.operations.flatMap((op): Found[] => {
    if (collections.has(op.path)) {
      if (op.method === "POST") return [{ op, kind: singular(op.path), verb: "creates" }];
      return op.method === "GET" ? [{ op, kind: singular(op.path), verb: "lists" }] : [];
    }
    const collection = op.path.replace(/\/\{[^/}]+\}$/, "");
    // One of its kind, such as settings: what is read at a path is what is put there.
    if (isSingle(api, op)) return [{ op, kind: singular(op.path), verb: verbOf(op.method) }];
    if (collection === op.path || !collections.has(collection)) return [];
    return [{ op, kind: singular(collection), verb: verbOf(op.method) }];
  });
}

const isSingle = (api: Api, op: DocumentedOperation): boolean => {
  const methods = api.operations.filter(({ path }) => path === op.path).map(({ method }) => method);
  const isOne = !op.path.includes("{") && methods.includes("GET") && !methods.includes("POST");
  return isOne && op.method !== "DELETE" && methods.some((method) => method === "PUT" || method === "PATCH");
};

const isItemOf = (item: string, collection: string) =>
  item.replace(/\/\{[^/}]+\}$/, "") === collection && item !== collection;

function verbOf(method: string): Verb {
  if (method === "GET") return "reads";
  return method === "DELETE" ? "deletes" : "updates";
}

/** `/v1/knowledge-bases` holds things of the kind `knowledge_base`. */
function singular(path: string): string {
  const last =
    path
      .split("/")
      .filter((part) => part !== "" && !part.startsWith("{"))
      .at(-1) ?? "thing";
  return last
    .replaceAll("-", "_")
    .replace(/ies$/, "y")
    .replace(/(s|x|ch|sh)es$/, "$1")
    .replace(/([^s])s$/, "$1");
}
