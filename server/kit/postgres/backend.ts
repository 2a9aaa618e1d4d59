import type pg from "pg";
import type { Authenticated, Backend, Credential, Principal } from "../backend.ts";
import { Db, statement } from "./db.ts";
import { postgresIdempotency } from "./idempotency.ts";
import { isUnavailable, withRead, withTransaction } from "./pool.ts";

const LOCK = statement("kit.lock", "select pg_advisory_xact_lock(hashtextextended($1, 11))");

/** Why a credential is not good. */
export type Refused = Extract<Authenticated<Db, Principal>, { refused: unknown }>;

/** What an application adds: how a credential becomes a principal. */
export type PostgresBackendOptions<P extends Principal> = {
  readonly pool: pg.Pool;
  /**
   * Judges a credential in two steps. Before a connection is taken: what cannot be good (a mistyped key, a token that is
   * not ours) is refused. Then the look-up that it returns: one round trip that also binds the connection to the tenant
   * found (`app.org_id`).
   */
  readonly authenticator: (credential: Credential) => Promise<Refused | ((db: Db) => Promise<P | Refused>)>;
  readonly anonymous: (address: string) => P;
  readonly used?: (principal: P, atMs: number) => void;
  readonly audit?: NonNullable<Backend<Db, P>["audit"]>;
  readonly credits?: NonNullable<Backend<Db, P>["credits"]>;
};

/** The pipeline's backend on PostgreSQL with row level security: every path binds the connection before it is used. */
export function postgresBackend<P extends Principal>(options: PostgresBackendOptions<P>): Backend<Db, P> {
  const { pool } = options;
  return {
    idempotency: postgresIdempotency,
    isUnavailable,
    anonymous: options.anonymous,
    ...(options.used ? { used: options.used } : {}),
    ...(options.audit ? { audit: options.audit } : {}),
    ...(options.credits ? { credits: options.credits } : {}),
    read: (principal, work) => withRead(pool, principal.organization, work),
    transaction: (principal, work) => withTransaction(pool, principal.organization, work),
    async lock(db, principal, kind, ids) {
      // One order for all, so that two requests for the same resources cannot wait for each other.
      for (const id of [...ids].sort()) await db.run(LOCK, [`${principal.organization} ${kind} ${id}`]);
    },
    async authenticate(credential, hold) {
      const lookup = await options.authenticator(credential);
      if (typeof lookup !== "function") return lookup;
      const client = await pool.connect();
      let kept = false;
      let broken: Error | undefined;
      try {
        const db = new Db(client);
        const found = await lookup(db);
        if ("refused" in found) return found;
        kept = hold;
        if (!hold) return { principal: found, db: undefined, release: () => {} };
        return { principal: found, db, release: () => client.release() };
      } catch (error) {
        if (error instanceof Error) broken = error;
        throw error;
      } finally {
        if (!kept) client.release(broken);
      }
    },
  };
}
