import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, type JSONWebKeySet, jwtVerify, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openApp } from "../../server/app.ts";
import { readConfig } from "../../server/config.ts";
import { unseal } from "../../server/kit/seal.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { query, send } from "../setup/support.ts";

const KEYS = [{ id: "test", key: Buffer.alloc(32, 7) }];

let reelmark: TestApp;
let owner: TestOrganization;
/** The server's own private key, opened as only it can: with it, a token differs from a good one in one thing alone. */
let own: { kid: string; key: KeyObject };

type Sealed = { kid: string; private_sealed: string };
beforeAll(async () => {
  reelmark = await openTestApp();
  owner = await freshOrganization(reelmark);
  const [row] = await query<Sealed>(reelmark.databaseUrl, "select kid, private_sealed from signing_keys");
  if (!row) throw new Error("There is no signing key");
  own = { kid: row.kid, key: createPrivateKey(unseal(KEYS, `signing-key ${row.kid}`, row.private_sealed)) };
});
afterAll(() => reelmark.close());

const profile = (token: string) => send(reelmark, "GET", "/v1/profile", { token });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

type Changes = { header?: Record<string, unknown>; claims?: Record<string, unknown>; key?: KeyObject };

/** A token as the server makes them, but for `changes`. */
function forge({ header = {}, claims = {}, key = own.key }: Changes): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: PUBLIC_URL, aud: PUBLIC_URL, sub: owner.userId, sid: decodeJwt(owner.token).sid };
  return new SignJWT({ ...good, iat: now, exp: now + 60, jti: randomUUID(), ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: own.kid, typ: "at+jwt", ...header })
    .sign(key);
}

test("200 for a token made with the server's key and nothing changed: what the refusals below differ from", async () => {
  expect(await profile(await forge({}))).toMatchObject({ status: 200 });
});

