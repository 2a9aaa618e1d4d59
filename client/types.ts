import type { Timing } from "./backoff.ts";
import type { operations, webhooks } from "./generated/schema.ts";

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

/** Bytes as a body. A stream is sent once: what fails then is not tried again. */
export type Bytes = Blob | ArrayBuffer | ArrayBufferView<ArrayBuffer> | ReadableStream<Uint8Array>;
type BodyOf<Content> = Content extends { "application/json": infer Json }
  ? Json
  : Content extends { "multipart/form-data": unknown }
    ? FormData
    : Bytes;
type BodyPart<K extends Id> = operations[K] extends { requestBody: { content: infer Content } }
  ? { readonly body: BodyOf<Content> }
  : unknown;

/** One try of a call, after its end: what a log wants to know. */
export type Attempt = {
  readonly operationId: string;
  /** Counts from 1. */
  readonly attempt: number;
  readonly request: Request;
  /** The answer, whatever its status; absent when none came. */
  readonly response: Response | undefined;
  /** Why no answer came. */
  readonly error: unknown;
  /** Milliseconds until the next try; absent when this was the last. */
  readonly retryIn: number | undefined;
};

/** How patient a call is: for a client, or for one call. */
export type Patience = {
  /** How often a call is tried again at most, where that is safe. 4 unless told; 0 switches it off. */
  readonly retries?: number;
  /** Milliseconds for one try, until its answer is read or a download begins. Two minutes unless told, as the server has. */
  readonly timeout?: number;
  /** Milliseconds for all tries together, with the pauses between them. Five minutes unless told. */
  readonly totalTimeout?: number;
  /** Told of every try. */
  readonly onAttempt?: (attempt: Attempt) => void;
};

/** What a client is made with. */
export type ClientOptions = Patience & {
  /** Where the API is, with its base path: `https://reelmark.example.com/api`. */
  readonly baseUrl: string;
  /** An API key or a session's access token; a function is asked before each call. */
  readonly token?: string | (() => string | undefined | Promise<string | undefined>);
  /** Sent with every call. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the global `fetch`. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Instead of the real clock, for tests. */
  readonly timing?: Timing;
};

/** What every call takes beside its own parameters. */
export type CallOptions = Patience & {
  /** Sent with this call alone: `Idempotency-Key`, `If-Match`, `X-Organization-Id`, … */
  readonly headers?: Readonly<Record<string, string>>;
  /** Ends the call, whatever it is doing; it then throws the signal's reason. */
  readonly signal?: AbortSignal;
};

/** What an operation is called with. */
export type Options<K extends Id> = ParamsPart<K> & QueryPart<K> & BodyPart<K> & CallOptions;

/** What reading a whole list is called with. `limit` is how many come at once: 100 unless told. */
export type AllOptions<K extends Id> = ParamsPart<K> & {
  readonly query?: Omit<Parameters<K, "query">, "offset">;
} & CallOptions;

type Success = 200 | 201 | 202;
type Content<R> = R extends { content: { "application/json": infer Body } }
  ? Body
  : R extends { content: { "*/*": unknown } | { "text/event-stream": unknown } }
    ? ReadableStream<Uint8Array>
    : undefined;

/** What an operation answers with: the body of its success, or undefined where there is none. */
export type Result<K extends Id> =
  Extract<keyof operations[K]["responses"], Success> extends never
    ? undefined
    : Content<operations[K]["responses"][Extract<keyof operations[K]["responses"], Success>]>;

/** What a list is a list of. */
export type Item<K extends Id> = Result<K> extends { data: (infer One)[] } ? One : never;

type EventBody<K extends keyof webhooks> = webhooks[K] extends {
  post: { requestBody: { content: { "application/json": infer Body } } };
}
  ? Body
  : never;

/** An event by its `type`, with the id under which it may come again. */
export type WebhookEvent = { [K in keyof webhooks]: EventBody<K> & { readonly id: string } }[keyof webhooks];
