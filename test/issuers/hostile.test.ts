import { createPublicKey, type JsonWebKey } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, PUBLIC_URL } from "../setup/app.ts";
import { signedOdd } from "./hostile-claims.ts";
import { crossed, damaged, type Hostile, keyed, swapped, type Target, unsigned } from "./hostile-tokens.ts";
import { AUDIENCE, type IssuerProcess, openStage, type Stage, startIssuer } from "./issuer.ts";
import { newKey, type SigningKey, secretKey, tokenOf } from "./keys.ts";

const SECRET = "a shared secret of more than 32 bytes, as Supabase makes it";
const ISSUER = "https://login.example";
const SHARED = "https://project.supabase.example/auth/v1";
const es = newKey("ES256", "es");
const rs = newKey("RS256", "rs");
const secret = secretKey(SECRET);

let stage: Stage;
let issuer: IssuerProcess;
let targets: { jwks: Target; shared: Target; own: Target };

function external(name: string, url: string, key: SigningKey, publicKeys: Target["publicKeys"]): Target {
  const claims = (over?: object) => stage.claims(url, over);
  const header = { alg: key.alg, typ: "JWT", ...(key.kid ? { kid: key.kid } : {}) };
  return { name, issuer: url, audience: AUDIENCE, claims, key, header, publicKeys, good: tokenOf(claims(), key) };
}

/** Our own server: its tokens are seen, its private key is not. */
async function own(): Promise<Target> {
  const { token } = await freshOrganization(stage.reelmark);
  const [header, payload] = token
    .split(".", 2)
    .map((part) => JSON.parse(Buffer.from(part, "base64url").toString()) as object);
  const published = await stage.reelmark.app.fetch(new Request(`${PUBLIC_URL}/.well-known/jwks.json`));
  const { keys } = (await published.json()) as { keys: (JsonWebKey & { kid: string })[] };
  return {
    name: "ours",
    issuer: PUBLIC_URL,
    audience: PUBLIC_URL,
    claims: (over) => ({ ...payload, ...over }),
    key: undefined,
    header: { alg: "EdDSA", typ: "at+jwt", ...header },
    publicKeys: keys.map((key) => createPublicKey({ key, format: "jwk" })),
    good: token,
  };
}

beforeAll(async () => {
  [stage, issuer] = await Promise.all([openStage(), startIssuer([es, rs])]);
  const jwksUrl = `${issuer.url}/jwks.json`;
  await stage.addIssuer({ id: "iss_jwks", issuer: ISSUER, jwksUrl, algorithms: ["ES256", "RS256"] });
  await stage.addIssuer({ id: "iss_shared", issuer: SHARED, secret: SECRET, algorithms: ["HS256"] });
  const publicKeys = [es, rs].flatMap(({ publicKey }) => publicKey ?? []);
  targets = {
    jwks: external("JWKS", ISSUER, es, publicKeys),
    shared: external("shared", SHARED, secret, publicKeys),
    own: await own(),
  };
});
afterAll(async () => {
  await stage.close();
  await issuer.stop();
});

/** Sends a token as a header can carry it; one that none can carry never arrives. */
async function answer(token: string, how: { method: string; path: string; header: string }) {
  const headers = { [how.header]: how.header === "authorization" ? `Bearer ${token}` : token };
  const response = await stage.reelmark.fetch(
    new Request(`${PUBLIC_URL}/api${how.path}`, { method: how.method, headers }),
  );
  const body = await response.text();
  return { status: response.status, code: /"code":"(\w+)"/.exec(body)?.[1] ?? "none" };
}

const READ = { method: "GET", path: "/v1/organizations", header: "authorization" };
const WAYS = [READ, { ...READ, header: "x-api-key" }, { ...READ, method: "POST", path: "/v1/auth/logout" }];

test("no hostile token is accepted, each is a 401, and nothing is fetched, kept or broken on the way", async () => {
  const { jwks, shared, own: ours } = targets;
  const all = [jwks, shared, ours];
  const hostile: Hostile[] = [
    ...all.flatMap((target) => [
      ...unsigned(target),
      ...swapped(target),
      ...keyed(target, issuer.url),
      ...damaged(target),
    ]),
    ...signedOdd(jwks, es),
    ...signedOdd(shared, secret),
    ...crossed(all),
  ];
  for (const { good } of all) expect((await answer(good, READ)).status).toBe(200);
  const users = () => stage.sql("select count(*) from users");
  const before = [await users(), await issuer.hits()];

  const groups = new Map<string, number>();
  const answers = new Map<string, number>();
  const wrong: string[] = [];
  for (const [group, what, token] of hostile) {
    groups.set(group, (groups.get(group) ?? 0) + 1);
    for (const way of WAYS) {
      const { status, code } = await answer(token, way);
      answers.set(`${status} ${code}`, (answers.get(`${status} ${code}`) ?? 0) + 1);
      if (status !== 401) wrong.push(`${group}, ${what}: ${status} by ${way.method} with ${way.header}`);
    }
  }
  const counted = [...groups].map(([group, n]) => `${group} ${n}`).join(", ");
  const answered = [...answers].map(([code, n]) => `${code}: ${n}`).join(", ");
  process.stdout.write(`${hostile.length} hostile tokens (${counted}), each in ${WAYS.length} ways: ${answered}\n`);

  expect(wrong).toEqual([]);
  expect(new Set(hostile.map(([, , token]) => token)).size).toBeGreaterThan(200);
  // No user was made, no address in a header was followed, and made-up key ids asked the issuer no more than once in 30 s.
  expect(await users()).toEqual(before[0]);
  const { hits, followed } = await issuer.hits();
  expect(followed).toBe(0);
  expect(hits).toBeLessThanOrEqual(4);
  const logged = stage.reelmark.log.filter(({ level }) => level !== "info");
  expect(logged).toEqual([]);
  for (const { good } of all) expect((await answer(good, READ)).status).toBe(200);
}, 120_000);
