import { hash, randomUUID } from "node:crypto";
import { ApiError } from "../../spec/kit/errors.ts";
import { jsonOutcome, type Outcome } from "./answer.ts";
import type { AuditFacts, IdempotencyScope, Principal } from "./backend.ts";
import type { Compiled } from "./compile.ts";
import { requireMatch } from "./etag.ts";
import { Refusal, type Replied } from "./handlers.ts";
import type { Parsed } from "./input.ts";
import { buildOutcome, ContractViolation, inFlight, type OutcomeOptions, reply } from "./outcome.ts";
import type { Incoming } from "./request.ts";
import type { AnySteps, BaseContext, Context, Deps } from "./runtime.ts";

/**
 * How long a two-step mutation may prepare before its key and credits are free again, in milliseconds: longer than a whole
 * request may take (REQUEST_MS in serve.ts), or a slow upload could be begun twice.
 */
const LEASE_MS = 150_000;

export type Mutation<Db, P extends Principal> = {
  readonly compiled: Compiled;
  readonly steps: AnySteps<Db, P>;
  /** The handler of the reader that `If-Match` is held against. */
  readonly reader: { readonly compiled: Compiled; readonly steps: AnySteps<Db, P> } | undefined;
  readonly deps: Deps<Db, P>;
  readonly options: OutcomeOptions;
};

type Call<P> = {
  readonly request: Incoming;
  readonly input: Parsed;
  readonly principal: P;
  readonly base: BaseContext<P>;
};
type Key = { readonly scope: IdempotencyScope; readonly fingerprint: string };

/** The context of a transaction; what the handler told by `spend` and `identify` is read from `spent` after it. */
export function transactionContext<Db, P extends Principal>(
  deps: Deps<Db, P>,
  base: BaseContext<P>,
  db: Db,
  hold?: string,
) {
  const spent: { credits: number | undefined; actor: string | null } = { credits: undefined, actor: null };
  const ctx: Context<Db, P> & { reply: typeof reply } = {
    ...base,
    db,
    reply,
    hold,
    lock: (kind, ids) => deps.backend.lock(db, base.principal, kind, ids),
    spend: (credits) => {
      spent.credits = credits;
    },
    identify: (userId) => {
      spent.actor = userId;
    },
  };
  return { ctx, spent };
}

function keyOf(compiled: Compiled, call: Call<Principal>): Key | undefined {
  const key = call.request.header("idempotency-key");
  if (compiled.op.idempotent !== "key" || key === undefined) return undefined;
  const { id } = call.principal;
  // What wants no scope is the user's own doing, and the same request whichever organization is named, or there is.
  const organization = compiled.scopes.length === 0 ? "" : call.principal.organization;
  // A streamed body cannot be read before the key is claimed: its length stands for it.
  const streamed = compiled.media === "multipart" || compiled.media === "octets";
  const length = streamed ? (call.request.header("content-length") ?? "") : "";
  const text = `${call.request.path}\n${call.request.search}\n${length}`;
  return {
    scope: { organization, principal: id, operation: compiled.op.id, key },
    fingerprint: hash("sha256", Buffer.concat([Buffer.from(text), call.input.raw]), "hex"),
  };
}

/** Runs a mutation in one transaction, or in two with `prepare` between them (design §3). */
export async function mutate<Db, P extends Principal>(m: Mutation<Db, P>, call: Call<P>): Promise<Outcome> {
  const key = keyOf(m.compiled, call);
  if (m.steps.prepare) return inTwoSteps(m, call, key, m.steps.prepare);
  const done = await m.deps.backend.transaction(call.principal, async (db) => {
    const replay = key && (await replayOf(m, db, key));
    if (replay) return replay;
    const hold = await reserve(m, db, call);
    return commit(m, call, db, key, undefined, hold, undefined);
  });
  return answered(done);
}

function answered(done: Outcome | Refusal): Outcome {
  if (done instanceof Refusal) throw done.error;
  return done;
}

