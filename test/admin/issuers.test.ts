import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { adminOn, query, recorded } from "./cli.ts";

const ISSUER = "https://id.reelmark.example";
const pair = generateKeyPairSync("ed25519");
const secret = randomBytes(32).toString("hex");

let reelmark: TestApp;
let admin: ReturnType<typeof adminOn>;
let jwks: http.Server;
let jwksUrl = "";
/** Clients may have the table of issuers read again only so often; the tests do not wait for it. */
let ahead = 0;

beforeAll(async () => {
  reelmark = await openTestApp({ clock: () => Date.now() + ahead });
  admin = adminOn(reelmark.databaseUrl);
  const keys = [{ ...pair.publicKey.export({ format: "jwk" }), kid: "k1", alg: "EdDSA", use: "sig" }];
  jwks = http.createServer((_request, response) => response.end(JSON.stringify({ keys }))).listen(0, "127.0.0.1");
  await once(jwks, "listening");
  jwksUrl = `http://127.0.0.1:${(jwks.address() as AddressInfo).port}/jwks.json`;
});
afterAll(async () => {
  jwks.close();
  await reelmark.close();
});

const token = (issuer: string, sub: string) =>
  new SignJWT({ name: "Ada" })
    .setIssuer(issuer)
    .setAudience("reelmark")
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime("5m");
const signed = (sub: string) =>
  token(ISSUER, sub).setProtectedHeader({ alg: "EdDSA", kid: "k1" }).sign(pair.privateKey);
const shared = (issuer: string, sub: string) =>
  token(issuer, sub).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(secret));
const organizations = async (sessionToken: string) => {
  ahead += 5_000;
  return (await reelmark.api(sessionToken).listOrganizations()).data;
};

test("issuers add has its tokens believed, and its users join the organization; issuers remove has them refused", async () => {
  const owner = await freshOrganization(reelmark);
  await expect(organizations(await signed("ada"))).rejects.toMatchObject({ status: 401 });

  const home = `--organization ${owner.organizationId} --role viewer`;
  const add = `issuers add --issuer ${ISSUER} --jwks-url ${jwksUrl} --algorithms EdDSA --audience reelmark ${home} --json`;
  const added = await admin(add);
  expect(added).toMatchObject({ code: 0, err: "" });
  const { id } = JSON.parse(added.out);
  expect(await organizations(await signed("ada"))).toMatchObject([{ id: owner.organizationId, role: "viewer" }]);

  const { issuers } = JSON.parse((await admin("issuers list --json")).out);
  expect(issuers).toMatchObject([
    { id, issuer: ISSUER, jwks_url: jwksUrl, org_id: owner.organizationId, role: "viewer" },
  ]);
  expect(await admin(add)).toMatchObject({ code: 1, err: expect.stringContaining("is there already") });

  expect(await admin(`issuers remove --issuer ${ISSUER}`)).toMatchObject({
    code: 2,
    err: expect.stringContaining("--yes"),
  });
  expect(await organizations(await signed("ada"))).toHaveLength(1);
  const removed = await admin(`issuers remove --issuer ${ISSUER} --yes --json`);
  expect(JSON.parse(removed.out)).toEqual({ id, issuer: ISSUER, users: 1 });
  await expect(organizations(await signed("ada"))).rejects.toMatchObject({ status: 401 });
  expect((await admin("issuers list")).out).toBe("Only this server's own tokens are believed.\n");

  const { data } = await owner.api.listAuditEvents({ query: { resource_id: id } });
  expect(data.map(({ operation }) => operation)).toEqual(["admin.issuers-remove", "admin.issuers-add"]);
});

test("a shared secret comes by standard input, and is nowhere to be read", async () => {
  const issuer = `${ISSUER}/shared`;
  const add = `issuers add --issuer ${issuer} --secret-stdin --algorithms HS256 --audience reelmark`;
  const added = await admin(add, { stdin: `${secret}\n` });
  expect(added).toMatchObject({ code: 0, err: "" });
  expect(await organizations(await shared(issuer, "tom"))).toEqual([]);

  const stored = await query(reelmark.databaseUrl, "select i::text as row from issuers i");
  const events = await query(reelmark.databaseUrl, "select e::text as row from audit_events e");
  const listed = await admin("issuers list --json");
  for (const text of [added.out, listed.out, JSON.stringify(stored), JSON.stringify(events)]) {
    expect(text).not.toContain(secret);
  }
  await admin(`issuers remove --issuer ${issuer} --yes`);
});

test.each([
  [
    "a secret too short for its algorithm",
    "--secret-stdin --algorithms HS256",
    "short",
    2,
    /HS256 needs a secret of 32/,
  ],
  [
    "a public key's algorithm with a secret",
    "--secret-stdin --algorithms RS256",
    secret,
    2,
    /does not go with a shared/,
  ],
  [
    "a secret's algorithm with keys",
    "--jwks-url https://a.example --algorithms HS256",
    "",
    2,
    /does not go with a JWKS/,
  ],
  ["no algorithm at all", "--jwks-url https://a.example --algorithms none", "", 2, /none does not go with a JWKS/],
  ["keys in a file", "--jwks-url file:///etc/passwd --algorithms ES256", "", 2, /http/],
  [
    "an organization that does not exist",
    "--jwks-url https://a.example --algorithms ES256 --organization org_00000000000000000000000000",
    "",
    1,
    /no organization org_0/,
  ],
])("issuers add refuses %s, and leaves nothing", async (_what, options, stdin, code, message) => {
  const before = await recorded(reelmark.databaseUrl);
  const run = await admin(`issuers add --issuer ${ISSUER}/bad --audience reelmark ${options}`, { stdin });
  expect(run).toMatchObject({ code, out: "", err: expect.stringMatching(message) });
  expect(await query(reelmark.databaseUrl, "select from issuers")).toEqual([]);
  expect(await recorded(reelmark.databaseUrl)).toEqual(before);
});

test("issuers add refuses to seal a secret with keys that are not the server's", async () => {
  const other = adminOn(reelmark.databaseUrl, [{ id: "other", key: randomBytes(32) }]);
  const add = `issuers add --issuer ${ISSUER}/other --secret-stdin --algorithms HS256 --audience reelmark`;
  const run = await other(add, { stdin: secret });
  expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/encryption key "test".*not among/) });
});

test("issuers remove fails for one that does not exist", async () => {
  const run = await admin("issuers remove --issuer https://nobody.example --yes");
  expect(run).toMatchObject({ code: 1, err: expect.stringMatching(/no issuer https:\/\/nobody.*issuers list/) });
});
