import type { IncomingMessage } from "node:http";
import type { Operation } from "../../spec/kit/operation.ts";
import type { Backend, Principal } from "./backend.ts";
import type { CorsOrigins } from "./cors.ts";
import type { Replied } from "./handlers.ts";
import type { Limiter } from "./limits.ts";
import type { ResponseMode } from "./outcome.ts";
import type { ByteRange } from "./range.ts";
import type { StreamRules } from "./streams.ts";

/** Writes one structured line. Fields are an allow-list made by the pipeline; no header or body is ever among them. */
export type Log = {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
};

/** Limits of the whole API, in requests a minute. 0 switches a limit off. */
export type RateLimits = {
  /** Public operations, by address. */
  readonly public: number;
  /** Failed authentications, by address. */
  readonly failures: number;
  /** All credentials of one organization together. */
  readonly organization: number;
  /** A factor on the limits that single operations have of their own; 1 unless told. */
  readonly operations?: number;
};

/** What `implement` is given beside contract and handlers. */
export type Deps<Db, P extends Principal> = {
  readonly backend: Backend<Db, P>;
  readonly limiter: Limiter;
  readonly limits: RateLimits;
  readonly log: Log;
  /** Path under which the operations stand, such as `/api`. */
  readonly base: string;
  readonly cors: CorsOrigins;
  /** Request headers of the application's own that pages of other origins may send. */
  readonly requestHeaders?: readonly string[];
  /** Further headers of every answer, such as Strict-Transport-Security behind https. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly responses: ResponseMode;
  readonly clock: () => number;
  readonly addressOf: (incoming: IncomingMessage | undefined) => string;
  /** Scopes that a scope brings with it. */
  readonly implied: Readonly<Record<string, readonly string[] | undefined>>;
  /** Called once a request, with the template's operation id, for metrics. */
  readonly observe: (operation: string, status: number, seconds: number) => void;
  readonly onExcess: (operation: string, path: string) => void;
  readonly streams?: StreamRules;
};

/** What every handler may use. Time, ids and randomness come from here, so that tests can hold them still. */
export type BaseContext<P> = {
  readonly principal: P;
  /** The tenant's id; empty on public operations. */
  readonly org: string;
  readonly requestId: string;
  readonly address: string;
  readonly log: Log;
  now(): number;
  newId(prefix: string): string;
  /** The part of `size` bytes that the request's `Range` asks for; undefined when the whole is to be sent. */
  range(size: number): ByteRange | undefined;
  /** From where a reader of an event stream goes on: the request's `Last-Event-ID` (WHATWG HTML §9.2.4). */
  readonly lastEventId: string | undefined;
};

/** The context of a handler or `commit`: a connection bound to the tenant, inside a transaction on mutations. */
export type Context<Db, P> = BaseContext<P> & {
  readonly db: Db;
  /** Serializes writers of these resources until the transaction ends. */
  lock(kind: string, ids: readonly string[]): Promise<void>;
  /** The credits held for this request; an `async` operation passes it to the job that captures or releases it. */
  readonly hold: string | undefined;
  /** Says what an operation priced `{ max, estimate }` really cost. */
  spend(credits: number): void;
  /** Says who acted, for the audit record, where only the handler finds out. */
  identify(userId: string): void;
};

/** The context of `prepare`: no connection is held; `read` takes one for a moment. */
export type PrepareContext<Db, P> = BaseContext<P> & {
  read<T>(work: (db: Db) => Promise<T>): Promise<T>;
};

/** A handler with its types forgotten: they were checked where it was written. */
export type AnyHandler<Db, P> = (
  input: unknown,
  ctx: Context<Db, P> & { reply: unknown },
  prepared?: unknown,
) => Promise<Replied>;
export type AnySteps<Db, P> = {
  readonly prepare?: (input: unknown, ctx: PrepareContext<Db, P>) => Promise<unknown>;
  readonly commit: AnyHandler<Db, P>;
  readonly discard?: (prepared: unknown) => Promise<void>;
};

/** Opens a handler as written into its steps. The only place where typed handlers become untyped. */
export function stepsOf<Db, P>(op: Operation, handler: unknown): AnySteps<Db, P> {
  if (typeof handler === "function") return { commit: handler as AnyHandler<Db, P> };
  const steps = handler as AnySteps<Db, P>;
  if (typeof steps?.commit !== "function") throw new Error(`There is no handler for operation ${op.id}`);
  return steps;
}
