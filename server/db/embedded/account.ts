import fs from "node:fs";
import path from "node:path";
import { EmbeddedPostgresError } from "./errors.ts";
import type { DataPaths } from "./paths.ts";

/** The operating system's user that PostgreSQL runs as. */
export type Account = { name: string; uid: number; gid: number };

/**
 * Whom to run PostgreSQL as: undefined (as ourselves) unless we are root, which PostgreSQL refuses. Then the owner of
 * the cluster or of the data folder where that is an ordinary user, else `postgres`, else `nobody`. Users are never
 * created. Throws ACCOUNT_MISSING.
 */
export function serviceAccount(paths: DataPaths): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = readAccounts();
  for (const folder of [paths.cluster, paths.root]) {
    const owner = fs.statSync(folder, { throwIfNoEntry: false });
    if (!owner || owner.uid === 0) continue;
    const known = accounts.find((account) => account.uid === owner.uid);
    // Only initdb needs the user to have a name; a cluster that exists runs under a bare uid too.
    if (known || folder === paths.cluster) return known ?? { name: `uid ${owner.uid}`, uid: owner.uid, gid: owner.gid };
  }
  const account = ["postgres", "_postgres", "nobody"]
    .map((name) => accounts.find((a) => a.name === name))
    .find(Boolean);
  if (account) return account;
  throw new EmbeddedPostgresError(
    "ACCOUNT_MISSING",
    "PostgreSQL refuses to run as root, and this machine has neither a user named postgres nor one named nobody to run it as. Start Reelmark as an ordinary user, or use a PostgreSQL of your own with DATABASE_URL.",
  );
}

/** Gives a folder and all in it to the account, without following links. Does nothing without an account. */
export function giveTo(account: Account | undefined, folder: string): void {
  if (!account) return;
  fs.lchownSync(folder, account.uid, account.gid);
  if (!fs.lstatSync(folder).isDirectory()) return;
  for (const name of fs.readdirSync(folder)) giveTo(account, path.join(folder, name));
}

function readAccounts(): Account[] {
  const text = fs.existsSync("/etc/passwd") ? fs.readFileSync("/etc/passwd", "utf8") : "";
  return text.split("\n").flatMap((line) => {
    const [name, , uid, gid] = line.split(":");
    // `>>> 0`: macOS writes the ids of nobody as -2.
    return name && uid && gid && Number(uid) !== 0 ? [{ name, uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 }] : [];
  });
}
