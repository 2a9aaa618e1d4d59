import { afterAll, beforeAll, expect, test } from "vitest";
import { PASSWORD, sql } from "../organizations/people.ts";
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

const dead = { status: 401, code: "UNAUTHORIZED" };

test("204 with the token of the sign-up mail, once", async () => {
  const { api, email } = await freshOrganization(reelmark);
  await expect(api.getProfile()).resolves.toMatchObject({ user: { email_verified: false } });
  const mail = await mailbox.next(email);
  expect(mail.subject).toBe("Verify your address");
  const token = tokenIn(mail.text);
  await reelmark.api().verifyEmail({ body: { token } });
  await expect(api.getProfile()).resolves.toMatchObject({ user: { email_verified: true } });
  await expect(reelmark.api().verifyEmail({ body: { token } })).rejects.toMatchObject(dead);
});

test("401 for a token of an older mail once there is a newer, one that is over, one for a reset, and an unknown one", async () => {
  const { api, email } = await freshOrganization(reelmark);
  const old = await mailbox.token(email);
  await api.requestEmailVerification();
  const late = await mailbox.token(email);
  await expect(reelmark.api().verifyEmail({ body: { token: old } })).rejects.toMatchObject(dead);
  await sql(reelmark, "update mail_tokens set expires_at = now() where email = $1", [email]);
  await expect(reelmark.api().verifyEmail({ body: { token: late } })).rejects.toMatchObject(dead);
  await reelmark.api().requestPasswordReset({ body: { email } });
  const reset = await mailbox.token(email);
  await expect(reelmark.api().verifyEmail({ body: { token: reset } })).rejects.toMatchObject(dead);
  const unknown = `rmm_${"x".repeat(43)}`;
  await expect(reelmark.api().verifyEmail({ body: { token: unknown } })).rejects.toMatchObject(dead);
  await expect(api.getProfile()).resolves.toMatchObject({ user: { email_verified: false } });
});

test("204 without a mail when the address is verified already", async () => {
  const { api, email } = await freshOrganization(reelmark);
  await reelmark.api().verifyEmail({ body: { token: await mailbox.token(email) } });
  await api.requestEmailVerification();
  const rows = await sql(reelmark, "select 1 from mail_tokens where email = $1 and used_at is null", [email]);
  expect(rows).toHaveLength(0);
});

test("one of many uses of a token at once wins", async () => {
  const { email } = await freshOrganization(reelmark);
  const token = await mailbox.token(email);
  const uses = Array.from({ length: 6 }, () => reelmark.api().verifyEmail({ body: { token } }));
  const results = await Promise.allSettled(uses);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("429 after 5 mails for an address, whichever session asks and however many at once", async () => {
  const { api, email } = await freshOrganization(reelmark);
  const sessions = [api];
  for (let n = 0; n < 3; n++) {
    const { access_token } = await reelmark.api().login({ body: { email, password: PASSWORD } });
    sessions.push(reelmark.api(access_token));
  }
  // 3 a minute and session, so that four sessions could ask for 12.
  const asked = sessions.flatMap((session) => [1, 2, 3].map(() => session.requestEmailVerification()));
  const results = await Promise.allSettled(asked);
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  for (const one of results) {
    if (one.status === "rejected") expect(one.reason).toMatchObject({ status: 429, code: "RATE_LIMITED" });
  }
});