describe("401, never 500", () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  test.each<[string, Changes]>([
    ["of another issuer", { claims: { iss: "https://elsewhere.example" } }],
    ["of no issuer", { claims: { iss: undefined } }],
    ["for another audience", { claims: { aud: "https://elsewhere.example" } }],
    ["for no audience", { claims: { aud: undefined } }],
    ["of another type", { header: { typ: "JWT" } }],
    ["of no type", { header: { typ: undefined } }],
    ["that has ended", { claims: { iat: past - 900, exp: past } }],
    ["without an end", { claims: { exp: undefined } }],
    ["that begins later", { claims: { nbf: past + 7200 } }],
    ["of no session", { claims: { sid: undefined } }],
    ["of a session that is a number", { claims: { sid: 7 } }],
    ["of a session that never was", { claims: { sid: "ses_00000000000000000000000000" } }],
    ["with a key id unknown", { header: { kid: randomUUID() } }],
    ["with a key id that is a path", { header: { kid: "../../etc/passwd" } }],
    ["without a key id", { header: { kid: undefined } }],
  ])("for a token %s", async (_what, changes) => {
    const refused = await profile(await forge(changes));
    expect(refused).toMatchObject({ status: 401, body: { error: { code: "UNAUTHORIZED" } } });
    expect(refused.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
  });

  test("for a token signed with another key under the same key id", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    expect(await profile(await forge({ key: privateKey }))).toMatchObject({ status: 401 });
  });

  test("for alg none, and for the public key used as an HMAC secret", async () => {
    const [, payload = ""] = owner.token.split(".");
    const header = { kid: own.kid, typ: "at+jwt" };
    expect(await profile(`${encode({ ...header, alg: "none" })}.${payload}.`)).toMatchObject({ status: 401 });
    const jwks = await reelmark.fetch(new Request(`${PUBLIC_URL}/.well-known/jwks.json`));
    const { keys } = (await jwks.json()) as JSONWebKeySet;
    const secret = Buffer.from(String(keys[0]?.x), "base64url");
    const confused = await new SignJWT(decodeJwt(owner.token))
      .setProtectedHeader({ ...header, alg: "HS256" })
      .sign(secret);
    expect(await profile(confused)).toMatchObject({ status: 401 });
  });

  test("for a good token with any part changed, and for what only looks like a token", async () => {
    const [header = "", payload = "", signature = ""] = owner.token.split(".");
    const other = encode({ ...decodeJwt(owner.token), sub: "usr_00000000000000000000000000" });
    const flipped = `${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    const critical = encode({ ...decodeProtectedHeader(owner.token), crit: ["b64"], b64: false });
    const bad = [
      [header, other, signature],
      [header, payload, flipped],
      [header, payload, ""],
      [header, payload, "%%%"],
      [critical, payload, signature],
      [encode([]), payload, signature],
      [encode(null), encode(null), "AAAA"],
      ["", "", ""],
      ["a", "b", "c"],
      [encode({ alg: "EdDSA", kid: 7, typ: "at+jwt" }), payload, signature],
    ];
    for (const parts of bad) expect(await profile(parts.join(".")), parts.join(".")).toMatchObject({ status: 401 });
  });
});

describe("the signing key", () => {
  test("200 at /.well-known/jwks.json: public parts alone, with which anybody verifies a token", async () => {
    const response = await reelmark.fetch(new Request(`${PUBLIC_URL}/.well-known/jwks.json`));
    expect(response.status).toBe(200);
    const jwks = (await response.json()) as JSONWebKeySet;
    for (const key of jwks.keys) expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x"]);
    const verified = await jwtVerify(owner.token, createLocalJWKSet(jwks), {
      issuer: PUBLIC_URL,
      audience: PUBLIC_URL,
      typ: "at+jwt",
    });
    expect(verified.payload.sub).toBe(owner.userId);
  });

  test("is sealed in its table: no part of it opens without the server's encryption key", async () => {
    const [row] = await query<Sealed>(reelmark.databaseUrl, "select kid, private_sealed from signing_keys");
    const sealed = row?.private_sealed ?? "";
    const [, , nonce = "", tag = "", text = ""] = sealed.split(".");
    for (const part of [nonce, tag, text]) {
      expect(Buffer.from(part, "base64url").toString("latin1")).not.toContain("PRIVATE KEY");
    }
    expect(sealed).not.toContain("PRIVATE KEY");
    const all = await query<{ row: string }>(reelmark.databaseUrl, "select s::text as row from signing_keys s");
    expect(JSON.stringify(all)).not.toMatch(/PRIVATE KEY|"d":/);
    expect(() => unseal(KEYS, "signing-key of another row", sealed)).toThrow();
  });

  test("401 for its tokens once it is retired and read again", async () => {
    const app = await openTestApp();
    try {
      const { token } = await freshOrganization(app);
      await query(app.databaseUrl, "update signing_keys set retired_at = now()");
      const restarted = await openTestApp({ databaseUrl: app.databaseUrl });
      expect(await send(restarted, "GET", "/v1/profile", { token })).toMatchObject({ status: 401 });
      await expect(freshOrganization(restarted)).resolves.toBeDefined();
      await restarted.close();
    } finally {
      await app.close();
    }
  });

  const start = (keys: typeof KEYS) =>
    openApp({
      config: readConfig({}),
      databaseUrl: reelmark.databaseUrl,
      publicUrl: PUBLIC_URL,
      encryptionKeys: keys,
      log: { info() {}, warn() {}, error() {} },
    });

  test("a start with another ENCRYPTION_KEY is refused with a sentence that says what to set", async () => {
    const other = Buffer.alloc(32, 8);
    await expect(start([{ id: "new", key: other }])).rejects.toThrow(
      /ENCRYPTION_KEY lacks the key "test".* Set ENCRYPTION_KEY/,
    );
    await expect(start([{ id: "test", key: other }])).rejects.toThrow(/"test" is not the one.* Set ENCRYPTION_KEY/);
  });

  test("a start with a new ENCRYPTION_KEY before the old one goes on: 200 for tokens of before", async () => {
    const app = await start([{ id: "new", key: Buffer.alloc(32, 8) }, ...KEYS]);
    const headers = { authorization: `Bearer ${owner.token}` };
    const response = await app.fetch(new Request(`${PUBLIC_URL}/api/v1/profile`, { headers }));
    expect(response.status).toBe(200);
    await app.close();
  });
});
