import type pg from "pg";
import type { Db } from "../kit/postgres/db.ts";
import { withRead } from "../kit/postgres/pool.ts";
import type { Log } from "../kit/runtime.ts";
import { type SealingKeys, unseal } from "../kit/seal.ts";
import { type FindKey, remoteKeys } from "./jwks.ts";
import { type IssuerRow, LIST } from "./sql.ts";

/** The table is read again at most this often because of what clients send, in milliseconds. */
const COOL_DOWN_MS = 2_000;

/** Bytes that a shared secret has at least (RFC 7518 §3.2). */
const SECRET_BYTES: Readonly<Record<string, number | undefined>> = { HS256: 32, HS384: 48, HS512: 64 };
const PUBLIC_KEY_ALGORITHMS = new Set("RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" "));

/** What an issuer's secret is sealed for (server/kit/seal.ts): the secret is its text in UTF-8, as Supabase uses it. */
export const issuerSecretPurpose = (issuerId: string) => `issuer ${issuerId}`;

/** An issuer that tokens can be checked by. */
export type Issuer = IssuerRow & { readonly key: Uint8Array | FindKey };

export type RegistryOptions = {
  readonly pool: pg.Pool;
  readonly sealing: SealingKeys;
  readonly clock: () => number;
  readonly log: Log;
};

/** The issuers of this server, in memory. Using one is no risk: the look-up refuses a row that has changed since. */
export type Registry = {
  find(issuer: string): Issuer | undefined;
  /** Reads the table again, on a connection that is at hand. */
  reload(db: Db): Promise<void>;
  /** The same unless it was read just now: then false, and nothing is known that was not known before. */
  refresh(): Promise<boolean>;
};

/** The text of a shared secret as a key. Throws with a sentence when it does not fit the algorithms. */
export function secretKey(algorithms: readonly string[], text: string): Uint8Array {
  const secret = Buffer.from(text, "utf8");
  for (const algorithm of algorithms) {
    // A public key's algorithm with a secret, or the reverse, is how a public key becomes a password (RFC 8725 §2.1).
    const least = SECRET_BYTES[algorithm];
    if (least === undefined)
      throw new Error(`${algorithm} does not go with a shared secret: set HS256, HS384 or HS512`);
    if (secret.length < least)
      throw new Error(`${algorithm} needs a secret of ${least} bytes or more: set a longer one`);
  }
  return secret;
}

/** Throws with a sentence when a JWKS cannot be at `url`, or does not fit the algorithms. */
export function checkUrl(algorithms: readonly string[], url: string): void {
  const wrong = algorithms.find((algorithm) => !PUBLIC_KEY_ALGORITHMS.has(algorithm));
  if (wrong !== undefined) {
    throw new Error(
      `${wrong} does not go with a JWKS: set ${[...PUBLIC_KEY_ALGORITHMS].join(", ")} or several of them`,
    );
  }
  if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : ""))
    throw new Error("jwks_url must be an http(s) URL");
}

/** Opens the registry and reads the table. An issuer that is written wrong is left out, and the log says what to change. */
export async function openRegistry({ pool, sealing, clock, log }: RegistryOptions): Promise<Registry> {
  let issuers = new Map<string, Issuer>();
  let readAt = 0;
  let pending: Promise<void> | undefined;

  const open = (row: IssuerRow): Issuer | undefined => {
    const before = issuers.get(row.issuer);
    if (before?.id === row.id && before.revision === row.revision) return before;
    const fields = { issuer_id: row.id };
    try {
      if (row.algorithms.length === 0) throw new Error("algorithms is empty: name those that the issuer signs with");
      if (row.secret_sealed !== null) {
        const secret = unseal(sealing, issuerSecretPurpose(row.id), row.secret_sealed);
        return { ...row, key: secretKey(row.algorithms, secret) };
      }
      const url = row.jwks_url ?? "";
      checkUrl(row.algorithms, url);
      // The same keys stay: a change of the audience is no reason to ask again.
      if (before?.id === row.id && before.jwks_url === url) return { ...row, key: before.key };
      const onFailure = (error: unknown) =>
        log.warn({ ...fields, error: reasonOf(error) }, "the keys of an issuer could not be fetched");
      return { ...row, key: remoteKeys({ url, clock, onFailure }) };
    } catch (error) {
      log.error({ ...fields, error: reasonOf(error) }, "an issuer cannot be used as it is configured");
      return undefined;
    }
  };

  const reload = async (db: Db) => {
    readAt = clock();
    const opened = (await db.rows<IssuerRow>(LIST)).map(open);
    issuers = new Map(opened.flatMap((issuer) => (issuer ? [[issuer.issuer, issuer] as const] : [])));
  };

  const refresh = async () => {
    if (pending === undefined) {
      if (clock() - readAt < COOL_DOWN_MS) return false;
      pending = withRead(pool, "", reload).finally(() => {
        pending = undefined;
      });
    }
    await pending;
    return true;
  };

  await refresh();
  return { find: (issuer) => issuers.get(issuer), reload, refresh };
}

/** `fetch` says only "fetch failed": why stands in its cause. */
function reasonOf(error: unknown): string {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return cause instanceof Error ? `${String(error)}: ${cause.message}` : String(error);
}
