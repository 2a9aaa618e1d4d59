/** What the mock reads of an OpenAPI document. */
export type Parameter = { name: string; in: string; required?: boolean; schema?: Schema };
export type Schema = { $ref?: string; type?: string | string[]; items?: Schema };
export type RequestBody = { required?: boolean; content: Record<string, { schema?: Schema }> };
export type Operation = {
  operationId?: string;
  parameters?: (Parameter | Ref)[];
  requestBody?: RequestBody;
  security?: Record<string, string[]>[];
  responses: Record<string, unknown>;
  "x-auth"?: string;
  "x-closed-query"?: boolean;
  "x-limits"?: { bodyBytes?: number };
};
export type Ref = { $ref: string };
export type Contract = {
  servers?: { url: string }[];
  paths: Record<string, { parameters?: (Parameter | Ref)[] } & Record<string, unknown>>;
  components?: Record<string, Record<string, unknown>>;
  [key: string]: unknown;
};

const METHODS = ["get", "put", "post", "delete", "patch"] as const;
export type Method = (typeof METHODS)[number];

/** One operation, where it is in the document, and its parameters with those of its path. */
export type Route = {
  path: string;
  method: Method;
  operation: Operation;
  parameters: Parameter[];
  /** What stood in the path's `{…}`, once a request has matched it. */
  params: Record<string, string>;
};

/** A path that exists: which operations it has. */
export type Match = { routes: Partial<Record<Method, Route>> };

/** The base path of the document's first server, without a slash at its end: `/api`. */
export function basePath(contract: Contract): string {
  return new URL(contract.servers?.[0]?.url ?? "/", "http://localhost").pathname.replace(/\/+$/, "");
}

function resolveParameter(contract: Contract, parameter: Parameter | Ref): Parameter {
  if (!("$ref" in parameter)) return parameter;
  const name = parameter.$ref.split("/").at(-1) ?? "";
  const found = contract.components?.parameters?.[name];
  if (!found) throw new Error(`${parameter.$ref} is not in the document: run \`npm run generate\` again`);
  return found as Parameter; // what `$ref` of a parameter names is one, by OpenAPI 3.1 §4.8.12
}

function routesOf(contract: Contract, path: string): Match["routes"] {
  const item = contract.paths[path] ?? {};
  const routes: Match["routes"] = {};
  for (const method of METHODS) {
    if (!(method in item)) continue;
    const operation = item[method] as Operation; // OpenAPI 3.1 §4.8.9: a method's value is an operation
    const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
    routes[method] = {
      path,
      method,
      operation,
      parameters: parameters.map((one) => resolveParameter(contract, one)),
      params: {},
    };
  }
  return routes;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // A bad escape fits no schema, so validation names it.
  }
}

const templated = (path: string) => path.split("{").length;

/**
 * Makes the function that finds a request path (base path included) in the document. A literal path hides every `{…}` that
 * fits it too, whatever the method (OpenAPI 3.1 §4.8.8.2), as the live server does.
 */
export function router(contract: Contract): (pathname: string) => Match | undefined {
  const base = basePath(contract);
  const table = Object.keys(contract.paths)
    .sort((a, b) => templated(a) - templated(b))
    .map((path) => {
      const names = [...path.matchAll(/\{([^}]+)\}/g)].map((found) => found[1] ?? "");
      const literal = path.split(/\{[^}]+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
      return { names, pattern: new RegExp(`^${literal.join("([^/]+)")}$`), routes: routesOf(contract, path) };
    });
  return (pathname) => {
    if (!pathname.startsWith(`${base}/`)) return undefined;
    for (const { names, pattern, routes } of table) {
      const found = pattern.exec(pathname.slice(base.length));
      if (!found) continue;
      const params = Object.fromEntries(names.map((name, index) => [name, decode(found[index + 1] ?? "")]));
      const matched = Object.values(routes).map((route) => [route.method, { ...route, params }]);
      return { routes: Object.fromEntries(matched) };
    }
    return undefined;
  };
}

/** What `Allow` says of a path (RFC 9110 §10.2.1), in the live server's order: HEAD goes with GET. */
export function allowed({ routes }: Match): string {
  const methods = Object.keys(routes).map((method) => method.toUpperCase());
  return [...methods, ...(routes.get ? ["HEAD"] : []), "OPTIONS"].sort().join(", ");
}

/** Media types of the operation's body, lower case; empty when it takes none. */
export function bodyTypes({ operation }: Route): string[] {
  return Object.keys(operation.requestBody?.content ?? {}).map((type) => type.toLowerCase());
}

/** Schema of the operation's JSON body, if it takes one. */
export function jsonSchema({ operation }: Route): Schema | undefined {
  return operation.requestBody?.content["application/json"]?.schema;
}
