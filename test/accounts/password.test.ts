import { afterAll, beforeAll, expect, test } from "vitest";
import { newAddress, sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { type Mailbox, openMailbox, tokenIn } from "./mailbox.ts";

let mailbox: Mailbox;
let reelmark: TestApp;
beforeAll(async () => {
  mailbox = await openMailbox();
  reelmark = await openTestApp({ role: "all", env: { SMTP_URL: mailbox.url } });
});
afterAll(async () => {
  await reelmark.close();
  await mailbox.close();
});

const NEW = "a new and longer passphrase";
const dead = { status: 401, code: "UNAUTHORIZED" };
const login = (email: string, password: string) => reelmark.api().login({ body: { email, password } });

/** A user, with the mail of the sign-up out of the way. */
async function user() {
  const made = await freshOrganization(reelmark);
  await mailbox.next(made.email);
  return made;
}

async function resetToken(email: string): Promise<string> {
  await reelmark.api().requestPasswordReset({ body: { email } });
  const mail = await mailbox.next(email.toLowerCase());
  expect(mail.subject).toBe("Reset your password");
  return tokenIn(mail.text);
}

/** An answer but for what differs from request to request. */
async function answer(email: string) {
  const { response, error } = await reelmark.api().POST("/v1/auth/password-reset/request", { body: { email } });
  const headers = [...response.headers].filter(([name]) => !/^(x-request-id|x-ratelimit-)/.test(name));
  return { status: response.status, headers, code: error?.error.code, message: error?.error.message };
}

test("204 resets a forgotten password: old password and all sessions are dead, the new one works, the address is verified", async () => {
  const { api, email, password, refreshToken } = await user();
  const second = await login(email, password);
  await reelmark.api().resetPassword({ body: { token: await resetToken(email.toUpperCase()), password: NEW } });
  for (const session of [api, reelmark.api(second.access_token)]) {
    await expect(session.getProfile()).rejects.toMatchObject(dead);
  }
  await expect(reelmark.api().refreshSession({ body: { refresh_token: refreshToken } })).rejects.toMatchObject(dead);
  await expect(login(email, password)).rejects.toMatchObject(dead);
  await expect(login(email, NEW)).resolves.toMatchObject({ user: { email, email_verified: true } });
});

test("401 for a token that was used, is over, is of an older mail, or is for a verification; the password stays", async () => {
  const { email, password } = await freshOrganization(reelmark);
  const verify = await mailbox.token(email);
  const older = await resetToken(email);
  const over = await resetToken(email);
  await sql(reelmark, "update mail_tokens set expires_at = now() where email = $1 and purpose = 'reset'", [email]);
  for (const token of [verify, older, over]) {
    await expect(reelmark.api().resetPassword({ body: { token, password: NEW } })).rejects.toMatchObject(dead);
  }
  await expect(login(email, password)).resolves.toBeDefined();
  const good = await resetToken(email);
  const uses = [1, 2, 3].map(() => reelmark.api().resetPassword({ body: { token: good, password: NEW } }));
  const results = await Promise.allSettled(uses);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("the same answer for a known and an unknown address, also when the cap of 5 an hour is reached: 429", async () => {
  const { email } = await user();
  const unknown = newAddress("nobody");
  for (let n = 0; n < 5; n++) {
    const known = await answer(email);
    expect(known).toMatchObject({ status: 204 });
    expect(await answer(unknown)).toEqual(known);
  }
  const capped = await answer(email);
  expect(capped).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  const { headers: _one, ...known } = capped;
  const { headers: _two, ...other } = await answer(unknown.toUpperCase());
  expect(other).toEqual(known);
  await expect(sql(reelmark, "select 1 from mail_tokens where email = $1", [unknown])).resolves.toHaveLength(0);
});

test("5 of many reset mails asked for at once are sent, for a known and an unknown address", async () => {
  const { email } = await user();
  for (const address of [email, newAddress("nobody")]) {
    const statuses = await Promise.all(Array.from({ length: 9 }, async () => (await answer(address)).status));
    expect(statuses.filter((status) => status === 204)).toHaveLength(5);
  }
});

test("204 changes the password: other sessions end, this one stays", async () => {
  const { api, email, password, refreshToken } = await user();
  const other = await login(email, password);
  await api.changePassword({ body: { current_password: password, new_password: NEW } });
  await expect(api.getProfile()).resolves.toMatchObject({ user: { email } });
  await expect(reelmark.api(other.access_token).getProfile()).rejects.toMatchObject(dead);
  const refresh = reelmark.api().refreshSession({ body: { refresh_token: other.refresh_token } });
  await expect(refresh).rejects.toMatchObject(dead);
  await expect(reelmark.api().refreshSession({ body: { refresh_token: refreshToken } })).resolves.toBeDefined();
  await expect(login(email, password)).rejects.toMatchObject(dead);
  await expect(login(email, NEW)).resolves.toBeDefined();
});

test("403 for a wrong present password, which counts with failed log-ins: 429 after 10, for the right one too", async () => {
  const { api, email, password } = await user();
  const change = (current_password: string) =>
    api.changePassword({ body: { current_password, new_password: NEW } }).then(
      () => 204,
      ({ status }: { status: number }) => status,
    );
  // 10 a minute are counted by session; two more come from the log-in.
  for (let n = 0; n < 8; n++) expect(await change("not the password")).toBe(403);
  for (let n = 0; n < 2; n++) await expect(login(email, "not the password")).rejects.toMatchObject(dead);
  expect(await change(password)).toBe(429);
  await expect(login(email, password)).rejects.toMatchObject({ status: 429, code: "RATE_LIMITED" });
});
