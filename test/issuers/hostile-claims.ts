import { type Hostile, say, type Target } from "./hostile-tokens.ts";
import { base64url, type SigningKey, tokenOf } from "./keys.ts";

/** What the issuer really signed, and should not have, or not for this server. */
export function signedOdd(target: Target, key: SigningKey): Hostile[] {
  const now = Number(target.claims().iat);
  const header = JSON.stringify(target.header);
  const hostile = (group: string, what: string, token: string): Hostile => [group, `${target.name}: ${what}`, token];
  const raw = (group: string, what: string, payload: string | Buffer, rawHeader = header): Hostile => {
    const input = `${base64url(rawHeader)}.${base64url(payload)}`;
    return hostile(group, what, `${input}.${key.signature(input).toString("base64url")}`);
  };
  const over = (group: string, name: string, values: readonly unknown[]): Hostile[] =>
    values.map((value) =>
      hostile(group, `${name} ${say(value)}`, tokenOf(target.claims({ [name]: value }), key, target.header)),
    );
  const headed = (group: string, headers: readonly object[]): Hostile[] =>
    headers.map((one) => hostile(group, say(one), tokenOf(target.claims(), key, { ...target.header, ...one })));
  /** The good payload with one more member written into its text. */
  const plus = (member: string) => JSON.stringify(target.claims()).replace(/}$/, `,${member}}`);
  const without = (name: string, member: string) =>
    JSON.stringify(target.claims({ [name]: undefined })).replace(/}$/, `,${member}}`);

  const { issuer, audience } = target;
  const odd = ["", null, true, 0, [], {}, [issuer], { iss: issuer }];
  const long = "x".repeat(256);
  return [
    ...["sub", "iss", "aud", "exp", "sid"].flatMap((name) => {
      const value = JSON.stringify(target.claims({ sid: "s" })[name]);
      const twice = plus(`"sid":"s","${name}":${value}`);
      const escaped = plus(`"sid":"s","\\u00${name.charCodeAt(0).toString(16)}${name.slice(1)}":${value}`);
      return [
        raw("duplicate claims", `${name} twice`, twice),
        raw("duplicate claims", `${name} twice, once escaped`, escaped),
      ];
    }),
    raw("duplicate claims", "the second names our own server", plus('"iss":"http://reelmark.test"')),
    raw("duplicate claims", "another subject first", `{"sub":"admin",${JSON.stringify(target.claims()).slice(1)}`),
    raw("duplicate claims", "in depth", plus('"user_metadata":{"a":[{"b":1,"b" :2}]}')),
    ...(["alg", "typ", "kid"] as const).flatMap((name) => {
      const good = JSON.stringify(target.claims());
      // The last one wins in JSON.parse: once that is the good one, once the bad.
      const value = JSON.stringify(target.header[name] ?? "");
      const [first, last] = [`"none","${name}":${value}`, `${value},"${name}":"none"`].map((twice) =>
        JSON.stringify({ ...target.header, [name]: 0 }).replace(`"${name}":0`, `"${name}":${twice}`),
      );
      return [first, last].map((text = "", n) =>
        raw("duplicate claims", `${name} twice in the header, ${n}`, good, text),
      );
    }),
    ...["", "x", "xx"].flatMap((filler) =>
      [1, 2].map((count) => {
        const [first, second] = [header, plus(`"filler":"${filler}"`)].map((text) => base64url(text));
        const input = `${first}.${second}${"=".repeat(count)}`;
        return hostile("payload", `padded by ${count}`, `${input}.${key.signature(input).toString("base64url")}`);
      }),
    ),
    ...over("times", "exp", [
      undefined,
      null,
      true,
      "",
      "tomorrow",
      String(now + 60),
      [],
      [now + 60],
      {},
      -1,
      0,
      now - 3600,
    ]),
    ...over("times", "exp", [now - 6, now * 1000, 1e15, 1e308, now + 32 * 86_400, -1e308, 0.5]),
    raw("times", "exp beyond numbers", without("exp", '"exp":1e999')),
    raw("times", "exp no number", without("exp", '"exp":NaN')),
    ...over("times", "nbf", [now + 3600, now + 8, "0", null, true, -1, [], now * 1000, 1e308]),
    raw("times", "nbf beyond numbers", plus('"nbf":-1e999')),
    ...over("times", "iat", [now + 3600, now + 8, now + 7200, String(now), null, true, -1, [], now * 1000]),
    raw("times", "iat beyond numbers", without("iat", '"iat":-1e999')),
    ...headed("crit", [{ crit: ["exp"], exp: 1 }, { crit: ["x"], x: 1 }, { crit: ["b64"], b64: false }, { crit: [] }]),
    ...headed("crit", [
      { crit: null },
      { crit: "x" },
      { crit: [1] },
      { crit: {} },
      { crit: ["alg"] },
      { crit: ["b64", "x"], b64: true },
    ]),
    ...headed(
      "type",
      ["logout+jwt", "secevent+jwt", "dpop+jwt", "JWE", "at+jwt+x", "text/jwt", "", null, 1, ["JWT"]].map((typ) => ({
        typ,
      })),
    ),
    ...over("type", "events", [{ "http://schemas.openid.net/event/backchannel-logout": {} }]),
    ...over("type", "cnf", [{ jkt: "AAAA" }]),
    ...over("audience", "aud", [
      undefined,
      ...odd,
      "other",
      ["other"],
      [audience, 1],
      [[audience]],
      `${audience}x`,
      `${audience} `,
    ]),
    ...over("audience", "aud", [audience.toUpperCase(), `${audience},other`, [null], { 0: audience }, issuer]),
    ...over("issuer", "iss", [
      undefined,
      ...odd,
      issuer.toUpperCase(),
      `${issuer}/`,
      `${issuer}//`,
      `${issuer}#`,
      `${issuer}?`,
    ]),
    ...over("issuer", "iss", [
      ` ${issuer}`,
      `${issuer}\u0000`,
      issuer.replace("https", "http"),
      issuer.replace("e", "е"),
      "%",
    ]),
    ...over("subject", "sub", [
      undefined,
      null,
      "",
      true,
      0,
      1,
      [],
      {},
      ["user-1"],
      long,
      "\u0000",
      "a\u0000b",
      "\ud800",
      "a\nb",
    ]),
    ...["sid", "session_id", "jti"].flatMap((name) =>
      over("session", name, ["", null, 1, true, [], {}, long, "\u0000", "\ud800"]),
    ),
    ...over("size", "padding", ["x".repeat(8_000), "x".repeat(50_000)]),
    raw("size", "40 levels", plus(`"deep":${"[".repeat(40)}${"]".repeat(40)}`)),
    raw("size", "2000 levels", plus(`"deep":${'{"a":'.repeat(900)}1${"}".repeat(900)}`)),
    ...['"text"', "null", "1", "[]", "{}", "", "{", " ", "[[]]", "{}{}"].map((text) =>
      raw("payload", `payload ${text}`, text),
    ),
    raw("payload", "a byte order mark", `\ufeff${JSON.stringify(target.claims())}`),
    raw(
      "payload",
      "not UTF-8",
      Buffer.concat([Buffer.from(plus('"x":"')).subarray(0, -1), Buffer.from([0xff, 0x22, 0x7d])]),
    ),
    raw("payload", "single quotes", JSON.stringify(target.claims()).replaceAll('"', "'")),
    raw("payload", "a comma at the end", JSON.stringify(target.claims()).replace(/}$/, ",}")),
  ];
}
