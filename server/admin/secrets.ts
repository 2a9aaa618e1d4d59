import { createSigningKey, SIGNING_SECRETS } from "../auth/service.ts";
import { ISSUER_SECRETS } from "../issuers/service.ts";
import { type Db, type Statement, statement } from "../kit/postgres/db.ts";
import { type SealedColumn, type SealingKeys, seal, sealedBy, unseal } from "../kit/seal.ts";
import { SEALED_MAILS } from "../mail/service.ts";
import { WEBHOOK_SECRETS } from "../webhooks/service.ts";
import { type Deed, type Operator, OperatorError } from "./operate.ts";

/** Every place that holds sealed values. A test compares it with the columns of the database. */
const PLACES: readonly SealedColumn[] = [SIGNING_SECRETS, ISSUER_SECRETS, SEALED_MAILS, ...WEBHOOK_SECRETS];

const inPlace = (place: SealedColumn, verb: string, text: (place: SealedColumn) => string): Statement =>
  statement(`admin.${verb}-${place.table}-${place.column}`, text(place));

// Locked, so that no other writer comes between reading and writing back.
const pending = (place: SealedColumn) =>
  inPlace(
    place,
    "sealed",
    ({ table, id, column }) =>
      `select ${id} as id, ${column} as sealed from ${table} where split_part(${column}, '.', 2) <> $1 order by ${id} for update`,
  );
const writeBack = (place: SealedColumn) =>
  inPlace(
    place,
    "reseal",
    ({ table, id, column }) =>
      `update ${table} t set ${column} = v.sealed from unnest($1::text[], $2::text[]) as v(id, sealed) where t.${id} = v.id`,
  );

const NEWEST = statement(
  "admin.newest-signing-key",
  "select kid as id, private_sealed as sealed from signing_keys order by created_at desc, kid desc limit 1",
);

type Sealed = { id: string; sealed: string };

function open(place: SealedColumn, keys: SealingKeys, row: Sealed): string {
  try {
    return unseal(keys, place.purpose(row.id), row.sealed);
  } catch (cause) {
    const id = sealedBy(row.sealed);
    const what = `${row.id} of ${place.table} was sealed with the encryption key "${id}"`;
    const known = keys.some((key) => key.id === id);
    const why = known ? "and does not open with the key of that name" : "which is not among those given here";
    const todo = `Set ENCRYPTION_KEY as the server has it, with "${id}" in it. Nothing was changed`;
    throw new OperatorError("KEY_MISSING", `${what}, ${why}. ${todo}`, { cause });
  }
}

/** Throws OperatorError unless `keys` open what the server sealed last: what they seal, the server can open. */
export async function requireServerKeys({ db }: Operator, keys: SealingKeys): Promise<void> {
  const row = await db.one<Sealed>(NEWEST);
  if (row) open(SIGNING_SECRETS, keys, row);
}

type Moved = { key: string; moved: Record<string, number> };

/** Seals every value anew under the first of `keys`, all or none. What it already sealed stays as it is. */
export async function resealAll({ db }: Operator, keys: SealingKeys): Promise<Deed<Moved>> {
  const [newest] = keys;
  if (!newest) throw new Error("There is no encryption key");
  const moved: Record<string, number> = {};
  for (const place of PLACES) {
    moved[place.table] = (moved[place.table] ?? 0) + (await reseal(db, place, keys, newest.id));
  }
  return { result: { key: newest.id, moved }, organizations: [], fields: Object.keys(moved) };
}

async function reseal(db: Db, place: SealedColumn, keys: SealingKeys, newest: string): Promise<number> {
  const rows = await db.rows<Sealed>(pending(place), [newest]);
  if (rows.length === 0) return 0;
  const sealed = rows.map((row) => seal(keys, place.purpose(row.id), open(place, keys, row)));
  return db.run(writeBack(place), [rows.map(({ id }) => id), sealed]);
}

/** A token lives a day at most (ACCESS_TOKEN_SECONDS), and clocks may differ: by then no token needs the old key. */
const RETIRE_SOON = statement(
  "admin.retire-soon",
  "update signing_keys set retired_at = now() + interval '25 hours' where retired_at is null",
);
const RETIRE_NOW = statement(
  "admin.retire-now",
  "update signing_keys set retired_at = now() where retired_at is null or retired_at > now()",
);

/**
 * Has a new key sign session tokens, from the next one on, on every server. The old one verifies until its last token has
 * ended; with `retireOld` it is refused from the next request on, and sessions go on by their refresh tokens.
 */
export async function rotateSigningKey(
  operator: Operator,
  keys: SealingKeys,
  retireOld: boolean,
): Promise<Deed<{ kid: string; retired: number }>> {
  await requireServerKeys(operator, keys);
  const retired = await operator.db.run(retireOld ? RETIRE_NOW : RETIRE_SOON);
  const kid = await createSigningKey(operator.db, keys);
  const fields = retireOld ? ["retire_old"] : [];
  return { result: { kid, retired }, organizations: [], resource: { kind: "signing_key", id: kid }, fields };
}
