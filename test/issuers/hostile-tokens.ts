import { createHmac, type KeyObject } from "node:crypto";
import { AUDIENCE } from "./issuer.ts";
import { base64url, newKey, type SigningKey, secretKey, tokenOf } from "./keys.ts";

/** A server whose tokens are attacked: how a good token of it looks, and what its attacker knows. */
export type Target = {
  readonly name: string;
  readonly issuer: string;
  readonly audience: string;
  /** A good token's claims. */
  claims(over?: object): Record<string, unknown>;
  /** The key that really signs; undefined where the test does not hold it (our own server's). */
  readonly key: SigningKey | undefined;
  /** Header of a good token. */
  readonly header: { readonly alg: string; readonly typ: string; readonly kid?: string };
  /** Every public key of it. */
  readonly publicKeys: readonly KeyObject[];
  /** A good token, to be damaged. */
  readonly good: string;
};

export type Hostile = readonly [group: string, what: string, token: string];
type Named = Record<string, unknown>;

const ownKey = newKey("ES256", "attacker");
const ownRsa = newKey("RS256", "attacker");
const empty: SigningKey = { ...secretKey(""), signature: () => Buffer.alloc(0) };
/** A value in a few words, for a test that failed. */
export const say = (value: unknown) => JSON.stringify(value)?.slice(0, 40) ?? "absent";

/** Tokens that claim to need no signature, or have none. */
export function unsigned(target: Target): Hostile[] {
  const spellings: unknown[] = "none None NONE nOnE none% nοne HS0 null undefined dir RSA1_5 ES256K A128KW".split(" ");
  spellings.push(
    " none",
    "none ",
    "",
    "none\u0000",
    null,
    undefined,
    0,
    false,
    true,
    [],
    ["none"],
    {},
    target.header.alg,
  );
  const signature = target.good.split(".")[2] ?? "";
  return spellings.flatMap((alg) =>
    [
      ["no", ""],
      ["a made-up", "AAAA"],
      ["another token's", signature],
    ].map(([which, text]): Hostile => {
      const token = tokenOf(target.claims({ sub: "attacker" }), empty, { ...target.header, alg });
      return ["unsigned", `${target.name}: alg ${say(alg)}, ${which} signature`, token + text];
    }),
  );
}

/** Public keys used as passwords, and algorithms that the issuer does not use. */
export function swapped(target: Target): Hostile[] {
  const forms = target.publicKeys.flatMap((key) => {
    const jwk = key.export({ format: "jwk" });
    const pem = key.export({ format: "pem", type: "spki" }).toString();
    const der = key.export({ format: "der", type: "spki" });
    const numbers = [jwk.n, jwk.x, jwk.y].flatMap((text) => (text ? [text, Buffer.from(text, "base64url")] : []));
    return [pem, pem.trim(), pem.replace(/-.*-/g, "").replaceAll("\n", ""), der, JSON.stringify(jwk), ...numbers];
  });
  const weak = [
    "",
    "secret",
    "password",
    "undefined",
    "null",
    target.issuer,
    AUDIENCE,
    "0".repeat(32),
    Buffer.alloc(32),
  ];
  const claims = target.claims({ sub: "attacker" });
  const hmacs = [...forms, ...weak].flatMap((secret, n) =>
    ["sha256", "sha512"].map((digest): Hostile => {
      const key = {
        ...secretKey(secret),
        signature: (input: string) => createHmac(digest, secret).update(input).digest(),
      };
      const token = tokenOf(claims, key, { ...target.header, alg: digest === "sha256" ? "HS256" : "HS512" });
      return ["algorithm swap", `${target.name}: ${digest} by what everybody knows, ${n}`, token];
    }),
  );
  const algorithms = [
    "RS256",
    "RS384",
    "PS256",
    "ES256",
    "ES384",
    "EdDSA",
    "Ed25519",
    "HS256",
    "HS384",
    "es256",
    "ML-DSA-44",
  ];
  const mine = algorithms.flatMap((alg) =>
    [ownKey, ownRsa].map((key): Hostile => {
      return [
        "algorithm swap",
        `${target.name}: ${alg}, by a ${key.alg} key`,
        tokenOf(claims, key, { ...target.header, alg }),
      ];
    }),
  );
  return [...hmacs, ...mine];
}

