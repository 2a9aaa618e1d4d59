import type { operations } from "./generated/schema.ts";

type Id = keyof operations;
type Parameters<K extends Id, Place extends "path" | "query"> = operations[K]["parameters"] extends {
  [P in Place]?: infer Values;
}
  ? NonNullable<Values>
  : never;

type ParamsPart<K extends Id> = [Parameters<K, "path">] extends [never]
  ? unknown
  : { readonly params: Parameters<K, "path"> };
type QueryPart<K extends Id> = [Parameters<K, "query">] extends [never]
  ? unknown
  : { readonly query?: Parameters<K, "query"> };
type BodyPart<K extends Id> = operations[K] extends { requestBody: { content: infer Content } }
  ? { readonly body: Content[keyof Content] }
  : unknown;

/** What every call takes beside its own parameters. */
export type CallOptions = {
  /** Sent with this call alone: `Idempotency-Key`, `If-Match`, `If-None-Match`, … */
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
};

/** What an operation is called with. */
export type Options<K extends Id> = ParamsPart<K> & QueryPart<K> & BodyPart<K> & CallOptions;

type Success = 200 | 201 | 202;
type Content<R> = R extends { content: { "application/json": infer Body } } ? Body : undefined;

/** What an operation answers with: the body of its success, or undefined where there is none. */
export type Result<K extends Id> =
  Extract<keyof operations[K]["responses"], Success> extends never
    ? undefined
    : Content<operations[K]["responses"][Extract<keyof operations[K]["responses"], Success>]>;
