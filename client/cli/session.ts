import { type Client, type ClientOptions, createClient } from "../index.ts";
import { UsageError } from "./failure.ts";
import { VERSION } from "./generated/commands.ts";
import type { Io } from "./io.ts";
import { freshToken } from "./oauth.ts";
import { type Profile, readProfiles } from "./profiles.ts";
import { urlOf } from "./url.ts";

/** Options that every command takes. */
export type Globals = {
  readonly output?: string;
  readonly profile?: string;
  readonly server?: string;
  readonly organization?: string;
  readonly check: boolean;
  readonly retries?: number;
  readonly verbose?: boolean;
};

/** Where the API is, and what is sent as a credential. */
export type Session = {
  readonly baseUrl: string;
  readonly name: string;
  readonly api: Client;
};

/** An address of this very machine, where nothing has a certificate. */
export const isLocal = (hostname: string): boolean => /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname);

/** An address as it is typed, whose scheme may be left out. */
function typed(text: string): URL | undefined {
  if (/^https?:\/\//.test(text)) return urlOf(text);
  const url = urlOf(`http://${text}`);
  return url && isLocal(url.hostname) ? url : urlOf(`https://${text}`);
}

/** The address of the API: of a server's bare address its `/api`. Throws on what is no address. */
export function apiUrl(text: string): string {
  const url = typed(text);
  if (!url || url.username || url.search || url.hash)
    throw new UsageError(`"${text}" is no address of a server`, "It looks like https://reelmark.example.com.");
  return url.origin + (url.pathname === "/" ? "/api" : url.pathname.replace(/\/$/, ""));
}

/** The profile that is meant, and the address of its server. A flag wins over the environment, that over what is stored. */
export type Place = { readonly name: string; readonly profile: Profile; readonly baseUrl: string | undefined };

/** Where the flags, the environment and the profiles say that the API is. */
export async function placeOf({ profile: asked, server }: Globals, io: Io): Promise<Place> {
  const { env } = io;
  const { current, profiles } = await readProfiles(io);
  const name = asked ?? (env.REELMARK_PROFILE || current);
  const profile = profiles[name] ?? {};
  const said = server ?? (env.REELMARK_URL || profile.url);
  return { name, profile, baseUrl: said ? apiUrl(said) : undefined };
}

/** An address of the API, and what goes along with each request. */
export type Connection = {
  readonly baseUrl: string;
  readonly name: string;
  /** The credential as it is good now. */
  token(): Promise<string | undefined>;
  readonly organization: string | undefined;
};

/**
 * The server as flags, environment and profile say. REELMARK_TOKEN wins over every stored credential.
 * Throws UsageError where no server is known.
 */
export async function connectionOf(globals: Globals, io: Io): Promise<Connection> {
  const { env } = io;
  const { name, profile, baseUrl } = await placeOf(globals, io);
  if (!baseUrl)
    throw new UsageError(
      `It is not known where the server of profile "${name}" is`,
      `Run \`reelmark init${name === "default" ? "" : ` --profile ${name}`}\`, or set REELMARK_URL.`,
    );
  // A stored credential is only for the server that gave it.
  const isItsOwn = profile.url === baseUrl;
  return {
    baseUrl,
    name,
    async token() {
      if (env.REELMARK_TOKEN) return env.REELMARK_TOKEN;
      return isItsOwn ? freshToken(name, io) : undefined;
    },
    organization: globals.organization ?? (env.REELMARK_ORGANIZATION || profile.organization),
  };
}

/** The API of a connection. `onAttempt` is told of each request's end. Throws UsageError where no server is known. */
export async function openSession(
  globals: Globals,
  io: Io,
  onAttempt?: NonNullable<ClientOptions["onAttempt"]>,
): Promise<Session> {
  const { baseUrl, name, token, organization } = await connectionOf(globals, io);
  const api = createClient({
    baseUrl,
    token,
    fetch: io.fetch,
    timing: io.timing,
    headers: { "user-agent": `reelmark-cli/${VERSION}`, ...(organization && { "x-organization-id": organization }) },
    ...(globals.retries !== undefined && { retries: globals.retries }),
    onAttempt: (attempt) => {
      const { request, response, retryIn, operationId, error } = attempt;
      onAttempt?.(attempt);
      if (globals.verbose) io.stderr.write(`${request.method} ${request.url} ${response?.status ?? String(error)}\n`);
      if (retryIn !== undefined)
        io.stderr.write(
          `${operationId}: ${response?.status ?? "no answer"}, again in ${Math.ceil(retryIn / 1000)} s\n`,
        );
    },
  });
  return { baseUrl, name, api };
}
