import { signedUrls } from "../../server/uploads/signed-urls.ts";
import { signPayload } from "../billing/stripe-wire.ts";
import { type Draft, withHeaders } from "../kit/draft.ts";
import { ENCRYPTION_KEYS, PUBLIC_URL } from "../setup/app.ts";

/** Makes a request what an operation without a credential wants of it. */
export type Signer = (draft: Draft) => Draft;

const addresses = signedUrls(ENCRYPTION_KEYS, PUBLIC_URL, "/api");

/** The address of the request, as the server signs it for an organization. */
export const signed =
  (organization: string): Signer =>
  (draft) => {
    const method = draft.method === "PUT" ? "PUT" : "GET";
    const { searchParams } = new URL(
      addresses.sign(method, draft.path, organization, Math.ceil(Date.now() / 1000) + 600),
    );
    return { ...draft, query: [...draft.query.filter(([name]) => !searchParams.has(name)), ...searchParams] };
  };

/** What Stripe sends, signed with the secret that it shares with the server. */
export const byStripe =
  (secret: string): Signer =>
  (draft) => {
    const payload = draft.body?.bytes ?? "";
    // A stream is of what is refused before any signature is looked at.
    if (payload instanceof ReadableStream) return draft;
    // Stripe signs text, and so it is read: what is no UTF-8 too, as far as it can be.
    const text = typeof payload === "string" ? payload : new TextDecoder().decode(payload);
    return withHeaders(draft, { "stripe-signature": signPayload(text, secret) });
  };
