import type { ApiError } from "../../spec/kit/errors.ts";
import type { Events, Form, Multipart, None, Octets, Redirect } from "../../spec/kit/media.ts";
import type { Operation, ParamNames, Policy } from "../../spec/kit/operation.ts";
import type { Schema } from "../../spec/kit/schema.ts";
import type { Part } from "./multipart.ts";
import type { EventFrame } from "./streams.ts";

declare const replied: unique symbol;

/** What `reply()` returns and nothing else does: a handler cannot forget to answer. */
export type Replied = { readonly [replied]: true };

/** Headers a handler may add to its answer; they are declared in the contract like the rest. */
export type ReplyHeaders = Readonly<Record<string, string>>;

/** Bytes that an answer streams. */
export type ByteStream = ReadableStream<Uint8Array> | Uint8Array;

type OctetsReply = { readonly type: string; readonly bytes: ByteStream };

type BodyOf<A> = A extends Schema
  ? A["_zod"]["output"]
  : A extends Events<infer S extends Schema>
    ? AsyncIterable<EventFrame<S["_zod"]["output"]>>
    : A extends Octets
      ? OctetsReply
      : A extends Redirect
        ? { readonly location: string }
        : never;

type ReplyArgs<A> = A extends None
  ? [body?: undefined, headers?: ReplyHeaders]
  : [body: BodyOf<A>, headers?: ReplyHeaders];

/** `reply(status, body)`, held to the statuses and schemas that the operation declares. */
export type Reply<R> = <S extends keyof R & number>(status: S, ...rest: ReplyArgs<R[S]>) => Replied;

type InputBody<B> = B extends Schema
  ? B["_zod"]["output"]
  : B extends Form<infer S extends Schema>
    ? S["_zod"]["output"]
    : B extends Multipart<Schema>
      ? AsyncIterable<Part>
      : B extends Octets
        ? { readonly type: string; readonly bytes: AsyncIterable<Uint8Array> }
        : undefined;

/** What a handler is given: the request, parsed and checked. */
export type Input<O extends Operation> = {
  readonly params: { readonly [K in ParamNames<O["path"]>]: string };
  readonly query: O["query"] extends Schema ? O["query"]["_zod"]["output"] : undefined;
  readonly body: InputBody<O["body"]>;
};

/** A handler in one step: one short transaction on a mutation, a tenant-bound connection on a read. */
export type Handler<O extends Operation, C> = (
  input: Input<O>,
  ctx: C & { reply: Reply<O["responses"]> },
) => Promise<Replied>;

/** What `prepare` is given of a context `C`: no connection is held; `read` takes one for a moment. */
type PrepareOf<C> = C extends { readonly db: infer Db }
  ? Omit<C, "db" | "lock" | "spend" | "hold"> & { read<T>(work: (db: Db) => Promise<T>): Promise<T> }
  : never;

/**
 * An operation in two steps: `prepare` holds no connection; `commit` is one short transaction without outside I/O, and on a
 * read only makes the answer. `discard` undoes what was prepared once it is certain that no commit holds it. When it is not
 * (a commit whose answer was lost, a killed process), somebody must come by later and look.
 */
export type TwoSteps<O extends Operation, C, Prepared> = {
  prepare(input: Input<O>, ctx: PrepareOf<C>): Promise<Prepared>;
  commit(input: Input<O>, ctx: C & { reply: Reply<O["responses"]> }, prepared: Prepared): Promise<Replied>;
  discard?(prepared: Prepared): Promise<void>;
};

declare const twoStepped: unique symbol;
/** A two-step handler whose prepared value is its own affair. */
export type Stepped<O extends Operation, C> = { readonly [twoStepped]: (input: Input<O>, ctx: C) => void };

/** Ties the two steps of an operation together; the type of what passes between them is inferred and then forgotten. */
export function twoSteps<O extends Operation, C, Prepared>(steps: TwoSteps<O, C, Prepared>): Stepped<O, C> {
  // `Stepped` only hides `Prepared`; `stepsOf` is the one place that opens it again.
  return steps as unknown as Stepped<O, C>;
}

/** The handlers of a contract, by operation id. */
export type Handlers<O extends Record<string, Policy>, C> = {
  [K in keyof O]: O[K] extends Operation ? Handler<O[K], C> | Stepped<O[K], C> : never;
};

/**
 * Returns `handlers()` for one contract and context: it takes the handlers of one resource as an object literal and holds
 * each to its operation. `implement` then wants them all.
 */
export function handlersFor<O extends Record<string, Policy>, C>() {
  return <K extends keyof O>(handlers: Pick<Handlers<O, C>, K>): Pick<Handlers<O, C>, K> => handlers;
}

/** What a refusal carries through a transaction that commits. */
export class Refusal {
  readonly error: ApiError;
  constructor(error: ApiError) {
    this.error = error;
  }
}

/** Commits what the handler wrote (a counted failure, an ended family), then answers the error. `throw` rolls back. */
export function refuse(error: ApiError): Replied {
  // The pipeline tells a Refusal from a reply by its class; handlers only pass it on.
  return new Refusal(error) as unknown as Replied;
}
