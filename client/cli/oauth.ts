import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { alone } from "./lock.ts";
import { type Credential, changeProfile, readProfiles } from "./profiles.ts";
import { urlOf } from "./url.ts";

/** The client that every server knows without a registration. */
const CLIENT = "reelmark-cli";
const DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code";
/** A token is renewed when it has less than this many milliseconds left. */
const EARLY = 60_000;

type Metadata = {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly device_authorization_endpoint?: string;
  readonly revocation_endpoint?: string;
  readonly scopes_supported?: readonly string[];
};
type Tokens = { readonly access_token: string; readonly refresh_token?: string; readonly expires_in?: number };
type Refusal = { readonly error: string; readonly error_description?: string };
type Device = {
  readonly device_code: string;
  readonly user_code: string;
  readonly verification_uri: string;
  readonly verification_uri_complete?: string;
  readonly expires_in: number;
  readonly interval?: number;
};

/** The authorization server of an API (RFC 8414): of its own origin, so that tokens go nowhere else. */
async function metadataOf(baseUrl: string, io: Io): Promise<Metadata> {
  const { origin } = new URL(baseUrl);
  const url = `${origin}/.well-known/oauth-authorization-server`;
  const response = await io.fetch(new Request(url, { signal: io.signal, redirect: "error" })).catch((error: Error) => {
    io.signal.throwIfAborted();
    throw new UsageError(`${origin} does not answer: ${error.message}`, "Is the address right, and the server up?", 10);
  });
  const said = response.ok ? ((await response.json().catch(() => undefined)) as Metadata | undefined) : undefined;
  // RFC 8414 §3.3: a document that names another issuer is not to be used.
  if (said?.issuer && urlOf(said.issuer)?.origin !== origin)
    throw new UsageError(`The server calls itself ${said.issuer}`, "Use that address: `reelmark init --server …`.");
  const ends = [said?.token_endpoint, said?.device_authorization_endpoint, said?.revocation_endpoint];
  if (!said?.token_endpoint || ends.some((end) => end && urlOf(end)?.origin !== origin))
    throw new UsageError(
      `${origin} offers no login for programs`,
      "Make an API key in the console, then `reelmark login --with-token`.",
      3,
    );
  return said;
}

/** A form to an endpoint of the authorization server; its answer, or its refusal (RFC 6749 §5). */
async function post(url: string, form: Readonly<Record<string, string>>, io: Io): Promise<unknown> {
  const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const body = new URLSearchParams({ client_id: CLIENT, ...form }).toString();
  const response = await io.fetch(
    new Request(url, { method: "POST", headers, body, signal: io.signal, redirect: "error" }),
  );
  const text = await response.text();
  try {
    return text ? (JSON.parse(text) as unknown) : {};
  } catch {
    throw new UsageError(`${url} answered ${response.status} and no JSON`, "Try again later.", 9);
  }
}

const isRefusal = (answer: unknown): answer is Refusal =>
  typeof answer === "object" && answer !== null && typeof (answer as Partial<Refusal>).error === "string";

const kept = ({ access_token, refresh_token, expires_in }: Tokens, io: Io): Credential => ({
  token: access_token,
  ...(refresh_token && { refresh: refresh_token }),
  ...(expires_in && { until: io.timing.now() + expires_in * 1000 }),
});

/**
 * Logs in by the device flow (RFC 8628): shows where to go, then asks until it was approved there.
 * `scopes` are all that the server has unless told. Throws UsageError when it was denied, or not approved in time.
 */
export async function deviceLogin(
  baseUrl: string,
  scopes: readonly string[] | undefined,
  io: Io,
  show: (device: Device) => Promise<void>,
): Promise<Credential> {
  const metadata = await metadataOf(baseUrl, io);
  const { device_authorization_endpoint: start, token_endpoint: end } = metadata;
  if (!start) throw new UsageError("The server has no device flow", "Log in with `reelmark login --with-token`.", 3);
  const scope = (scopes ?? metadata.scopes_supported ?? []).join(" ");
  const begun = await post(start, { scope, resource: baseUrl }, io);
  if (isRefusal(begun)) throw refused(begun);
  // Not a refusal, so what RFC 8628 §3.2 says.
  const device = begun as Device;
  await show(device);
  const last = io.timing.now() + device.expires_in * 1000;
  let interval = Math.max(1, device.interval ?? 5) * 1000;
  while (io.timing.now() + interval < last) {
    await io.timing.sleep(interval, io.signal);
    const form = { grant_type: DEVICE_GRANT, device_code: device.device_code, resource: baseUrl };
    const answer = await post(end, form, io).catch((error: unknown) => {
      io.signal.throwIfAborted();
      // RFC 8628 §3.5: what the network drops is asked again, ever more seldom.
      if (error instanceof UsageError) throw error;
      interval *= 2;
      return { error: "authorization_pending" };
    });
    if (!isRefusal(answer)) return kept(answer as Tokens, io);
    if (answer.error === "slow_down") interval += 5000;
    else if (answer.error !== "authorization_pending") throw refused(answer);
  }
  throw new UsageError("Nobody approved it in time", "Run `reelmark login` again.", 3);
}

function refused({ error, error_description }: Refusal): UsageError {
  if (error === "access_denied") return new UsageError("The login was denied in the browser", undefined, 3);
  if (error === "expired_token") return new UsageError("Nobody approved it in time", "Run `reelmark login` again.", 3);
  return new UsageError(`The login was refused: ${error_description ?? error}`, "Run `reelmark login` again.", 3);
}

/** Ends a login at its server (RFC 7009). False when the server could not be told. */
export async function revoke(baseUrl: string, credential: Credential, io: Io): Promise<boolean> {
  if (!credential.refresh) return false;
  const form = { token: credential.refresh, token_type_hint: "refresh_token" };
  return metadataOf(baseUrl, io)
    .then(({ revocation_endpoint: end }) => (end ? post(end, form, io).then((said) => !isRefusal(said)) : false))
    .catch(() => false);
}

/**
 * The token of a profile, renewed when it is about to end. Undefined where nobody is logged in.
 * Its refresh token is good once: another process that renewed it meanwhile has stored the next pair, which is then used.
 */
export async function freshToken(name: string, io: Io): Promise<string | undefined> {
  const read = async () => (await readProfiles(io)).profiles[name];
  const profile = await read();
  const held = profile?.credential;
  const isGood = (one: Credential | undefined) => one?.until === undefined || one.until - io.timing.now() > EARLY;
  if (!profile?.url || !held?.refresh || isGood(held)) return held?.token;
  // A refresh token used twice ends the login.
  return alone(io, `renew-${name}`, async () => {
    const now = (await read())?.credential;
    if (!now?.refresh || isGood(now)) return now?.token;
    const { token_endpoint: end } = await metadataOf(profile.url ?? "", io);
    const form = { grant_type: "refresh_token", refresh_token: now.refresh };
    const answer = await post(end, form, io).catch((error: Error) => {
      io.signal.throwIfAborted();
      throw error instanceof UsageError
        ? error
        : new UsageError(`The login cannot be renewed: ${error.message}`, "Try again later.", 10);
    });
    if (isRefusal(answer)) throw new UsageError("The login has ended", "Log in again with `reelmark login`.", 3);
    // Not a refusal, so what RFC 6749 §5.1 says.
    const made = kept(answer as Tokens, io);
    await changeProfile(io, name, (one) => ({ ...one, credential: { ...now, ...made } }));
    return made.token;
  });
}
