import type { ApiError, ErrorCode } from "../../spec/kit/errors.ts";
import type { Auth } from "../../spec/kit/operation.ts";

/** Who is asking. An application's own principal adds to this. */
export interface Principal {
  /** Id of the credential: limits are counted by it. */
  readonly id: string;
  /** `session` for a session, which alone may call operations that say so; other names are the application's. */
  readonly kind: string;
  /** The tenant; empty where there is none (a public operation). */
  readonly organization: string;
  readonly scopes: ReadonlySet<string>;
  /** Requests a minute that this credential may make. */
  readonly perMinute: number;
  /** Set when the plan does not allow this kind of credential: 403 `PLAN_LIMIT` with this sentence. */
  readonly planRefuses?: string;
  /** Set when it is not clear, or not allowed, for which tenant this acts: refused, at least where scopes are wanted. */
  readonly tenantRefusal?: { readonly error: ApiError; readonly scopedOnly: boolean };
}

/** What an audit record says of a mutation: names, never values. */
export type AuditFacts = {
  readonly operation: string;
  readonly resourceKind: string | null;
  readonly resourceId: string | null;
  /** Names of the fields of the request's body. */
  readonly fields: readonly string[];
  readonly requestId: string;
  readonly address: string;
  /** Who acted, where only the handler found out (sign-up, log-in). */
  readonly actor: string | null;
  readonly atMs: number;
};

/** A credential as it came in, and what else authentication may need of the request. */
export type Credential = {
  readonly auth: Auth;
  /** Token of `Authorization: Bearer` or `x-api-key`; absent on signed and provider requests. */
  readonly token: string | undefined;
  readonly headers: (name: string) => string | undefined;
  readonly url: URL;
  readonly method: string;
  /** Raw body, for providers that sign it. */
  readonly rawBody: Uint8Array | undefined;
};

/** Who it is, with a tenant-bound connection when one was asked for; or why not. */
export type Authenticated<Db, P> =
  | { readonly principal: P; readonly db: Db | undefined; release(): void }
  | {
      readonly refused: Extract<ErrorCode, "UNAUTHORIZED" | "INVALID_API_KEY" | "FORBIDDEN">;
      readonly message: string;
    };

/** Names one idempotency record: key within organization, principal and operation. */
export type IdempotencyScope = {
  readonly organization: string;
  readonly principal: string;
  readonly operation: string;
  readonly key: string;
};

/** A stored answer. `body` is the exact text that was sent; absent for operations that show secrets. */
export type StoredAnswer = {
  readonly fingerprint: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly resourceId: string | null;
};

/** What stands under a key: an answer, another request's live claim, or nothing. */
export type Found = { readonly answer: StoredAnswer } | { readonly claimed: true; readonly fingerprint: string } | null;

/** Idempotency records (design §3). All but `claim` and `abandon` run inside the mutation's transaction. */
export interface IdempotencyStore<Db> {
  /** Takes the key's lock for this transaction without waiting; false when another request holds it. */
  tryLock(db: Db, scope: IdempotencyScope): Promise<boolean>;
  find(db: Db, scope: IdempotencyScope): Promise<Found>;
  /** Stores the answer; with a claim token, only if the claim is still ours (false otherwise). */
  save(db: Db, scope: IdempotencyScope, answer: StoredAnswer, claim?: string): Promise<boolean>;
  /** Marks the key as in work for `leaseMs`, so that a crash between the steps frees it. */
  claim(db: Db, scope: IdempotencyScope, fingerprint: string, token: string, leaseMs: number): Promise<void>;
  abandon(db: Db, scope: IdempotencyScope, token: string): Promise<void>;
}

/** Why credits are held. With `leaseMs`, the hold ends by itself: its request may die between its two steps. */
export type HoldReason = { readonly operation: string; readonly requestId: string; readonly leaseMs: number | null };

/** Credits of an operation: reserved before the handler, captured after, released on failure (design §5). */
export interface Credits<Db, P> {
  /** Reserves, or says how much is available. */
  reserve(db: Db, principal: P, amount: number, reason: HoldReason): Promise<{ hold: string } | { available: number }>;
  capture(db: Db, principal: P, hold: string, amount: number): Promise<void>;
  release(db: Db, principal: P, hold: string): Promise<void>;
}

/** What the pipeline needs of an application: who is asking, and where things are kept. */
export interface Backend<Db, P extends Principal> {
  /** One lookup. With `hold`, the answer carries a connection bound to the tenant until `release()`. */
  authenticate(credential: Credential, hold: boolean): Promise<Authenticated<Db, P>>;
  /** The principal of a public operation: no rights, no tenant. */
  anonymous(address: string): P;
  /** One transaction bound to the principal's tenant: commits when `work` returns, rolls back when it throws. */
  transaction<T>(principal: P, work: (db: Db) => Promise<T>): Promise<T>;
  /** A short read outside any transaction, bound to the principal's tenant. */
  read<T>(principal: P, work: (db: Db) => Promise<T>): Promise<T>;
  /** Serializes writers of the same resources until the transaction ends. */
  lock(db: Db, principal: P, kind: string, ids: readonly string[]): Promise<void>;
  readonly idempotency: IdempotencyStore<Db>;
  readonly credits?: Credits<Db, P>;
  /** Writes the audit record of a mutation, inside its transaction. */
  audit?(db: Db, principal: P, facts: AuditFacts): Promise<void>;
  /** Whether an error means that the store cannot be reached: 503, not 500. */
  isUnavailable(error: unknown): boolean;
  /** After each authenticated request that succeeded: `last_used_at` and its like. Must not wait. */
  used?(principal: P, atMs: number): void;
}
