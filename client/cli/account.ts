import type { Command as Commander } from "commander";
import { ApiError, createClient, type Result } from "../index.ts";
import { ask } from "./ask.ts";
import { UsageError } from "./failure.ts";
import { readInput } from "./input.ts";
import type { Io } from "./io.ts";
import { deviceLogin, revoke } from "./oauth.ts";
import { formatOf, harmless, shown } from "./output.ts";
import { type Credential, changeProfile, readProfiles } from "./profiles.ts";
import { progress } from "./progress.ts";
import { apiUrl, type Globals, isLocal, openSession, placeOf } from "./session.ts";

type LoginFlags = Globals & { readonly scopes?: string; readonly withToken?: boolean; readonly browser: boolean };

const say = (io: Io, text: string) => io.stderr.write(`${harmless(text)}\n`);

/** The server's address: as it is known, or asked for. */
async function whereIs(flags: Globals, io: Io): Promise<{ name: string; baseUrl: string }> {
  const { name, baseUrl } = await placeOf(flags, io);
  if (baseUrl) return { name, baseUrl };
  const instead = "Say it: --server https://reelmark.example.com.";
  return { name, baseUrl: apiUrl(await ask("Where is your server", io, { instead })) };
}

/**
 * Who a credential is, where it may say so; without one, only whether a Reelmark is there at all.
 * Throws UsageError where there is none, and ApiError when the credential is not good.
 */
async function profileAt(
  baseUrl: string,
  token: string | undefined,
  io: Io,
): Promise<Result<"getProfile"> | undefined> {
  const { fetch, timing, signal } = io;
  const api = createClient({ baseUrl, fetch, timing, retries: 1, ...(token !== undefined && { token }) });
  try {
    return await api.getProfile({ signal });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (token === undefined && error.code === "UNAUTHORIZED") return undefined;
    // Good, but not for reading the profile.
    if (error.code === "FORBIDDEN") return undefined;
    if (error.code !== "INTERNAL_ERROR") throw error;
    throw new UsageError(`${baseUrl} is no Reelmark: it answered ${error.status}`, "Is the address right?");
  }
}

async function init(flags: Globals, io: Io): Promise<void> {
  const { name, profile } = await placeOf(flags, io);
  const said = flags.server ?? io.env.REELMARK_URL;
  const question = {
    instead: "Say it: reelmark init --server https://reelmark.example.com.",
    fallback: profile.url ?? "",
  };
  const baseUrl = apiUrl(said || (await ask("Where is your server", io, question)));
  await profileAt(baseUrl, undefined, io);
  // What one server gave is never sent to another.
  await changeProfile(io, name, (held) => (held.url === baseUrl ? held : { url: baseUrl }), name);
  say(io, `Profile "${name}" is for ${baseUrl}.`);
  if (io.stdin.isTTY && !io.env.REELMARK_TOKEN) await login({ ...flags, browser: true }, io);
  else say(io, "Next: `reelmark login`, or set REELMARK_TOKEN to an API key.");
}

async function pasted(io: Io): Promise<string> {
  const instead = "Pipe it in: reelmark login --with-token < key.txt";
  const token = io.stdin.isTTY
    ? await ask("API key (it is not shown)", io, { hidden: true, instead })
    : new TextDecoder().decode(await readInput(io)).trim();
  // A header takes nothing else.
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError("That is no API key", instead);
  return token;
}

async function byBrowser(baseUrl: string, flags: LoginFlags, io: Io): Promise<Credential> {
  const waiting = progress(io);
  try {
    return await deviceLogin(baseUrl, flags.scopes?.split(","), io, async (device) => {
      const page = device.verification_uri_complete ?? device.verification_uri;
      say(io, `Open this page, and check that it shows the code ${device.user_code}:\n  ${page}`);
      if (flags.browser) await io.openPage(page);
      waiting.show("Waiting until you have approved it …");
    });
  } finally {
    waiting.end();
  }
}

