import type { ErrorCode } from "./errors.ts";
import type { Events, Form, Multipart, None, Octets, Redirect } from "./media.ts";
import type { Schema, z } from "./schema.ts";

export type Method = "get" | "post" | "put" | "patch" | "delete";

/** Who may call: an API key or session; a session alone; anyone; a signed URL; a payment provider; the operator. */
export type Auth = "credential" | "session" | "public" | "signed" | "provider" | "operator";

/** What the operation does to a resource; tests follow the resource's life by it, `ETag` and `Location` come from it. */
export type Effect =
  | { readonly creates: string }
  | { readonly reads: string }
  | { readonly lists: string }
  | { readonly updates: string }
  | { readonly deletes: string };

/** A price known before (`n`), or a ceiling reserved before and an actual price captured after. */
export type Credits = number | { readonly max: number; readonly estimate: string };

/** Where a long operation is followed, and the states in which it ends. */
export type Async = { readonly poll: string; readonly terminal: readonly string[] };

/** RFC 9745 and RFC 8594: since when deprecated, when it goes, and what to use instead. Dates are `YYYY-MM-DD`. */
export type Deprecation = { readonly since: string; readonly sunset: string; readonly use: string };

export type Scopes<S extends string = string> = readonly S[] | { readonly anyOf: readonly S[] };

/** Limits of one operation that differ from the contract's defaults. */
export type Limits = {
  /** Requests a minute a principal (an address, on a public operation), beside the credential's own limit. */
  readonly perMinute?: number;
  /** Largest body in bytes; 1 MiB of JSON unless told. */
  readonly bodyBytes?: number;
  /** Refuse (503) rather than fall back to local limits when the shared store is down: log-in, spending. */
  readonly failClosed?: boolean;
};

/** Everything of an operation but its shape. The pipeline enforces it, the document says it, the tests try it. */
export type Policy = {
  readonly id: string;
  readonly method: Method;
  readonly tag: string;
  readonly summary: string;
  readonly description: string | undefined;
  readonly auth: Auth;
  readonly scopes: Scopes;
  readonly effect: Effect | undefined;
  readonly idempotent: "key" | "natural" | undefined;
  readonly credits: Credits;
  readonly async: Async | undefined;
  readonly errors: readonly ErrorCode[];
  readonly limits: Limits;
  readonly closedQuery: boolean;
  readonly deprecated: Deprecation | undefined;
  readonly stable: boolean;
};

export type Body = Schema | Form<Schema> | Multipart<Schema> | Octets | undefined;
export type Answer = Schema | None | Octets | Events<Schema> | Redirect;
export type Status = 200 | 201 | 202 | 204 | 206 | 302 | 303;
export type Responses = { readonly [S in Status]?: Answer };

/** One operation of a contract: its policy, and the shape of what goes in and out. */
export interface Operation<P extends string = string, Q = unknown, B = unknown, R = unknown> extends Policy {
  readonly path: P;
  readonly params: Record<string, z.ZodType>;
  readonly query: Q;
  readonly body: B;
  readonly responses: R;
}

/** Names in a path template: `/v1/brands/{brand_id}` has `brand_id`. */
export type ParamNames<P extends string> = P extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

const made = new WeakMap<object, number>();
let count = 0;

/** Whether a value was made by an `operation()`: how a contract is collected from modules that also export schemas. */
export function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && made.has(value);
}

/** Marks what `operation()` made, in the order of writing: a module's namespace would give it by the alphabet. */
export function register<O extends object>(operation: O): O {
  made.set(operation, count++);
  return Object.freeze(operation);
}

/** Sorts operations as they are written in their files. */
export const byWriting = (a: Operation, b: Operation): number => (made.get(a) ?? 0) - (made.get(b) ?? 0);
