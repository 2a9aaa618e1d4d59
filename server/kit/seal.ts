import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** Keys to seal with, newest first: the first seals, all unseal. */
export type SealingKeys = readonly { readonly id: string; readonly key: Buffer }[];

/**
 * Encrypts a secret that must be read back: AES-256-GCM with a random nonce, bound to `purpose`, so that a sealed value
 * moved to another place does not open. The result names its key: `v1.<key id>.<nonce>.<tag>.<ciphertext>`.
 */
export function seal(keys: SealingKeys, purpose: string, secret: string): string {
  const [newest] = keys;
  if (!newest) throw new Error("There is no encryption key");
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", newest.key, nonce);
  cipher.setAAD(Buffer.from(`${newest.id} ${purpose}`));
  const text = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  const parts = [nonce, cipher.getAuthTag(), text].map((part) => part.toString("base64url"));
  return ["v1", newest.id, ...parts].join(".");
}

/** Where sealed values are kept: a column, and what each is sealed for by its row's id. Names are the program's own. */
export type SealedColumn = {
  readonly table: string;
  readonly id: string;
  readonly column: string;
  readonly purpose: (id: string) => string;
};

/** The id of the key that sealed a value; empty when it is not a sealed value. */
export const sealedBy = (sealed: string): string => /^v1\.([^.]*)\./.exec(sealed)?.[1] ?? "";

/** Opens what `seal` made. Throws when the key is not among `keys`, or the value was changed or moved. */
export function unseal(keys: SealingKeys, purpose: string, sealed: string): string {
  const [version, id, nonce, tag, text] = sealed.split(".");
  if (version !== "v1" || id === undefined || nonce === undefined || tag === undefined || text === undefined) {
    throw new Error("This is not a sealed value");
  }
  const found = keys.find((key) => key.id === id);
  if (!found) throw new Error(`The encryption key "${id}" is not in ENCRYPTION_KEY: add it after the present one`);
  const decipher = createDecipheriv("aes-256-gcm", found.key, Buffer.from(nonce, "base64url"));
  decipher.setAAD(Buffer.from(`${id} ${purpose}`));
  decipher.setAuthTag(Buffer.from(tag, "base64url"));
  return Buffer.concat([decipher.update(Buffer.from(text, "base64url")), decipher.final()]).toString("utf8");
}
