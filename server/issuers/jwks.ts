import { createLocalJWKSet, errors, type JSONWebKeySet } from "jose";

/** How long the issuer may take for its whole answer, in milliseconds, and how long that may be, in bytes. */
const TIMEOUT_MS = 3_000;
const MAX_BYTES = 256 * 1024;
/** Keys are fetched again after this long: a key that the issuer withdrew is good for no longer. */
const FRESH_MS = 10 * 60_000;
/** The issuer is asked at most this often, whoever sends what tokens. */
const COOL_DOWN_MS = 30_000;
/** Keys known go on being good for this long after they were last fetched, while the issuer is down. */
const KEPT_MS = 24 * 60 * 60_000;

type LocalKeys = ReturnType<typeof createLocalJWKSet>;
/** Finds the key that a token's header names; throws a JOSEError when there is none. */
export type FindKey = (...header: Parameters<LocalKeys>) => ReturnType<LocalKeys>;

// The operator chose the URL, so that an issuer in the same network is as good as one outside: no address is refused.
async function fetchKeys(url: string): Promise<LocalKeys> {
  const response = await fetch(url, {
    headers: { Accept: "application/jwk-set+json, application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the answer was ${response.status}, not 200`);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    // Leaving the loop cancels the stream: what is still to come is not read.
    if (size > MAX_BYTES) throw new Error(`the answer is longer than ${MAX_BYTES} bytes`);
    chunks.push(chunk);
  }
  // createLocalJWKSet looks at the shape itself, and throws when it is another.
  return createLocalJWKSet(JSON.parse(Buffer.concat(chunks).toString("utf8")) as JSONWebKeySet);
}

/**
 * The public keys of one issuer, kept in memory. Of our own because jose's createRemoteJWKSet reads an answer of any
 * length, and refuses every token once its cache is over and the issuer does not answer.
 * @param options `clock` in Unix milliseconds; `onFailure` learns why keys could not be fetched.
 */
export function remoteKeys(options: {
  readonly url: string;
  readonly clock: () => number;
  readonly onFailure: (error: unknown) => void;
}): FindKey {
  const { url, clock, onFailure } = options;
  let known: { readonly find: LocalKeys; readonly at: number } | undefined;
  let triedAt = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  const isYoungerThan = (age: number) => known !== undefined && clock() - known.at < age;

  /** Asks the issuer, or waits for the answer that is on its way; false while it is not to be asked. Never throws. */
  const refetch = async (): Promise<boolean> => {
    if (pending === undefined) {
      if (clock() - triedAt < COOL_DOWN_MS) return false;
      triedAt = clock();
      pending = fetchKeys(url)
        .then((find) => {
          known = { find, at: clock() };
        }, onFailure)
        .finally(() => {
          pending = undefined;
        });
    }
    await pending;
    return true;
  };

  const find: FindKey = async (...header) => {
    if (!known || !isYoungerThan(KEPT_MS)) throw new errors.JWKSNoMatchingKey();
    return known.find(...header);
  };

  return async (...header) => {
    if (!isYoungerThan(FRESH_MS)) await refetch();
    try {
      return await find(...header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !(await refetch())) throw error;
      return find(...header);
    }
  };
}