async function replayOf<Db, P extends Principal>(m: Mutation<Db, P>, db: Db, key: Key): Promise<Outcome | undefined> {
  const { idempotency } = m.deps.backend;
  if (!(await idempotency.tryLock(db, key.scope))) throw inFlight();
  const found = await idempotency.find(db, key.scope);
  if (!found) return undefined;
  const fingerprint = "answer" in found ? found.answer.fingerprint : found.fingerprint;
  if (fingerprint !== key.fingerprint) {
    throw new ApiError("IDEMPOTENCY_MISMATCH", "This Idempotency-Key was used with another request: send a new key");
  }
  if (!("answer" in found)) throw inFlight();
  const { status, headers, body, resourceId } = found.answer;
  if (m.compiled.secret) {
    throw new ApiError("CONFLICT", "This request was done before; its answer held a secret, which is shown once", {
      details: resourceId === null ? {} : { resource_id: resourceId },
    });
  }
  const replayed = { ...headers, "Idempotent-Replayed": "true" };
  return body === null ? { status, headers: replayed, body } : jsonOutcome(status, body, replayed);
}

async function reserve<Db, P extends Principal>(
  m: Mutation<Db, P>,
  db: Db,
  call: Call<P>,
): Promise<string | undefined> {
  const { credits } = m.deps.backend;
  const amount = m.compiled.maxCredits;
  if (amount === 0 || !credits) return undefined;
  const leaseMs = m.steps.prepare ? LEASE_MS : null;
  const reason = { operation: m.compiled.op.id, requestId: call.request.requestId, leaseMs };
  const result = await credits.reserve(db, call.principal, amount, reason);
  if ("hold" in result) return result.hold;
  throw new ApiError(
    "INSUFFICIENT_BALANCE",
    `This costs ${amount} credits and ${result.available} are available: top up first`,
    {
      details: { required: amount, available: result.available },
    },
  );
}

async function checkPrecondition<Db, P extends Principal>(m: Mutation<Db, P>, call: Call<P>, db: Db): Promise<void> {
  const { compiled, reader, deps } = m;
  if (!reader) return;
  // Every writer takes the lock, with or without If-Match, or a write could slip between check and change.
  // A resource without an id in its path is the tenant's one of its kind: all credentials of the tenant write the same.
  const id = compiled.writes ? call.request.param(compiled.writes.param) : "";
  await deps.backend.lock(db, call.principal, compiled.writes?.kind ?? compiled.op.path, [id]);
  const header = call.request.header("if-match");
  if (header === undefined) return;
  const { ctx } = transactionContext(deps, call.base, db);
  const replied = await reader.steps.commit({ ...call.input, query: {}, body: undefined }, ctx);
  const { headers } = buildOutcome(reader.compiled, replied, call.request, m.options);
  requireMatch(header, headers.ETag ?? "");
}

async function commit<Db, P extends Principal>(
  m: Mutation<Db, P>,
  call: Call<P>,
  db: Db,
  key: Key | undefined,
  claim: string | undefined,
  hold: string | undefined,
  prepared: unknown,
): Promise<Outcome | Refusal> {
  const { backend } = m.deps;
  await checkPrecondition(m, call, db);
  const { ctx, spent } = transactionContext(m.deps, call.base, db, hold);
  const replied: Replied | Refusal = await m.steps.commit(call.input, ctx, prepared);
  if (replied instanceof Refusal) {
    if (hold !== undefined) await backend.credits?.release(db, call.principal, hold);
    if (key && claim !== undefined) await backend.idempotency.abandon(db, key.scope, claim);
    return replied;
  }
  // Written inside the transaction: an answer that breaks the contract is a 500 that undoes what it would have reported.
  const outcome = buildOutcome(m.compiled, replied, call.request, m.options);
  if (hold !== undefined && !m.compiled.op.async) {
    await backend.credits?.capture(db, call.principal, hold, price(m.compiled, spent.credits));
  }
  await backend.audit?.(db, call.principal, auditFacts(m.compiled, call, outcome, spent.actor));
  if (key && outcome.status < 300) {
    const kept = await backend.idempotency.save(db, key.scope, stored(m.compiled, key, outcome), claim);
    if (!kept) throw inFlight();
  }
  return outcome;
}

