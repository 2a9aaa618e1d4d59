import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import type pg from "pg";
import { type Db, statement } from "../kit/postgres/db.ts";
import { withRead, withTransaction } from "../kit/postgres/pool.ts";
import { type SealingKeys, seal, unseal } from "../kit/seal.ts";
import { StartError } from "../kit/start-error.ts";

/** A new key signs after this many days; the old one verifies on until the operator retires it. */
const ROTATE_AFTER_DAYS = 30;
/** An unknown `kid` asks the database at most this often, in milliseconds. */
const COOL_DOWN_MS = 5_000;

type PublicJwk = { kty: string; crv: string; x: string; kid: string; alg: "EdDSA"; use: "sig" };
type Row = { kid: string; public_jwk: PublicJwk; private_sealed: string; fresh: boolean };

const ALL = statement(
  "auth.signing-keys",
  `select kid, public_jwk, private_sealed, created_at > now() - interval '${ROTATE_AFTER_DAYS} days' as fresh
     from signing_keys where retired_at is null order by created_at desc, kid desc`,
);
const LOCK = statement("auth.signing-lock", "select pg_advisory_xact_lock(7313002)");
const INSERT = statement(
  "auth.signing-insert",
  "insert into signing_keys (kid, public_jwk, private_sealed) values ($1, $2, $3)",
);

const purpose = (kid: string) => `signing-key ${kid}`;

/** The keys that sign and verify session tokens: Ed25519, in the database for all servers, private parts sealed. */
export type SigningKeys = {
  current(): { kid: string; key: KeyObject };
  find(kid: string): Promise<KeyObject | undefined>;
  jwks(): { keys: PublicJwk[] };
  /** Reads the keys again, and makes a new one when the newest has grown old. */
  refresh(): Promise<void>;
};

async function createKey(db: Db, sealing: SealingKeys): Promise<void> {
  const pair = generateKeyPairSync("ed25519");
  const kid = randomUUID();
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" };
  const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await db.run(INSERT, [kid, JSON.stringify(jwk), seal(sealing, purpose(kid), pem)]);
}

function opened(sealing: SealingKeys, row: Row): string {
  try {
    return unseal(sealing, purpose(row.kid), row.private_sealed);
  } catch (cause) {
    const id = row.private_sealed.split(".")[1] ?? "";
    const missing = !sealing.some((key) => key.id === id);
    const what = missing ? `ENCRYPTION_KEY lacks the key "${id}"` : `The key "${id}" is not the one of that name`;
    // "local" is what the embedded database's own file is called (server/main.ts).
    const where = id === "local" ? "local:<the line in encryption.key of DATA_DIR>" : `${id}:<the value it had then>`;
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

  const read = async () => {
    readAt = Date.now();
    rows = await withRead(pool, "", (db) => db.rows<Row>(ALL));
    publicKeys = new Map(rows.map((row) => [row.kid, createPublicKey({ key: row.public_jwk, format: "jwk" })]));
    const newest = rows[0];
    if (newest && privateKey?.kid !== newest.kid) {
      privateKey = { kid: newest.kid, key: createPrivateKey(opened(sealing, newest)) };
    }
  };

  const refresh = async () => {
    await read();
    if (rows[0]?.fresh) return;
    await withTransaction(pool, "", async (db) => {
      await db.run(LOCK);
      // Another server may have made it while this one waited.
      const [newest] = await db.rows<Row>(ALL);
      if (!newest?.fresh) await createKey(db, sealing);
    });
    await read();
  };

  await refresh();
  return {
    refresh,
    current() {
      if (!privateKey) throw new Error("There is no signing key");
      return privateKey;
    },
    async find(kid) {
      const known = publicKeys.get(kid);
      if (known || Date.now() - readAt < COOL_DOWN_MS) return known;
      await read();
      return publicKeys.get(kid);
    },
    jwks: () => ({ keys: rows.map((row) => row.public_jwk) }),
  };
}
