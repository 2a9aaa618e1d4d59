import type { Found, IdempotencyScope, IdempotencyStore, StoredAnswer } from "../backend.ts";
import { type Db, statement } from "./db.ts";

/** For how long a key is remembered (design §3). */
const KEPT_HOURS = 24;

const LOCK = statement("kit.idem-lock", "select pg_try_advisory_xact_lock(hashtextextended($1, 7)) as locked");

const FIND = statement(
  "kit.idem-find",
  `select fingerprint, status, headers, body, resource_id
     from idempotency_records
    where org_id = $1 and principal = $2 and operation = $3 and key = $4
      and created_at > now() - interval '${KEPT_HOURS} hours'
      and (status is not null or lease_until > now())`,
);

// A record that is too old, or a claim whose lease has ended, gives way; a live one never does.
const SAVE = statement(
  "kit.idem-save",
  `insert into idempotency_records as r (org_id, principal, operation, key, fingerprint, status, headers, body, resource_id)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
   on conflict (org_id, principal, operation, key) do update
      set fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers, body = excluded.body,
          resource_id = excluded.resource_id, claim_token = null, lease_until = null, created_at = now()
    where r.created_at <= now() - interval '${KEPT_HOURS} hours' or (r.status is null and r.lease_until <= now())`,
);

const COMPLETE = statement(
  "kit.idem-complete",
  `update idempotency_records
      set status = $6, headers = $7, body = $8, resource_id = $9, claim_token = null, lease_until = null
    where org_id = $1 and principal = $2 and operation = $3 and key = $4 and fingerprint = $5
      and claim_token = $10 and status is null`,
);

const CLAIM = statement(
  "kit.idem-claim",
  `insert into idempotency_records as r (org_id, principal, operation, key, fingerprint, claim_token, lease_until)
   values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 millisecond')
   on conflict (org_id, principal, operation, key) do update
      set fingerprint = excluded.fingerprint, status = null, headers = null, body = null, resource_id = null,
          claim_token = excluded.claim_token, lease_until = excluded.lease_until, created_at = now()`,
);

const ABANDON = statement(
  "kit.idem-abandon",
  `delete from idempotency_records
    where org_id = $1 and principal = $2 and operation = $3 and key = $4 and claim_token = $5 and status is null`,
);

type Row = {
  fingerprint: string;
  status: number | null;
  headers: Record<string, string> | null;
  body: string | null;
  resource_id: string | null;
};

const ids = (scope: IdempotencyScope) => [scope.organization, scope.principal, scope.operation, scope.key];

function toFound(row: Row | undefined): Found {
  if (!row) return null;
  const { fingerprint, status, headers, body, resource_id } = row;
  if (status === null) return { claimed: true, fingerprint };
  return { answer: { fingerprint, status, headers: headers ?? {}, body, resourceId: resource_id } };
}

const columns = (answer: StoredAnswer) => [
  answer.fingerprint,
  answer.status,
  JSON.stringify(answer.headers),
  answer.body,
  answer.resourceId,
];

/**
 * Idempotency records in table `idempotency_records`. The lock and the look-up are two statements on purpose: a snapshot
 * taken before the lock would miss what its holder has just committed. The primary key stands behind both.
 */
export const postgresIdempotency: IdempotencyStore<Db> = {
  async tryLock(db, scope) {
    const row = await db.one<{ locked: boolean }>(LOCK, [JSON.stringify(ids(scope))]);
    return row?.locked === true;
  },
  async find(db, scope) {
    return toFound(await db.one<Row>(FIND, ids(scope)));
  },
  async save(db, scope, answer, claim) {
    const values = [...ids(scope), ...columns(answer)];
    const changed = claim === undefined ? await db.run(SAVE, values) : await db.run(COMPLETE, [...values, claim]);
    return changed === 1;
  },
  async claim(db, scope, fingerprint, token, leaseMs) {
    await db.run(CLAIM, [...ids(scope), fingerprint, token, leaseMs]);
  },
  async abandon(db, scope, token) {
    await db.run(ABANDON, [...ids(scope), token]);
  },
};
