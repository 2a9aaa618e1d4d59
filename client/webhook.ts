import type { WebhookEvent } from "./types.ts";

/** More than this many seconds from now, in either direction, a signature is refused. */
const TOLERANCE = 300;

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/**
 * Verifies an event (Standard Webhooks 1.0) and returns it, typed by its `type`. Events may come again: drop an `id` that you
 * have seen. More types may be added: let a `default` pass.
 *
 * @param payload The body as it came, not parsed.
 * @param headers As they came: a `Headers`, or Node's object (of HTTP/2, without the names that begin with a colon).
 * @param secret `whsec_…`, as creating or rotating the endpoint showed it; several while one is replaced.
 * @param now Unix milliseconds; the present unless told.
 * @throws {Error} A header is missing, it was not signed within five minutes of now, or no signature fits.
 */
export async function verifyWebhook(
  payload: string | Uint8Array,
  headers: Headers | Readonly<Record<string, string | string[] | undefined>>,
  secret: string | readonly string[],
  now: number = Date.now(),
): Promise<WebhookEvent> {
  // Headers joins a list with commas and makes "undefined" of what is missing: neither can be signed.
  const given = new Headers(headers as Record<string, string>);
  const id = given.get("webhook-id");
  const timestamp = given.get("webhook-timestamp");
  const signatures = given.get("webhook-signature") ?? "";
  // The bytes of a body are in no memory that threads share, which is all that the types cannot rule out.
  const body = new Blob([payload as Uint8Array<ArrayBuffer>]);
  const signed = await new Blob([`${id}.${timestamp}.`, body]).arrayBuffer();
  const hmac = { name: "HMAC", hash: "SHA-256" };
  if (Math.abs(now / 1000 - Number(timestamp)) <= TOLERANCE)
    for (const one of [secret].flat()) {
      const bytes = fromBase64(one.replace("whsec_", ""));
      const key = await crypto.subtle.importKey("raw", bytes, hmac, false, ["verify"]);
      // WebCrypto compares in constant time. What a signed body holds is what the server's contract says.
      for (const [, signature = ""] of signatures.matchAll(/v1,([A-Za-z\d+/]{43}=)/g))
        if (await crypto.subtle.verify(hmac, key, fromBase64(signature), signed))
          return { ...JSON.parse(await body.text()), id } as WebhookEvent;
    }
  throw new Error("No signature of the last 5 minutes fits");
}
