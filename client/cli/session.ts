import { type Client, createClient } from "../index.ts";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { freshToken } from "./oauth.ts";
import { type Profile, readProfiles } from "./profiles.ts";

/** Options that every command takes. */
export type Globals = {
  readonly output?: string;
  readonly profile?: string;
  readonly url?: string;
  readonly organization?: string;
  readonly check: boolean;
  readonly retries?: string;
  readonly verbose?: boolean;
};

/** Where the API is, and what is sent as a credential. */
export type Session = {
  readonly baseUrl: string;
  readonly name: string;
  readonly profile: Profile;
  readonly api: Client;
};

/** The address of the API: of a server's bare address its `/api`. Throws on what is no address. */
export function apiUrl(text: string): string {
  const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
  if (!url || url.username || url.search || url.hash)
    throw new UsageError(`"${text}" is no address of a server`, "It looks like https://reelmark.example.com.");
  return url.origin + (url.pathname === "/" ? "/api" : url.pathname.replace(/\/$/, ""));
}

/** The API as the profile, the environment and the flags say. REELMARK_TOKEN wins over every stored credential. */
export async function openSession(globals: Globals, io: Io): Promise<Session> {
  const { env } = io;
  const profiles = await readProfiles(io);
  const name = globals.profile ?? (env.REELMARK_PROFILE || profiles.current);
  const stored = profiles.profiles[name];
  if (!stored && globals.profile)
    throw new UsageError(`There is no profile "${name}"`, `Make it with \`reelmark init --profile ${name}\`.`);
  const profile = stored ?? {};
  const said = globals.url ?? (env.REELMARK_URL || profile.url);
  if (!said) throw new UsageError("It is not known where your server is", "Run `reelmark init`, or set REELMARK_URL.");
  const baseUrl = apiUrl(said);
  // A stored credential is only for the server that gave it.
  const isItsOwn = profile.url !== undefined && apiUrl(profile.url) === baseUrl;
  const token = async () => {
    if (env.REELMARK_TOKEN) return env.REELMARK_TOKEN;
    return isItsOwn ? freshToken(name, io) : undefined;
  };
  const organization = globals.organization ?? (env.REELMARK_ORGANIZATION || profile.organization);
  const api = createClient({
    baseUrl,
    token,
    fetch: io.fetch,
    timing: io.timing,
    headers: { "user-agent": "reelmark-cli", ...(organization && { "x-organization-id": organization }) },
    ...(globals.retries !== undefined && { retries: Number(globals.retries) }),
    onAttempt: ({ request, response, retryIn, operationId, error }) => {
      if (globals.verbose) io.stderr.write(`${request.method} ${request.url} ${response?.status ?? String(error)}\n`);
      if (retryIn !== undefined)
        io.stderr.write(
          `${operationId}: ${response?.status ?? "no answer"}, again in ${Math.ceil(retryIn / 1000)} s\n`,
        );
    },
  });
  return { baseUrl, name, profile, api };
}