function price(compiled: Compiled, spent: number | undefined): number {
  const most = compiled.maxCredits;
  if (spent === undefined) return most;
  if (Number.isInteger(spent) && spent >= 0 && spent <= most) return spent;
  throw new ContractViolation(`${compiled.op.id} spent ${spent} credits; its contract allows 0 to ${most}`);
}

function auditFacts(compiled: Compiled, call: Call<Principal>, outcome: Outcome, actor: string | null): AuditFacts {
  const { op, writes } = compiled;
  return {
    operation: op.id,
    resourceKind: op.effect ? (Object.values(op.effect)[0] ?? null) : null,
    resourceId: writes ? call.request.param(writes.param) : (outcome.resourceId ?? null),
    fields: call.input.fields,
    requestId: call.request.requestId,
    address: call.request.address,
    actor,
    atMs: call.base.now(),
  };
}

function stored(compiled: Compiled, key: Key, outcome: Outcome) {
  const { "Content-Type": _type, ...headers } = outcome.headers;
  const text = typeof outcome.body === "string" ? outcome.body : null;
  return {
    fingerprint: key.fingerprint,
    status: outcome.status,
    headers,
    body: compiled.secret ? null : text,
    resourceId: outcome.resourceId ?? null,
  };
}

async function inTwoSteps<Db, P extends Principal>(
  m: Mutation<Db, P>,
  call: Call<P>,
  key: Key | undefined,
  prepare: NonNullable<AnySteps<Db, P>["prepare"]>,
): Promise<Outcome> {
  const { backend } = m.deps;
  const token = randomUUID();
  const claims = key !== undefined || m.compiled.maxCredits > 0;
  const claimed = !claims
    ? { hold: undefined }
    : await backend.transaction(call.principal, async (db) => {
        const replay = key && (await replayOf(m, db, key));
        if (replay) return { replay };
        if (key) await backend.idempotency.claim(db, key.scope, key.fingerprint, token, LEASE_MS);
        return { hold: await reserve(m, db, call) };
      });
  if ("replay" in claimed && claimed.replay) return claimed.replay;
  const hold = "hold" in claimed ? claimed.hold : undefined;
  let done: Outcome | Refusal;
  try {
    const read = <T>(work: (db: Db) => Promise<T>) => backend.read(call.principal, work);
    const prepared = await prepare(call.input, { ...call.base, read });
    const work = (db: Db) => commit(m, call, db, key, token, hold, prepared);
    done = await unlessKept(m, call, prepared, () => backend.transaction(call.principal, work));
  } catch (error) {
    if (claims) await letGo(m, call, key, token, hold);
    throw error;
  }
  return answered(done);
}

/** Runs the step after `prepare`, and has what was prepared undone when that surely keeps nothing of it. */
export async function unlessKept<Db, P extends Principal, T>(
  { steps, deps }: Pick<Mutation<Db, P>, "steps" | "deps">,
  call: { readonly request: Incoming },
  prepared: unknown,
  work: () => Promise<T>,
): Promise<T> {
  const undo = async () => {
    await steps.discard?.(prepared).catch((error: unknown) => {
      deps.log.warn(
        { request_id: call.request.requestId, error: String(error) },
        "what was prepared could not be undone",
      );
    });
  };
  try {
    const done = await work();
    if (done instanceof Refusal) await undo();
    return done;
  } catch (error) {
    // A store that went out of reach may have committed.
    if (!deps.backend.isUnavailable(error)) await undo();
    throw error;
  }
}

/** Frees what the first step claimed. When that fails too, the lease ends it: the caller still gets the first error. */
async function letGo<Db, P extends Principal>(
  m: Mutation<Db, P>,
  call: Call<P>,
  key: Key | undefined,
  token: string,
  hold: string | undefined,
): Promise<void> {
  const { backend, log } = m.deps;
  try {
    await backend.transaction(call.principal, async (db) => {
      if (key) await backend.idempotency.abandon(db, key.scope, token);
      if (hold !== undefined) await backend.credits?.release(db, call.principal, hold);
    });
  } catch (error) {
    log.warn(
      { request_id: call.request.requestId, error: String(error) },
      "a claim could not be released; its lease will",
    );
  }
}
