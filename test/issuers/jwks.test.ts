import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type IssuerProcess, openStage, type Stage, startIssuer } from "./issuer.ts";
import type { Mode } from "./issuer-process.ts";
import { newKey, type SigningKey, tokenOf } from "./keys.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const [first, second, third] = [newKey("ES256", "first"), newKey("ES256", "second"), newKey("ES256", "third")];

let stage: Stage;
/** Each test has an issuer of its own, and so a cache of its own. */
let issuer: IssuerProcess;
let id: string;
let count = 0;

beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());
beforeEach(async () => {
  issuer = await startIssuer([first]);
  id = `iss_${++count}`;
  await stage.addIssuer({ id, issuer: `https://${id}`, jwksUrl: `${issuer.url}/jwks.json`, algorithms: ["ES256"] });
});
afterEach(() => issuer.stop());

const status = async (key: SigningKey) => (await stage.ask(tokenOf(stage.claims(`https://${id}`), key))).status;
const hits = async () => (await issuer.hits()).hits;

describe("rotation", () => {
  test("a new key is good after one question, which many requests at once share", async () => {
    expect(await Promise.all([first, first, first, first].map(status))).toEqual([200, 200, 200, 200]);
    expect(await hits()).toBe(1);
    await issuer.set({ keys: [first, second] });
    stage.tick(31_000);
    expect(await Promise.all([second, second, second].map(status))).toEqual([200, 200, 200]);
    expect([await status(first), await hits()]).toEqual([200, 2]);
  });

  test("unknown keys ask the issuer once in 30 s, however many are sent", async () => {
    await status(first);
    stage.tick(31_000);
    const unknown = Array.from({ length: 20 }, (_, n) => newKey("ES256", `made-up-${n}`));
    for (const key of unknown) expect(await status(key)).toBe(401);
    expect(await hits()).toBe(2);
    await issuer.set({ keys: [first, second] });
    expect([await status(second), await status(first), await hits()]).toEqual([401, 200, 2]);
    stage.tick(31_000);
    expect([await status(second), await hits()]).toEqual([200, 3]);
  });

  test("a key that was withdrawn is good for 10 minutes at most", async () => {
    await status(first);
    await issuer.set({ keys: [second] });
    stage.tick(9 * MINUTE);
    expect([await status(first), await hits()]).toEqual([200, 1]);
    stage.tick(MINUTE + 1000);
    expect([await status(first), await status(second), await hits()]).toEqual([401, 200, 2]);
  });

  test("a withdrawn key ends at once when an unknown one has asked", async () => {
    await status(first);
    await issuer.set({ keys: [second] });
    stage.tick(31_000);
    expect([await status(second), await status(first)]).toEqual([200, 401]);
  });

  test("a token without `kid` is good while one key fits, and refused when two do", async () => {
    const bare = () => stage.ask(tokenOf(stage.claims(`https://${id}`), first, { kid: undefined }));
    expect((await bare()).status).toBe(200);
    await issuer.set({ keys: [first, second] });
    stage.tick(11 * MINUTE);
    expect((await bare()).status).toBe(401);
  });
});

describe("an issuer that is down", () => {
  test("keys known go on for 24 hours after they were last fetched, and not longer", async () => {
    await status(first);
    await issuer.set({ mode: "error" });
    for (const hours of [1, 11, 11]) {
      stage.tick(hours * HOUR);
      expect(await status(first)).toBe(200);
    }
    stage.tick(HOUR);
    expect(await status(first)).toBe(401);
    await issuer.set({ mode: "good" });
    stage.tick(31_000);
    expect(await status(first)).toBe(200);
  });

  test("is asked once in 30 s while it is down", async () => {
    await status(first);
    await issuer.set({ mode: "error" });
    stage.tick(11 * MINUTE);
    for (let n = 0; n < 10; n++) expect(await status(first)).toBe(200);
    expect(await hits()).toBe(2);
    stage.tick(31_000);
    await status(first);
    expect(await hits()).toBe(3);
  });
});

/** All that an issuer can do instead of answering. Each is over after the 3 s that it has. */
const BAD: Mode[] = ["hang", "drip", "huge", "gzip-bomb", "error", "redirect", "garbage", "deep", "no-keys", "cut"];

describe.each(BAD)("an issuer that answers with %s", (mode) => {
  test("401 for a key not known, 200 for a known one, and 200 for all once it is well again", async () => {
    await status(first);
    await issuer.set({ mode, keys: [first, second] });
    stage.tick(11 * MINUTE);
    const before = process.memoryUsage.rss();
    // Were one of them to wait for the issuer, this would not end: it drips and hangs for ever.
    expect(await Promise.all([first, second, first, third].map(status))).toEqual([200, 401, 200, 401]);
    expect(process.memoryUsage.rss() - before).toBeLessThan(150 * 1024 * 1024);
    expect((await issuer.hits()).followed).toBe(0);
    expect(await hits()).toBe(2);
    const warned = stage.reelmark.log.filter(({ fields }) => "issuer_id" in fields && fields.issuer_id === id);
    expect(warned).toMatchObject([{ level: "warn", message: "the keys of an issuer could not be fetched" }]);
    await issuer.set({ mode: "good" });
    stage.tick(31_000);
    expect([await status(second), await status(first)]).toEqual([200, 200]);
  });
});

test("a process that is gone is an issuer that is down", async () => {
  await status(first);
  await issuer.stop();
  stage.tick(11 * MINUTE);
  expect([await status(first), await status(second)]).toEqual([200, 401]);
});

test("keys that cannot verify, or are not public, are as none", async () => {
  const { jwk } = first;
  const bad = [
    { ...jwk, use: "enc" },
    { ...jwk, x: "AAAA" },
    { ...jwk, alg: "RS256" },
    { ...jwk, key_ops: ["sign"] },
    { kty: "oct", kid: "first", k: "AAAA" },
    { ...jwk, d: jwk.x },
  ];
  for (const one of bad) {
    // Published as it is: the issuer's own mistake.
    await issuer.set({ keys: [{ ...first, jwk: one as SigningKey["jwk"] }] });
    stage.tick(11 * MINUTE);
    expect([JSON.stringify(one), await status(first)]).toEqual([JSON.stringify(one), 401]);
    await issuer.set({ keys: [first] });
    stage.tick(11 * MINUTE);
    expect(await status(first)).toBe(200);
  }
});