/** Headers that name, or bring, the attacker's key. */
export function keyed(target: Target, evil: string): Hostile[] {
  const kids: unknown[] = [
    "../../../../dev/null",
    "..\\..\\nul",
    "' or 1=1 --",
    "' union select 'AA'",
    `${evil}/evil.json`,
  ];
  kids.push("file:///dev/null", "k".repeat(4000), "", " ", "\u0000", 0, 1, null, true, [], {}, ["es"], "__proto__");
  kids.push("constructor", "toString", "attacker", undefined, target.header.kid, `${target.header.kid} `, "*", "%");
  const claims = target.claims({ sub: "attacker" });
  const made = (what: string, header: object, key: SigningKey = ownKey): Hostile => {
    return [
      "key injection",
      `${target.name}: ${what}`,
      tokenOf(claims, key, { ...target.header, alg: key.alg, ...header }),
    ];
  };
  const bringing: Named = {
    jwk: ownKey.jwk,
    jku: `${evil}/evil.json`,
    x5u: `${evil}/evil.json`,
    x5c: [ownKey.publicKey?.export({ format: "der", type: "spki" }).toString("base64")],
    x5t: "AAAA",
    keys: [ownKey.jwk],
  };
  return [
    ...kids.map((kid) => made(`kid ${say(kid)}`, { kid })),
    ...kids.map((kid) => made(`kid ${say(kid)}, and an empty secret`, { kid }, secretKey(""))),
    ...Object.entries(bringing).flatMap(([name, value]) =>
      [target.header.kid, "attacker", undefined].map((kid) => made(`${name}, kid ${say(kid)}`, { [name]: value, kid })),
    ),
  ];
}

/** Good tokens, damaged. */
export function damaged(target: Target): Hostile[] {
  const { good } = target;
  const [header = "", payload = "", signature = ""] = good.split(".");
  const other = base64url(JSON.stringify(target.claims({ sub: "attacker" })));
  const zeros = (bytes: number) => Buffer.alloc(bytes).toString("base64url");
  const made: Named = {
    "another payload": `${header}.${other}.${signature}`,
    "signature cut by one": good.slice(0, -1),
    "signature cut in half": `${header}.${payload}.${signature.slice(0, signature.length / 2)}`,
    "signature longer": `${good}AAAA`,
    "signature changed": `${header}.${payload}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`,
    "signature in other letters": `${header}.${payload}.${signature.toLowerCase()}`,
    "signature doubled": `${good}${signature}`,
    "signature of zeros (psychic)": `${header}.${payload}.${zeros(64)}`,
    "signature of 256 zeros": `${header}.${payload}.${zeros(256)}`,
    "no signature": `${header}.${payload}.`,
    "two segments": `${header}.${payload}`,
    "one segment": header,
    "four segments": `${good}.${signature}`,
    "five segments, as a JWE": `${header}.${payload}.${signature}.${signature}.${signature}`,
    "a dot at the end": `${good}.`,
    "a dot in front": `.${good}`,
    "only dots": "..",
    "header empty": `.${payload}.${signature}`,
    "payload empty": `${header}..${signature}`,
    "header and payload exchanged": `${payload}.${header}.${signature}`,
    "padded with =": `${header}=.${payload}==.${signature}==`,
    "header padded": `${header}=.${payload}.${signature}`,
    "bad base64": `${header}.${payload.slice(0, 8)}%${payload.slice(9)}.${signature}`,
    "base64 of the other alphabet": `${header}.${payload.slice(0, 8)}+/${payload.slice(10)}.${signature}`,
    "header no JSON": `${base64url("alg=none")}.${payload}.${signature}`,
    "all of it JSON": base64url(JSON.stringify({ payload, protected: header, signature })),
    "hundred kilobytes": `${header}.${"A".repeat(100_000)}.${signature}`,
    "a thousand segments": `${good}${".A".repeat(1000)}`,
  };
  return Object.entries(made).map(([what, token]): Hostile => ["damaged", `${target.name}: ${what}`, String(token)]);
}

/** Tokens of one server, shown as another's. */
export function crossed(targets: readonly Target[]): Hostile[] {
  return targets.flatMap((target) =>
    targets.flatMap((other): Hostile[] => {
      const { key } = other;
      if (other === target || key === undefined) return [];
      const [, payload = ""] = tokenOf(target.claims({ sub: "attacker" }), key).split(".");
      const what = `${target.name} by the key of ${other.name}`;
      return [
        ["another's key", what, tokenOf(target.claims(), key)],
        ["another's key", `${what}, under its kid`, tokenOf(target.claims(), key, { kid: target.header.kid })],
        ["another's key", `${what}, under its header`, tokenOf(target.claims(), key, target.header)],
        [
          "another's key",
          `${what}, for both audiences`,
          tokenOf(target.claims({ aud: [target.audience, other.audience] }), key),
        ],
        ["another's key", `${what}, payload moved`, other.good.replace(/\..*\./, `.${payload}.`)],
      ];
    }),
  );
}