async function login(flags: LoginFlags, io: Io): Promise<void> {
  const { name, baseUrl } = await whereIs(flags, io);
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === "http:" && !isLocal(hostname))
    say(io, `Careful: ${baseUrl} is not encrypted; whoever is on the way can read the credential.`);
  const credential = flags.withToken ? { token: await pasted(io) } : await byBrowser(baseUrl, flags, io);
  const who = await profileAt(baseUrl, credential.token, io);
  const { organization } = flags;
  const made = { url: baseUrl, ...(organization && { organization }), credential };
  await changeProfile(io, name, ({ listenSecret }) => ({ ...(listenSecret && { listenSecret }), ...made }), name);
  const whose = who ? ` as ${who.user.name} for ${who.organization.name}` : "";
  say(io, `Logged in${whose} (profile "${name}").`);
  if (io.env.REELMARK_TOKEN) say(io, "REELMARK_TOKEN is set, and is used instead.");
}

async function logout(flags: Globals, io: Io): Promise<void> {
  const { name, profile } = await placeOf(flags, io);
  const { credential, url } = profile;
  if (!credential || !url) return void say(io, `Profile "${name}" is not logged in.`);
  const isEnded = await revoke(url, credential, io);
  await changeProfile(io, name, ({ credential: _, ...rest }) => rest);
  if (isEnded) say(io, "Logged out.");
  else if (credential.refresh)
    say(io, "Forgotten here, but the server could not be told: end the session in the console.");
  else say(io, "Forgotten here. The key itself stays good: `reelmark api-keys revoke` ends it.");
  if (io.env.REELMARK_TOKEN) say(io, "REELMARK_TOKEN is still set, and is used.");
}

async function whoami(flags: Globals, io: Io): Promise<void> {
  const { api, baseUrl, name } = await openSession(flags, io);
  const who = await api.getProfile({ signal: io.signal });
  io.stdout.write(shown({ profile: name, server: baseUrl, ...who }, formatOf(flags.output, io), [], io));
}

async function listProfiles(flags: Globals, io: Io): Promise<void> {
  const { current, profiles } = await readProfiles(io);
  const data = Object.entries(profiles).map(([name, { url, credential }]) => ({
    name,
    url: url ?? null,
    logged_in: credential !== undefined,
    current: name === current,
  }));
  io.stdout.write(shown({ data }, formatOf(flags.output, io), [], io));
}

async function existing(name: string, io: Io): Promise<void> {
  if (!(await readProfiles(io)).profiles[name])
    throw new UsageError(`There is no profile "${name}"`, "See `reelmark profiles list`.");
}

/** Adds the commands with which one begins, and those that keep profiles. */
export function addAccount(program: Commander, io: Io): void {
  const add = (name: string, about: string) => program.command(name).helpGroup("Getting started:").description(about);
  add("init", "Set up the command line: where your server is, then a login").action((_, made: Commander) =>
    init(made.optsWithGlobals<Globals>(), io),
  );
  add("login", "Log in, in the browser (RFC 8628) or with an API key")
    .option("--scopes <a,b>", "Ask for these scopes alone, instead of all")
    .option("--with-token", "Take an API key, from standard input or as you type it")
    .option("--no-browser", "Only print the address")
    .action((_, made: Commander) => login(made.optsWithGlobals<LoginFlags>(), io));
  add("logout", "End the login, here and at the server").action((_, made: Commander) =>
    logout(made.optsWithGlobals<Globals>(), io),
  );
  add("whoami", "Show who you are, for which organization, and what you may do").action((_, made: Commander) =>
    whoami(made.optsWithGlobals<Globals>(), io),
  );
  const profiles = add("profiles", "Several servers or organizations side by side")
    .summary("list, use, remove")
    .helpCommand(false);
  profiles
    .command("list")
    .description("List the profiles")
    .action((_, made: Commander) => listProfiles(made.optsWithGlobals<Globals>(), io));
  profiles
    .command("use <name>")
    .description("Use this profile from now on")
    .action(async (name: string) => {
      await existing(name, io);
      await changeProfile(io, name, (held) => held, name);
    });
  profiles
    .command("remove <name>")
    .description("Forget a profile and its credential")
    .action(async (name: string) => {
      await existing(name, io);
      await changeProfile(io, name, () => undefined);
    });
}
