import type { OpenApiDocument } from "./document.ts";
import type { Draft } from "./draft.ts";

/** Which credential a check wants: of the tenant, good for this `x-auth`, with all scopes but some, or only some. */
export type Need = {
  readonly auth: string;
  readonly without?: readonly string[];
  readonly only?: readonly string[];
  /** The operation that must go well with it: some end what their caller stands on, and want one that can end. */
  readonly operation?: string;
};

/** A resource, its id, and the body that its API shows. */
export type Made = { readonly id: string; readonly body: Readonly<Record<string, unknown>> };

/** Puts a credential on a request. */
export type Principal = (draft: Draft) => Draft | Promise<Draft>;

/** Input that no document can tell, such as the password of somebody who exists. Laid over the example's. */
export type KnownInput = {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
};

/** A tenant of its own, as new as can be. */
export type Tenant = {
  principal(need: Need): Promise<Principal>;
  input?(operation: string): Promise<KnownInput | undefined>;
  /** Takes every scope but an unrelated one from a principal of the tenant, where credentials can change. */
  strip?(principal: Principal): Promise<void>;
  /** Sets the balance, where operations cost credits. */
  setCredits?(credits: number): Promise<void>;
};

/** A running server. */
export type Target<T extends Tenant = Tenant> = {
  /** `fetch`, held to the document by `conformingFetch`. */
  readonly fetch: (request: Request) => Promise<Response>;
  readonly origin: string;
  tenant(): Promise<T>;
  close(): Promise<void>;
};

/** A server whose store can be made to fail: after the work and before the commit, or by being out of reach. */
export type BreakableTarget<T extends Tenant> = Target<T> & {
  failing(how: "after-work" | "unreachable" | undefined): void;
};

/** A credential that is no good, and the error code that says so. */
export type BadCredential<T extends Tenant> = {
  readonly label: string;
  readonly code: string;
  readonly auth: readonly string[];
  make(tenant: T): Promise<Principal>;
};

/** What the engine is given of an API: its document, servers of it, and what a document cannot say. */
export type SuiteOptions<T extends Tenant> = {
  readonly document: OpenApiDocument;
  open(): Promise<Target<T>>;
  /**
   * How to make resources that no document can tell: by kind, those that no operation creates (they come of logging in, or of
   * an accepted mail); by operation, the one in its path, where that must be in a certain state (an upload with its parts).
   */
  readonly makers?: Readonly<Record<string, (tenant: T) => Promise<Made>>>;
  readonly badCredentials: readonly BadCredential<T>[];
  /** A server that allows this many requests a minute; all requests come from one address until the next `tenant()`. */
  openLimited(perMinute: number): Promise<Target<T>>;
  openBreakable(secret: string): Promise<BreakableTarget<T>>;
  /** Everything that a target keeps (its store, its log) as text: no secret may stand there. */
  kept(target: Target<T>): Promise<string>;
  /** Largest body in bytes where an operation does not say. */
  readonly bodyBytes: number;
};
