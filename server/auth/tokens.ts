import { randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import type { Db } from "../kit/postgres/db.ts";
import type { SigningKeys } from "./signing-keys.ts";

/** Clock difference between servers that is forgiven, in seconds. */
const TOLERANCE = 5;
const TYPE = "at+jwt";

/** Issues and reads the access tokens of our own sessions (RFC 9068). */
export type Tokens = {
  readonly lifetimeSeconds: number;
  issue(db: Db, sessionId: string, userId: string, nowMs: number): Promise<string>;
  /**
   * The session id of a good token, and the key that signed it; undefined for any other. A token alone proves nothing: that
   * the session lives and the key is not retired is looked up (`authenticate`).
   */
  sessionOf(token: string, nowMs: number): Promise<{ session: string; kid: string } | undefined>;
};

/** Tokens signed with EdDSA for one issuer, which is also the only audience. */
export function sessionTokens(keys: SigningKeys, issuer: string, lifetimeSeconds: number): Tokens {
  return {
    lifetimeSeconds,
    async issue(db, sessionId, userId, nowMs) {
      const { kid, key } = await keys.current(db);
      const now = Math.floor(nowMs / 1000);
      return new SignJWT({ sid: sessionId })
        .setProtectedHeader({ alg: "EdDSA", kid, typ: TYPE })
        .setIssuer(issuer)
        .setAudience(issuer)
        .setSubject(userId)
        .setIssuedAt(now)
        .setExpirationTime(now + lifetimeSeconds)
        .setJti(randomUUID())
        .sign(key);
    },
    async sessionOf(token, nowMs) {
      try {
        const { payload, protectedHeader } = await jwtVerify(
          token,
          async ({ kid }) => {
            const key = kid === undefined ? undefined : await keys.find(kid);
            if (!key) throw new errors.JWKSNoMatchingKey();
            return key;
          },
          {
            algorithms: ["EdDSA"],
            typ: TYPE,
            issuer,
            audience: issuer,
            requiredClaims: ["exp", "sub", "sid"],
            clockTolerance: TOLERANCE,
            currentDate: new Date(nowMs),
          },
        );
        const { kid } = protectedHeader;
        return typeof payload.sid === "string" && kid !== undefined ? { session: payload.sid, kid } : undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
}
