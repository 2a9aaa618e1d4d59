import { errors, jwtVerify } from "jose";
import type { Ctx, ReelmarkPrincipal } from "../context.ts";
import { newId } from "../kit/ids.ts";
import type { Db } from "../kit/postgres/db.ts";
import type { SealedColumn } from "../kit/seal.ts";
import { type Identity, readIdentity } from "./claims.ts";
import { unverifiedIssuer } from "./compact.ts";
import {
  checkUrl,
  type Issuer,
  issuerSecretPurpose,
  openRegistry,
  type RegistryOptions,
  secretKey,
} from "./registry.ts";
import { AUTHENTICATE, DENY, type Found } from "./sql.ts";

type Tenant = Exclude<Found, { state: "denied" | "stale" }>;
/** Whom a good token stands for, and how its session is named here. */
export type ExternalSession = Tenant & {
  readonly id: string;
  readonly external: NonNullable<ReelmarkPrincipal["external"]>;
};

export type ExternalTokens = {
  /** The `iss` of a token, unproved. Undefined for what is no JWT, or an ambiguous one. */
  issuerOf(token: string): string | undefined;
  /**
   * Checks a token by its issuer. Undefined when it is not good; else the look-up of its user, one round trip, which in
   * turn says undefined when the token was logged out or the issuer removed.
   */
  check(
    token: string,
    issuer: string,
    organization: string | null,
  ): Promise<((db: Db) => Promise<ExternalSession | undefined>) | undefined>;
};

/**
 * Tokens of other servers as sessions. A user is (issuer, subject), made when first seen: that the operator named the
 * issuer is the only condition, whatever SIGN_UP says, and an e-mail address never links two users.
 *
 * Removing or narrowing an issuer holds from the next request on, because the look-up compares the row's revision. What
 * a change allows newly (another audience, a new issuer) holds after 2 s at most.
 */
export async function externalTokens(options: RegistryOptions): Promise<ExternalTokens> {
  const { clock, log } = options;
  const registry = await openRegistry(options);
  type Checked = { readonly issuer: Issuer; readonly identity: Identity };

  const checkBy = async (issuer: Issuer, token: string): Promise<Checked | undefined> => {
    const nowMs = clock();
    try {
      const { payload, protectedHeader } = await verify(token, issuer, nowMs);
      const identity = readIdentity(issuer, token, protectedHeader.typ, payload, nowMs);
      return identity && { issuer, identity };
    } catch (error) {
      // Token and keys are both what others wrote: whatever goes wrong with them, the token is not good. Never logged itself.
      if (!(error instanceof errors.JOSEError)) {
        log.warn(
          { issuer_id: issuer.id, error: String(error) },
          "a token could not be checked: look at the issuer's keys",
        );
      }
      return undefined;
    }
  };

  const check = async (token: string, name: string): Promise<Checked | undefined> => {
    const issuer = registry.find(name);
    const checked = issuer && (await checkBy(issuer, token));
    // Perhaps the operator has just added or changed it.
    if (checked || !(await registry.refresh())) return checked;
    const now = registry.find(name);
    return now && now !== issuer ? checkBy(now, token) : undefined;
  };

  const find = (db: Db, { issuer, identity }: Checked, organization: string | null) =>
    db.one<Found>(AUTHENTICATE, [
      issuer.id,
      issuer.revision,
      identity.subject,
      identity.tokenIds,
      identity.name,
      newId("usr", clock()),
      organization,
    ]);

  return {
    issuerOf: unverifiedIssuer,
    async check(token, name, organization) {
      const first = await check(token, name);
      if (!first) return undefined;
      return async (db) => {
        let checked: Checked | undefined = first;
        let found = await find(db, checked, organization);
        if (found?.state === "stale") {
          // The row has changed: what it says now decides. Once a change and server, so the connection may be held for it.
          await registry.reload(db);
          const issuer = registry.find(name);
          checked = issuer && (await checkBy(issuer, token));
          found = checked && (await find(db, checked, organization));
        }
        if (!checked || !found || found.user_id === null) return undefined;
        const { tokenIds, endsAtMs, credentialId } = checked.identity;
        return { ...found, id: credentialId, external: { issuerId: checked.issuer.id, tokenIds, endsAtMs } };
      };
    },
  };
}

/** Signature, algorithm, issuer, audience, `nbf`, `exp` and `crit` (RFC 7515, 7519). The header's own keys are never used. */
function verify(token: string, { key, issuer, audience, algorithms, ...row }: Issuer, nowMs: number) {
  const options = {
    algorithms: [...algorithms],
    issuer,
    audience,
    clockTolerance: row.clock_tolerance_seconds,
    currentDate: new Date(nowMs),
  };
  return typeof key === "function" ? jwtVerify(token, key, options) : jwtVerify(token, key, options);
}

/** Ends an external session: from the next request on, on every server, its tokens are refused until they are over anyway. */
export const denyExternal = (ctx: Ctx, { issuerId, tokenIds, endsAtMs }: ExternalSession["external"]) =>
  ctx.db.run(DENY, [issuerId, tokenIds, endsAtMs]);

/** The secrets that issuers share with this server. */
export const ISSUER_SECRETS: SealedColumn = {
  table: "issuers",
  id: "id",
  column: "secret_sealed",
  purpose: issuerSecretPurpose,
};

/** Throws with a sentence when tokens could not be checked by such an issuer. `source` is a JWKS URL or a secret's text. */
export function checkIssuer(algorithms: readonly string[], source: { jwksUrl: string } | { secret: string }): void {
  if ("secret" in source) secretKey(algorithms, source.secret);
  else checkUrl(algorithms, source.jwksUrl);
}
