import { mkdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { UsageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** Whoever held a lock for this many milliseconds has died: what is done under one is a request, or a small file. */
const DEAD = 30_000;

/** Does `work` while no other process of this user does what has the same name. */
export async function alone<T>(io: Io, name: string, work: () => Promise<T>): Promise<T> {
  const refuse = ({ message }: Error) => {
    throw new UsageError(
      `${io.folder} cannot be written: ${message}`,
      "Name another folder in REELMARK_CONFIG_DIR, or give the credential in REELMARK_TOKEN.",
    );
  };
  await mkdir(io.folder, { recursive: true, mode: 0o700 }).catch(refuse);
  const lock = path.join(io.folder, `${name}.lock`);
  const isOurs = () =>
    mkdir(lock).then(
      () => true,
      (error: NodeJS.ErrnoException) => (error.code === "EEXIST" ? false : refuse(error)),
    );
  while (!(await isOurs())) {
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > DEAD) await rm(lock, { recursive: true, force: true });
    else await pause(20 + 80 * Math.random(), undefined, { signal: io.signal });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}
