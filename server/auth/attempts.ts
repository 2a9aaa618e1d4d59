import { hash } from "node:crypto";
import { ApiError } from "../../spec/kit/errors.ts";
import type { Ctx } from "../context.ts";
import type { Db } from "../kit/postgres/db.ts";
import { addressKey } from "../kit/request.ts";
import { COUNT_FAILURE, FAILURES, FORGET_FAILURES } from "./sql.ts";

/** Failed log-ins allowed in a window, by account (known or not) and by address; the window in seconds. */
const ATTEMPTS = { account: 10, address: 50, windowSeconds: 15 * 60 } as const;
/** Mails asked for an address in a window, whether it has an account or not. */
const MAILS = { account: 5, windowSeconds: 60 * 60 } as const;

// Hashed: the table must not become a list of who tried to log in.
const accountKey = (email: string) => `account:${hash("sha256", email, "base64url")}`;
const mailKey = (email: string) => `mail:${hash("sha256", email, "base64url")}`;
const originKey = (address: string) => `address:${addressKey(address)}`;

function tooMany(seconds: number, what = "failed log-ins"): ApiError {
  return new ApiError("RATE_LIMITED", `Too many ${what}: try again in ${Math.ceil(seconds / 60)} minutes`, {
    details: { retry_after: seconds },
    headers: { "Retry-After": String(seconds) },
  });
}

/** Throws 429 when the account or the address has failed too often; the same for accounts that do not exist. */
export async function checkAttempts(db: Db, email: string, address: string): Promise<void> {
  const account = await db.one<{ wait: number | null }>(FAILURES, [[accountKey(email)], ATTEMPTS.account]);
  const origin = await db.one<{ wait: number | null }>(FAILURES, [[originKey(address)], ATTEMPTS.address]);
  const wait = Math.max(account?.wait ?? 0, origin?.wait ?? 0);
  if (wait > 0) throw tooMany(wait);
}

/**
 * Counts a failed log-in; the caller refuses, so that the count is kept. Returns the 429 of one that came beyond the limit
 * because it was checked while others were still hashing: their guesses must not be answered either.
 */
export async function countAttempt({ db, address }: Ctx, email: string): Promise<ApiError | undefined> {
  // The account before the address, always: two failures cannot wait for each other.
  let wait = 0;
  for (const [key, limit] of [
    [accountKey(email), ATTEMPTS.account],
    [originKey(address), ATTEMPTS.address],
  ] as const) {
    const row = await db.one<{ count: number; wait: number }>(COUNT_FAILURE, [key, ATTEMPTS.windowSeconds]);
    if (row && row.count > limit) wait = Math.max(wait, row.wait, 1);
  }
  return wait > 0 ? tooMany(wait) : undefined;
}

/** Forgets an account's failures once its password was right. The address keeps its own. */
export const forgetAttempts = ({ db }: Ctx, email: string) => db.run(FORGET_FAILURES, [accountKey(email)]);

/**
 * Counts a mail that is asked for. Throws 429 when there were too many for this address, with an account or without.
 * Counted before it is checked: the count's row is held, so that of many requests at once no more get through.
 */
export async function takeMail({ db }: Ctx, email: string): Promise<void> {
  await db.run(COUNT_FAILURE, [mailKey(email), MAILS.windowSeconds]);
  const row = await db.one<{ wait: number | null }>(FAILURES, [[mailKey(email)], MAILS.account + 1]);
  if (row?.wait) throw tooMany(row.wait, "mails for this address");
}
