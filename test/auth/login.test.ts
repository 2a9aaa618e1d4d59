import { createHook } from "node:async_hooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { passwordHasher } from "../../server/auth/passwords.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, query, send, settle, times } from "../setup/support.ts";

let reelmark: TestApp;
let address: string | undefined;
/** Holds the next transaction up: what a request does between its two steps is done by then. */
let beforeNextTransaction: (() => Promise<void>) | undefined;
let unique = 0;
const elsewhere = () => `10.9.${(++unique >> 8) & 255}.${unique & 255}`;

beforeAll(async () => {
  reelmark = await openTestApp({
    passwordCost: "full", // what is hashed at once, and how long it takes, is looked at
    address: () => address ?? elsewhere(),
    backend: (real) => ({
      ...real,
      async transaction(principal, work) {
        const wait = beforeNextTransaction;
        beforeNextTransaction = undefined;
        await wait?.();
        return real.transaction(principal, work);
      },
    }),
  });
});
afterAll(() => reelmark.close());

const login = (email: string, password: string) => reelmark.api().login({ body: { email, password } });
const unknown = () => `nobody-${++unique}@reelmark.example`;

/** Lets the windows of all failures end, by the database's clock. */
const endWindows = () => query(reelmark.databaseUrl, "update login_failures set window_ends = now()");

/** The answer to a request with how many password hashes it took, seen at the runtime's own job queue. */
async function hashesDuring<T>(work: () => Promise<T>): Promise<{ result: T; hashes: number }> {
  let hashes = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === "ARGON2REQUEST") hashes++;
    },
  }).enable();
  try {
    return { result: await work(), hashes };
  } finally {
    hook.disable();
  }
}

describe("the right password", () => {
  test("200 in any case of the address, with a session that works", async () => {
    const { email, password, organizationId, userId } = await freshOrganization(reelmark);
    const session = await login(email.toUpperCase(), password);
    expect(session).toMatchObject({ user: { id: userId, email }, organization: { id: organizationId } });
    await expect(reelmark.api(session.access_token).getProfile()).resolves.toMatchObject({ user: { id: userId } });
  });

  test("200 for the same password in another Unicode form", async () => {
    const email = unknown();
    const composed = "ünïcödé pässwörd".normalize("NFC");
    const body = { email, password: composed, name: "Zoë", organization_name: "Zoë" };
    await reelmark.api().signUp({ body });
    await expect(login(email, composed.normalize("NFD"))).resolves.toMatchObject({ user: { email } });
  });

  test("200 without an organization for a user who is a member of none any more", async () => {
    const { email, password, userId } = await freshOrganization(reelmark);
    await query(reelmark.databaseUrl, "delete from memberships where user_id = $1", [userId]);
    await expect(login(email, password)).resolves.toMatchObject({ organization: null, user: { id: userId } });
  });
});

