import { chmod, mkdir, open, readFile, rename, stat } from "node:fs/promises";
import path from "node:path";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";
import { alone } from "./lock.ts";

/** Tokens of a login, or an API key alone. */
export type Credential = {
  readonly token: string;
  /** Of a login: what renews it, and until when it is good, in Unix milliseconds. */
  readonly refresh?: string;
  readonly until?: number;
};

export type Profile = {
  readonly url?: string;
  readonly organization?: string;
  readonly credential?: Credential;
  /** What `reelmark listen` signs with. */
  readonly listenSecret?: string;
};
export type Profiles = { readonly current: string; readonly profiles: Readonly<Record<string, Profile>> };

const EMPTY: Profiles = { current: "default", profiles: {} };

const fileIn = (io: Io) => path.join(io.folder, "profiles.json");

/** All profiles. Throws UsageError where the file is no longer what was written. */
export async function readProfiles(io: Io): Promise<Profiles> {
  const file = fileIn(io);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new UsageError(`${file} cannot be read: ${error.message}`);
  });
  if (text === undefined) return EMPTY;
  // Nobody else may read it; whoever copied it here may have widened that. A mounted secret cannot be changed, and is read.
  if (process.platform !== "win32" && ((await stat(file)).mode & 0o077) !== 0)
    await chmod(file, 0o600).catch(() => undefined);
  try {
    const held = JSON.parse(text) as Partial<Profiles>;
    return { current: held.current ?? "default", profiles: Object.assign(Object.create(null), held.profiles) };
  } catch {
    throw new UsageError(`${file} is damaged`, "Delete it, then log in again.");
  }
}

/** Writes all profiles, whole or not at all: to a file of 0600 in a folder of 0700, renamed over the former one. */
async function writeProfiles(profiles: Profiles, io: Io): Promise<void> {
  await mkdir(io.folder, { recursive: true, mode: 0o700 });
  const file = fileIn(io);
  const fresh = `${file}.${process.pid}.${Math.floor(io.timing.random() * 1e9)}`;
  const handle = await open(fresh, "wx", 0o600);
  try {
    await handle.writeFile(`${JSON.stringify(profiles, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}

/** Changes one profile; `undefined` removes it. It is read anew, and no other process writes meanwhile. */
export async function changeProfile(
  io: Io,
  name: string,
  change: (profile: Profile) => Profile | undefined,
  current?: string,
): Promise<void> {
  if (!/^[\w.-]{1,64}$/.test(name) || name === "__proto__")
    throw new UsageError(`"${name}" cannot name a profile`, "Take letters, digits, dots and dashes.");
  await alone(io, "profiles", async () => {
    const held = await readProfiles(io);
    const profiles = { ...held.profiles };
    const made = change(profiles[name] ?? {});
    if (made) profiles[name] = made;
    else delete profiles[name];
    await writeProfiles({ current: current ?? held.current, profiles }, io);
  });
}
