import { createHmac, randomBytes } from "node:crypto";
import { type SealedColumn, type SealingKeys, seal, unseal } from "../kit/seal.ts";

const PREFIX = "whsec_";
const SECRET_BYTES = 32;
/** One purpose for both columns, so that a rotation moves the sealed value as it is. */
const purpose = (id: string) => `webhook ${id}`;

/** The signing secrets of endpoints: the present one, and the former one while it signs too. */
export const WEBHOOK_SECRETS: readonly SealedColumn[] = ["secret_sealed", "former_secret_sealed"].map((column) => ({
  table: "webhooks",
  id: "id",
  column,
  purpose,
}));

/** A new signing secret: `whsec_` and 32 random bytes in base64, as Standard Webhooks writes them. */
export const newSecret = (): string => PREFIX + randomBytes(SECRET_BYTES).toString("base64");

/** A secret of the endpoint `id` as it is kept. */
export const sealSecret = (keys: SealingKeys, id: string, secret: string): string => seal(keys, purpose(id), secret);

/** Opens what `sealSecret` made for the endpoint `id`. Throws when no key does. */
export const openSecret = (keys: SealingKeys, id: string, sealed: string): string => unseal(keys, purpose(id), sealed);

/** What is signed: the event's id, the time in Unix seconds, and the body byte for byte. */
type Signed = { readonly id: string; readonly timestamp: number; readonly body: string };

/**
 * The headers of one delivery (Standard Webhooks 1.0): a signature for each secret, any of which may verify.
 * @param secrets Each `whsec_` and base64.
 */
export function signedHeaders({ id, timestamp, body }: Signed, secrets: readonly string[]): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": String(timestamp), "webhook-signature": signatures.join(" ") };
}
