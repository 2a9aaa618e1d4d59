import { generateKeyPairSync, hash, randomUUID } from "node:crypto";
import { type Db, statement } from "../kit/postgres/db.ts";
import { type SealedColumn, type SealingKeys, seal } from "../kit/seal.ts";
import { END_OTHERS } from "./account-sql.ts";
import { INSERT_USER, type UserRow } from "./sql.ts";

const INSERT_KEY = statement(
  "auth.signing-insert",
  "insert into signing_keys (kid, public_jwk, private_sealed) values ($1, $2, $3)",
);

/** The private parts of the signing keys. */
export const SIGNING_SECRETS: SealedColumn = {
  table: "signing_keys",
  id: "kid",
  column: "private_sealed",
  purpose: (kid) => `signing-key ${kid}`,
};

/** Makes a key pair (Ed25519) that signs session tokens from now on, and returns its `kid`. */
export async function createSigningKey(db: Db, sealing: SealingKeys): Promise<string> {
  const pair = generateKeyPairSync("ed25519");
  const kid = randomUUID();
  const jwk = { ...pair.publicKey.export({ format: "jwk" }), kid, alg: "EdDSA", use: "sig" };
  const pem = pair.privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  await db.run(INSERT_KEY, [kid, JSON.stringify(jwk), seal(sealing, SIGNING_SECRETS.purpose(kid), pem)]);
  return kid;
}

type NewUser = { id: string; email: string; name: string; passwordHash: string; emailVerified: boolean };

/** Adds a user. Violates `users_email_key` when the address has an account. */
export async function insertUser(db: Db, user: NewUser): Promise<UserRow> {
  const values = [user.id, user.email, user.name, user.passwordHash, user.emailVerified];
  const row = await db.one<UserRow>(INSERT_USER, values);
  if (!row) throw new Error("insert returned no row");
  return row;
}

/** Ends every session of a user, and says how many there were. */
export const endSessionsOf = (db: Db, userId: string): Promise<number> => db.run(END_OTHERS, [userId, ""]);

/** What access tokens of our own authorization server begin with: told from keys and sessions without a look-up. */
export const OAUTH_TOKEN_PREFIX = "rmo_";

/** What is stored of a token or code of the authorization server. */
export const tokenHash = (token: string): Buffer => hash("sha256", token, "buffer");
