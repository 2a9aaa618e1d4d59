import type { DocumentedOperation } from "../document.ts";
import type { Draft } from "../draft.ts";

/** Somebody who may call the API: as `principals.json` says it. */
export type Principal = {
  readonly name: string;
  /** Headers that make a request theirs. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tenant: string;
  /** What they may do; `*` is everything. Where a document states no scopes, `read` alone allows safe methods only. */
  readonly scopes: readonly string[];
  /** What kind of credential it is, for documents that tell them apart (`x-auth`); `credential` unless said. */
  readonly auth?: string;
  /** Makes a request theirs where fixed headers cannot: a signature over its body or address. Not in `principals.json`. */
  readonly sign?: (draft: Draft) => Draft;
};

/** Time as the run sees it: a server in this process may share a clock that tests turn. */
export type Clock = {
  /** Unix milliseconds. */
  now(): number;
  sleep(ms: number): Promise<void>;
};

/** One request and what came back. */
export type Exchange = {
  readonly op: DocumentedOperation | undefined;
  readonly draft: Draft;
  readonly who: Principal | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as JSON; undefined where it is not. */
  readonly json: unknown;
  /** When it was sent and answered, in Unix milliseconds. */
  readonly sentMs: number;
  readonly answeredMs: number;
};

/** Where server and document disagree. */
export type Finding = {
  readonly check: string;
  readonly operation: string;
  readonly expected: string;
  readonly seen: string;
  /** The shortest command that shows it; several lines where one request is not enough. */
  readonly curl: string;
  readonly seed: number;
};

/** What a check says of an exchange that it does not like. */
export type Complaint = { readonly expected: string; readonly seen: string };

/** A check that could not be run, and why. */
export type NotRun = { readonly check: string; readonly operation: string; readonly why: string };

/** Sends a request to the server under test. */
export type Send = (request: Request) => Response | Promise<Response>;

/** What an operation of a run may have taken from a tenant: what is left of a rate limit, or what a credential may do. */
export type Lost = "limit" | "rights";
