import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import type { SealingKeys } from "../kit/seal.ts";

const PURPOSE = "reelmark page forms v1";
/** No form of ours is larger, in bytes. */
const MOST_BYTES = 16_384;

/** A request that a page answers with a sentence, rather than with what was asked for. */
export class PageError extends Error {
  override readonly name = "PageError";
  readonly status: number;
  readonly title: string;
  constructor(status: number, title: string, message: string) {
    super(message);
    this.status = status;
    this.title = title;
  }
}

/** Proofs that a form came from a page of ours, shown in this browser to this session: HMAC-SHA256 over both. */
export type FormProofs = {
  proof(visitor: string, sessionId: string): string;
  verify(visitor: string, sessionId: string, proof: string): boolean;
};

/** Makes the proofs, under keys derived (HKDF, RFC 5869) from the encryption keys: the newest signs, all verify. */
export function formProofs(keys: SealingKeys): FormProofs {
  const derived = keys.map(({ key }) => Buffer.from(hkdfSync("sha256", key, "", PURPOSE, 32)));
  const macOf = (key: Buffer, visitor: string, sessionId: string) =>
    createHmac("sha256", key).update(`${visitor}\n${sessionId}`).digest("base64url");
  return {
    proof(visitor, sessionId) {
      const [newest] = derived;
      if (!newest) throw new Error("There is no encryption key");
      return macOf(newest, visitor, sessionId);
    },
    verify(visitor, sessionId, proof) {
      const given = Buffer.from(proof);
      return derived.some((key) => {
        const wanted = Buffer.from(macOf(key, visitor, sessionId));
        return wanted.length === given.length && timingSafeEqual(wanted, given);
      });
    },
  };
}

/** The fields of a form that was sent. Throws PageError for another media type, and for more than 16 KiB. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  const [type = ""] = (request.headers.get("content-type") ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/x-www-form-urlencoded") {
    throw new PageError(415, "This is not a form", "Use the form on the page.");
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) throw new PageError(413, "This is too much", "What the form sent is too long.");
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
