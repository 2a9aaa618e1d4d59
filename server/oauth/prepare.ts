import { OAUTH } from "../../spec/oauth.ts";
import type { Scope } from "../../spec/vocabulary.ts";
import { tokenHash } from "../auth/service.ts";
import type { Db } from "../kit/postgres/db.ts";
import { scopesIn } from "./grants.ts";
import { POLL } from "./sql.ts";

/** An error in the form of RFC 6749 §5.2. */
export function oauthError(status: number, error: string, description: string, headers: Record<string, string> = {}) {
  const body = JSON.stringify({ error, error_description: description });
  return new Response(body, {
    status,
    headers: { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", ...headers },
  });
}

/**
 * The scopes of a request: those asked for that there are, or what everybody asks for who asks for nothing (RFC 6749 §3.3).
 * When none of those asked for exists, the text stays as it is: nothing will be there to approve.
 */
export function scopeParameter(asked: string | null, usual: readonly Scope[]): string {
  if (asked === null || asked.trim() === "") return usual.join(" ");
  const known = scopesIn(asked);
  return known.length === 0 ? asked : known.join(" ");
}

/**
 * Counts a device's question for its token. RFC 8628 §3.5: one that comes too early is answered slow_down, and waits five
 * seconds longer from then on. Undefined when the request may go on.
 */
export async function tooEarly(db: Db, form: URLSearchParams): Promise<Response | undefined> {
  if (form.get("grant_type") !== OAUTH.deviceGrant) return undefined;
  const row = await db.one<{ early: boolean }>(POLL, [tokenHash(form.get("device_code") ?? "")]);
  return row?.early ? oauthError(400, "slow_down", "wait five seconds longer between two questions") : undefined;
}