describe("the wrong password", () => {
  test("401 with the same answer and the same work for a wrong password and an unknown address", async () => {
    const { email } = await freshOrganization(reelmark);
    const attempt = (who: string) =>
      hashesDuring(() =>
        send(reelmark, "POST", "/v1/auth/login", { body: { email: who, password: "not the password" } }),
      );
    const [wrong, nobody] = [await attempt(email), await attempt(unknown())];
    expect(wrong.result.status).toBe(401);
    expect(comparable(nobody.result)).toEqual(comparable(wrong.result));
    expect({ wrong: wrong.hashes, nobody: nobody.hashes }).toEqual({ wrong: 1, nobody: 1 });
  });

  test("429 after 10 failures of an account, from any address and with the right password, until the window ends", async () => {
    const { email, password } = await freshOrganization(reelmark);
    for (let i = 0; i < 10; i++) await expect(login(email, "wrong")).rejects.toMatchObject({ status: 401 });
    const { result, hashes } = await hashesDuring(() =>
      send(reelmark, "POST", "/v1/auth/login", { body: { email: email.toUpperCase(), password } }),
    );
    expect(result).toMatchObject({ status: 429, body: { error: { code: "RATE_LIMITED" } } });
    expect(hashes, "a closed account costs no hash").toBe(0);
    const wait = Number(result.headers.get("retry-after"));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(15 * 60);
    await endWindows();
    await expect(login(email, password)).resolves.toMatchObject({ user: { email } });
  });

  test("429 after 10 failures of an address that has no account, as if it had one", async () => {
    const email = unknown();
    for (let i = 0; i < 10; i++) await expect(login(email, "wrong")).rejects.toMatchObject({ status: 401 });
    await expect(login(email, "wrong")).rejects.toMatchObject({ status: 429, code: "RATE_LIMITED" });
  });

  test("401 for exactly 10 of 24 guesses at once, and 429 for the rest", async () => {
    const { email } = await freshOrganization(reelmark);
    const { refused } = await settle(times(24, () => login(email, "wrong")));
    const count = (status: number) => refused.filter((error) => error.status === status).length;
    expect({ wrong: count(401), waiting: count(429) }).toEqual({ wrong: 10, waiting: 14 });
  });

  test("429 for the right guess too, when ten wrong ones failed while it was hashing", async () => {
    const { email, password } = await freshOrganization(reelmark);
    const [hashed, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    beforeNextTransaction = () => {
      hashed.resolve();
      return go.promise;
    };
    const right = settle([login(email, password)]);
    await hashed.promise;
    for (let i = 0; i < 10; i++) await expect(login(email, "wrong")).rejects.toMatchObject({ status: 401 });
    go.resolve();
    expect((await right).refused.map(({ status }) => status)).toEqual([429]);
  });

  test("429 for an address that failed with many accounts, its IPv6 neighbours too, and for nobody else", async () => {
    const { email, password } = await freshOrganization(reelmark);
    address = "2001:db8:7:7::1";
    try {
      await expect(login(unknown(), "wrong")).rejects.toMatchObject({ status: 401 });
      await query(reelmark.databaseUrl, "update login_failures set count = 50 where key = 'address:2001:db8:7:7::/64'");
      address = "2001:db8:7:7:ffff::2";
      await expect(login(email, password)).rejects.toMatchObject({ status: 429 });
      address = "2001:db8:7:8::1";
      await expect(login(email, password)).resolves.toMatchObject({ user: { email } });
    } finally {
      address = undefined;
    }
  });

  test("401 and not 429 after a success: it forgets the account's failures", async () => {
    const { email, password } = await freshOrganization(reelmark);
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 9; i++) await expect(login(email, "wrong")).rejects.toMatchObject({ status: 401 });
      await login(email, password);
    }
  });

  test("429 failures are kept without the address that was tried", async () => {
    const email = unknown();
    await expect(login(email, "wrong")).rejects.toMatchObject({ status: 401 });
    const rows = await query<{ key: string }>(reelmark.databaseUrl, "select key from login_failures");
    expect(rows.some(({ key }) => key.includes(email))).toBe(false);
  });
});

describe("more log-ins than the server can hash", () => {
  test("503 with Retry-After when the queue is full, and 401 again when it has emptied", async () => {
    const { refused } = await settle(times(100, () => login(unknown(), "wrong")));
    const full = refused.filter((error) => error.status === 503);
    expect(full.length).toBeGreaterThan(0);
    expect(full[0]?.response.headers.get("retry-after")).toBe("2");
    expect(refused.filter((error) => error.status === 401)).toHaveLength(100 - full.length);
    await expect(login(unknown(), "wrong")).rejects.toMatchObject({ status: 401 });
  });

  test("503 for whoever comes beyond those that hash and those that wait, exactly", async () => {
    const passwords = await passwordHasher(2, 3);
    const results = await Promise.allSettled(times(8, () => passwords.verify("x", undefined)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
    const refused = results.filter((result) => result.status === "rejected");
    expect(refused.map(({ reason }) => reason.code)).toEqual(Array(3).fill("SERVICE_UNAVAILABLE"));
    await expect(passwords.verify("x", undefined)).resolves.toBe(false);
  });
});
