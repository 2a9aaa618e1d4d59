import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  sign as nodeSign,
} from "node:crypto";

export type Algorithm = "ES256" | "RS256" | "PS256" | "EdDSA" | "HS256";

/** A key of an issuer: how it is published, and how it signs. Made with node:crypto, so that jose is not its own judge. */
export type SigningKey = {
  readonly alg: Algorithm;
  readonly kid: string;
  readonly publicKey: KeyObject | undefined;
  readonly jwk: JsonWebKey & { kid: string };
  signature(input: string): Buffer;
};

const PAIRS = {
  ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
  RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
  EdDSA: () => generateKeyPairSync("ed25519"),
};

/** A new key pair of a public-key algorithm. */
export function newKey(alg: Exclude<Algorithm, "HS256">, kid: string): SigningKey {
  const { privateKey } = PAIRS[alg]();
  const publicKey = createPublicKey(privateKey);
  const jwk = { ...publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
  const digest = alg === "EdDSA" ? null : "sha256";
  const how =
    alg === "ES256" ? ({ dsaEncoding: "ieee-p1363" } as const) : alg === "PS256" ? { padding: 6, saltLength: 32 } : {};
  return {
    alg,
    kid,
    publicKey,
    jwk,
    signature: (input) => nodeSign(digest, Buffer.from(input), { key: privateKey, ...how }),
  };
}

/** A shared secret as a key. */
export function secretKey(secret: string | Buffer, kid = ""): SigningKey {
  const signature = (input: string) => createHmac("sha256", secret).update(input).digest();
  return { alg: "HS256", kid, publicKey: undefined, jwk: { kid }, signature };
}

export const base64url = (text: string | Buffer): string => Buffer.from(text).toString("base64url");

/** A token of exactly these texts: what a strict library would refuse to make. */
function rawToken(header: string, payload: string, key: SigningKey): string {
  const input = `${base64url(header)}.${base64url(payload)}`;
  return `${input}.${key.signature(input).toString("base64url")}`;
}

/** A token with these claims, signed as its header says. `header` overrides what the key says of itself. */
export function tokenOf(claims: object, key: SigningKey, header: object = {}): string {
  const named = { alg: key.alg, typ: "JWT", ...(key.kid ? { kid: key.kid } : {}), ...header };
  return rawToken(JSON.stringify(named), JSON.stringify(claims), key);
}
