import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import type pg from "pg";
import { type Db, statement } from "../kit/postgres/db.ts";
import { withRead, withTransaction } from "../kit/postgres/pool.ts";
import { type SealingKeys, sealedBy, unseal } from "../kit/seal.ts";
import { StartError } from "../kit/start-error.ts";
import { createSigningKey, SIGNING_SECRETS } from "./service.ts";

/** A new key signs after this many days; the old one verifies on until the operator retires it. */
const ROTATE_AFTER_DAYS = 30;
/** The published keys are at most this old, in milliseconds. */
const PUBLISHED_MS = 1_000;

type PublicJwk = { kty: string; crv: string; x: string; kid: string; alg: "EdDSA"; use: "sig" };
type Row = { kid: string; public_jwk: PublicJwk; private_sealed: string; signs: boolean; fresh: boolean };

// Those that verify, the one that signs first: a key to be retired verifies until then, and signs no more.
const ALL = statement(
  "auth.signing-keys",
  `select kid, public_jwk, private_sealed, retired_at is null as signs,
          created_at > now() - interval '${ROTATE_AFTER_DAYS} days' as fresh
     from signing_keys where retired_at is null or retired_at > now()
    order by retired_at is null desc, created_at desc, kid desc`,
);
const NEWEST = statement(
  "auth.signing-newest",
  "select kid from signing_keys where retired_at is null order by created_at desc, kid desc limit 1",
);
const LOCK = statement("auth.signing-lock", "select pg_advisory_xact_lock(7313002)");

/** The keys that sign and verify session tokens: Ed25519, in the database for all servers, private parts sealed. */
export type SigningKeys = {
  /** The key to sign with. Asked of the database, so that a rotation holds from the next token on, on every server. */
  current(db: Db): Promise<{ kid: string; key: KeyObject }>;
  /** A key to verify with. That it is not retired is asked with the session itself (`authenticate`). */
  find(kid: string): Promise<KeyObject | undefined>;
  jwks(): Promise<{ keys: PublicJwk[] }>;
  /** Reads the keys again, and makes a new one when the newest has grown old. */
  refresh(): Promise<void>;
};

function opened(sealing: SealingKeys, row: Row): string {
  try {
    return unseal(sealing, SIGNING_SECRETS.purpose(row.kid), row.private_sealed);
  } catch (cause) {
    const id = sealedBy(row.private_sealed);
    const missing = !sealing.some((key) => key.id === id);
    const what = missing ? `ENCRYPTION_KEY lacks the key "${id}"` : `The key "${id}" is not the one of that name`;
    // Keys of the embedded database's own file are called so (server/local-key.ts).
    const local = id.startsWith("local") ? "the line in encryption.key of DATA_DIR" : "the value it had then";
    const where = `${id}:<${local}>`;
    throw new StartError(
      `${what} that sealed the secrets of this database. Set ENCRYPTION_KEY to ${where}; a newer key may stand before it`,
      { cause },
    );
  }
}

/** Opens the signing keys; the first server on a database makes the first. StartError when ENCRYPTION_KEY does not fit. */
export async function openSigningKeys(pool: pg.Pool, sealing: SealingKeys): Promise<SigningKeys> {
  let rows: Row[] = [];
  let publicKeys = new Map<string, KeyObject>();
  let privateKey: { kid: string; key: KeyObject } | undefined;
  let readAt = 0;

  const load = async (db: Db) => {
    readAt = Date.now();
    rows = await db.rows<Row>(ALL);
    publicKeys = new Map(rows.map((row) => [row.kid, createPublicKey({ key: row.public_jwk, format: "jwk" })]));
    const newest = rows.find((row) => row.signs);
    if (newest && privateKey?.kid !== newest.kid) {
      privateKey = { kid: newest.kid, key: createPrivateKey(opened(sealing, newest)) };
    }
  };
  const read = () => withRead(pool, "", load);

  // One reading at a time and one that waits: made-up key ids, however many, cost no more than that. Whoever comes while
  // one is under way shares the next, which sees what was written before they came.
  let reading: Promise<void> = Promise.resolve();
  let next: Promise<void> | undefined;
  const readNext = (): Promise<void> => {
    next ??= reading
      .catch(() => {})
      .then(() => {
        next = undefined;
        reading = read();
        return reading;
      });
    return next;
  };

  const refresh = async () => {
    await read();
    if (rows[0]?.signs && rows[0].fresh) return;
    await withTransaction(pool, "", async (db) => {
      await db.run(LOCK);
      // Another server may have made it while this one waited.
      const [newest] = await db.rows<Row>(ALL);
      if (!newest?.signs || !newest.fresh) await createSigningKey(db, sealing);
    });
    await read();
  };

  await refresh();
  return {
    refresh,
    async current(db) {
      const newest = await db.one<{ kid: string }>(NEWEST);
      if (newest && newest.kid !== privateKey?.kid) await load(db);
      if (!newest || privateKey?.kid !== newest.kid) throw new Error("There is no signing key");
      return privateKey;
    },
    async find(kid) {
      const known = publicKeys.get(kid);
      if (known) return known;
      await readNext();
      return publicKeys.get(kid);
    },
    async jwks() {
      // While the database is away, the keys known are the best answer.
      if (Date.now() - readAt > PUBLISHED_MS) await readNext().catch(() => {});
      return { keys: rows.map((row) => row.public_jwk) };
    },
  };
}
