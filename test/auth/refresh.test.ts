import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { comparable, query, send, settle, times } from "../setup/support.ts";

let reelmark: TestApp;
beforeAll(async () => {
  reelmark = await openTestApp();
});
afterAll(() => reelmark.close());

const refresh = (refresh_token: string) => reelmark.api().refreshSession({ body: { refresh_token } });
const profile = (token: string) => reelmark.api(token).getProfile();
const NEVER_ISSUED = `rmr_${"A".repeat(43)}`;

test("200 gives the next pair each time, of the same session", async () => {
  const { token, refreshToken, userId, organizationId } = await freshOrganization(reelmark);
  const before = await profile(token);
  let current = refreshToken;
  const seen = new Set([current]);
  for (let i = 0; i < 4; i++) {
    const next = await refresh(current);
    expect(next).toMatchObject({ user: { id: userId }, organization: { id: organizationId }, token_type: "Bearer" });
    const { credential } = await profile(next.access_token);
    expect(credential.id).toBe(before.credential.id);
    current = next.refresh_token;
    seen.add(current);
  }
  expect(seen.size).toBe(5);
});

test("401 on a token that was used, and the whole family has ended; other sessions of the user go on", async () => {
  const { email, password, token, refreshToken } = await freshOrganization(reelmark);
  const other = await reelmark.api().login({ body: { email, password } });
  const next = await refresh(refreshToken);
  await expect(profile(next.access_token)).resolves.toBeDefined();

  await expect(refresh(refreshToken)).rejects.toMatchObject({ status: 401, code: "UNAUTHORIZED" });

  await expect(profile(next.access_token)).rejects.toMatchObject({ status: 401 });
  await expect(profile(token)).rejects.toMatchObject({ status: 401 });
  await expect(refresh(next.refresh_token)).rejects.toMatchObject({ status: 401 });
  await expect(profile(other.access_token)).resolves.toBeDefined();
  await expect(refresh(other.refresh_token)).resolves.toBeDefined();
});

test("200 for exactly one of several at once with one token; it was used twice, so the family has ended", async () => {
  for (const n of [2, 6]) {
    const { refreshToken } = await freshOrganization(reelmark);
    const { good, refused } = await settle(times(n, () => refresh(refreshToken)));
    expect(good).toHaveLength(1);
    expect(refused.map((error) => error.status)).toEqual(Array(n - 1).fill(401));
    for (const { access_token, refresh_token } of good) {
      await expect(profile(access_token)).rejects.toMatchObject({ status: 401 });
      await expect(refresh(refresh_token)).rejects.toMatchObject({ status: 401 });
    }
  }
});

test("401 with one answer for a token never issued, used, of an ended and of an expired session", async () => {
  const attempt = (refresh_token: string) =>
    send(reelmark, "POST", "/v1/auth/refresh", { body: { refresh_token } }).then(comparable);
  const [used, ended, expired] = await Promise.all(times(3, () => freshOrganization(reelmark)));
  await refresh(used?.refreshToken ?? "");
  await ended?.api.logout();
  await query(reelmark.databaseUrl, "update sessions set expires_at = now() - interval '1 second' where user_id = $1", [
    expired?.userId,
  ]);
  const unknown = await attempt(NEVER_ISSUED);
  expect(unknown).toMatchObject({ status: 401, headers: { "www-authenticate": 'Bearer error="invalid_token"' } });
  for (const one of [used, ended, expired]) expect(await attempt(one?.refreshToken ?? "")).toEqual(unknown);
});

test("400 for what cannot be a refresh token, an access token among it", async () => {
  const { token } = await freshOrganization(reelmark);
  for (const refresh_token of [token, "", "rmr_", `${NEVER_ISSUED}A`]) {
    await expect(refresh(refresh_token)).rejects.toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  }
});

test("200 moves the session's end on: it ends unused, not at a date fixed at log-in", async () => {
  const { userId, refreshToken } = await freshOrganization(reelmark);
  await query(reelmark.databaseUrl, "update sessions set expires_at = now() + interval '1 minute' where user_id = $1", [
    userId,
  ]);
  const next = await refresh(refreshToken);
  const days = (Date.parse(next.refresh_expires_at) - Date.now()) / 86_400_000;
  expect(days).toBeGreaterThan(29);
  expect(days).toBeLessThan(31);
});

test("200 without an organization when the user is a member of none any more", async () => {
  const { userId, refreshToken } = await freshOrganization(reelmark);
  await query(reelmark.databaseUrl, "delete from memberships where user_id = $1", [userId]);
  await expect(refresh(refreshToken)).resolves.toMatchObject({ organization: null, user: { id: userId } });
});
