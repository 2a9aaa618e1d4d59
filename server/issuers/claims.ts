import { hash } from "node:crypto";
import type { JWTPayload } from "jose";
import type { IssuerRow } from "./sql.ts";

/** The longest life that a token may have left, in seconds: a logout has to be remembered for as long. */
const MAX_LIFE = 31 * 86_400;
/** How long a logout is remembered beyond the token's end, in seconds: clocks of servers and database differ. */
const MARGIN = 300;
/** Longest subject, `sid` and `jti` (OpenID Connect Core §2 bounds the first). */
const MAX_ID = 255;
/** Longest name of a user, as in the contract. */
const MAX_NAME = 80;
/** Kinds of JWT that are sessions. Others, such as logout+jwt, prove something else of the same user (RFC 8725 §3.11). */
const SESSION_TYPES = new Set(["jwt", "at+jwt"]);
/** A security event (RFC 8417) is no session; a token bound to a key (RFC 7800) is none without that key. */
const NEVER_A_SESSION = ["events", "cnf"];

/** What a good token says: of whom it is, and by what it can be logged out. */
export type Identity = {
  readonly subject: string;
  readonly name: string;
  /** Names of the token and its session, as denied tokens are kept by. */
  readonly tokenIds: readonly string[];
  /** Id of the token's session: the same for all its tokens, and for no other user's. */
  readonly credentialId: string;
  /** When no token of this session that exists now is good any more, in Unix milliseconds. */
  readonly endsAtMs: number;
};

/** An id that PostgreSQL stores as it is: no control characters, no half of a surrogate pair. */
const isId = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= MAX_ID && !/\p{C}/u.test(value);

const isSessionType = (type: unknown): boolean =>
  type === undefined ||
  (typeof type === "string" && SESSION_TYPES.has(type.toLowerCase().replace(/^application\//, "")));

const isTime = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

/** A text claim fit to be shown; undefined when it is none. */
function shown(value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const text = value
    .replace(/[\p{Cc}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_NAME)
    .toWellFormed();
  return text === "" ? undefined : text;
}

function areGoodTimes({ iat, nbf }: JWTPayload, exp: number, tolerance: number, now: number): boolean {
  if (!isTime(exp) || exp > now + MAX_LIFE) return false;
  if (iat !== undefined && (!isTime(iat) || iat > now + tolerance)) return false;
  return nbf === undefined || isTime(nbf);
}

/**
 * Reads the claims of a token whose signature, issuer, audience and end were checked. Undefined when a claim that matters
 * is missing or odd. `sid` may also be called `session_id`, as Supabase does.
 */
export function readIdentity(
  row: Pick<IssuerRow, "id" | "subject_claim" | "name_claim" | "email_claim" | "clock_tolerance_seconds">,
  token: string,
  type: unknown,
  claims: JWTPayload,
  nowMs: number,
): Identity | undefined {
  const { exp, iat, aud, jti, sid = claims.session_id } = claims;
  const subject = claims[row.subject_claim];
  const now = Math.floor(nowMs / 1000);
  if (!isSessionType(type)) return undefined;
  if (NEVER_A_SESSION.some((name) => name in claims)) return undefined;
  if (!isId(subject) || (sid !== undefined && !isId(sid)) || (jti !== undefined && !isId(jti))) return undefined;
  if (Array.isArray(aud) && !aud.every((one) => typeof one === "string")) return undefined;
  if (exp === undefined || !areGoodTimes(claims, exp, row.clock_tolerance_seconds, now)) return undefined;

  const session = sid !== undefined ? `sid:${sid}` : jti !== undefined ? `jti:${jti}` : "";
  const credential = hash("sha256", JSON.stringify([row.id, subject, session]), "base64url");
  // Tokens of one session that were issued since end later than this one, but live no longer.
  const ends = Math.min(Math.max(exp, iat === undefined ? exp : now + (exp - iat)), now + MAX_LIFE);
  return {
    subject,
    name: shown(claims[row.name_claim]) ?? shown(claims[row.email_claim]) ?? shown(subject) ?? "User",
    tokenIds: [
      ...(sid !== undefined ? [`sid:${sid}`] : []),
      ...(jti !== undefined ? [`jti:${jti}`] : []),
      // A token that names neither can still be logged out: by itself.
      ...(session === "" ? [`token:${hash("sha256", token.slice(0, token.lastIndexOf(".")), "base64url")}`] : []),
    ],
    credentialId: `ext_${credential.slice(0, 26)}`,
    endsAtMs: (ends + row.clock_tolerance_seconds + MARGIN) * 1000,
  };
}
