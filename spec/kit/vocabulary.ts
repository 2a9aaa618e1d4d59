import { checkOperation } from "./checks.ts";
import type { ErrorCode } from "./errors.ts";
import {
  type Async,
  type Auth,
  type Body,
  byWriting,
  type Credits,
  type Deprecation,
  type Effect,
  isOperation,
  type Limits,
  type Method,
  type Operation,
  type ParamNames,
  type Policy,
  type Responses,
  register,
  type Scopes,
  type Status,
} from "./operation.ts";
import type { Schema, z } from "./schema.ts";

type KnownPath<P extends string, Known> = [ParamNames<P>] extends [Known]
  ? P
  : `"${Exclude<ParamNames<P>, Known> & string}" is not a path parameter of the vocabulary`;

/** Statuses that no operation answers: errors come from policy and `errors`. Without it a misplaced 404 would compile. */
type KnownStatus<R> = [keyof R] extends [Status] ? R : `${Exclude<keyof R, Status> & number} is not an answer's status`;

type Definition<S extends string, T extends string, P, Q, B, R> = {
  readonly id: string;
  readonly method: Method;
  readonly path: P;
  readonly tag: T;
  readonly summary: string;
  readonly description?: string;
  readonly auth?: Auth;
  readonly scopes?: Scopes<S>;
  readonly effect?: Effect;
  readonly idempotent?: "key" | "natural";
  readonly credits?: Credits;
  readonly async?: Async;
  readonly query?: Q;
  readonly body?: B;
  readonly responses: R;
  readonly errors?: readonly ErrorCode[];
  readonly limits?: Limits;
  readonly closedQuery?: boolean;
  readonly deprecated?: Deprecation;
  readonly stable?: boolean;
};

/**
 * Tells the words of a contract once: its scopes, path parameters and tags. The `operation()` it returns accepts no
 * others, at compile time, and checks at load what types cannot say (`checks.ts`).
 */
export function vocabulary<
  const S extends string,
  const T extends string,
  PS extends Record<string, z.ZodType>,
>(words: { scopes: Readonly<Record<S, string>>; tags: Readonly<Record<T, string>>; params: PS }) {
  function operation<
    const P extends string,
    const R extends Responses,
    Q extends Schema | undefined = undefined,
    B extends Body = undefined,
  >(definition: Definition<S, T, P & KnownPath<P, keyof PS>, Q, B, R & KnownStatus<R>>): Operation<P, Q, B, R> {
    const params: Record<string, z.ZodType> = {};
    for (const [, name] of definition.path.matchAll(/\{([a-z_]+)\}/g)) {
      const param = name === undefined ? undefined : words.params[name];
      if (!name || !param) throw new Error(`${definition.id}: "${name}" is not a path parameter of the vocabulary`);
      params[name] = param;
    }
    const result: Operation<P, Q, B, R> = {
      description: undefined,
      auth: "credential",
      scopes: [],
      effect: undefined,
      idempotent: undefined,
      credits: 0,
      async: undefined,
      errors: [],
      limits: {},
      closedQuery: true,
      deprecated: undefined,
      stable: false,
      ...definition,
      params,
      // Absent is undefined: the defaults of Q and B say just that to the compiler, which cannot see it here.
      query: definition.query as Q,
      body: definition.body as B,
    };
    checkOperation(result);
    return register(result);
  }
  return { operation, ...words };
}

/** The operations among what modules export, under their ids. */
export type Contract<M> = { readonly [K in keyof M as M[K] extends Policy ? K : never]: M[K] };

/**
 * Every operation of the modules given, keyed by its id; schemas and constants that they also export are left out. In the
 * order of `order`, the modules themselves, and in each as it is written: which one is loaded first depends on who asks.
 */
export function collect<M extends Record<string, unknown>>(modules: M, order: readonly object[]): Contract<M> {
  const contract: Record<string, Operation> = {};
  const places = new Map<unknown, number>(
    order.flatMap((module, at) => Object.values(module).map((value) => [value, at] as const)),
  );
  const place = (op: Operation) => places.get(op) ?? order.length;
  const routes = new Map<string, string>();
  const operations = Object.entries(modules).filter((entry): entry is [string, Operation] => isOperation(entry[1]));
  for (const [name, value] of operations.sort(([, a], [, b]) => place(a) - place(b) || byWriting(a, b))) {
    if (value.id !== name) throw new Error(`Operation "${value.id}" is exported as "${name}"; give both one name`);
    const route = `${value.method} ${value.path.replace(/\{[^}]+\}/g, "{}")}`;
    const twin = routes.get(route);
    if (twin) throw new Error(`${name} and ${twin} stand on the same route: ${route}`);
    routes.set(route, name);
    contract[name] = value;
  }
  // Holds because the loop above kept exactly the operations, under their own names.
  return contract as Contract<M>;
}
