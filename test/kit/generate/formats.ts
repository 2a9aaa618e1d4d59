import fc from "fast-check";

type Format = {
  /** Any value of the format. */
  readonly make: (random: fc.Random) => string;
  /** Values at its edges, and what is not of it, by what each is. */
  readonly valid: Readonly<Record<string, string>>;
  readonly invalid: Readonly<Record<string, string>>;
};

const two = (n: number) => String(n).padStart(2, "0");
const pick = <T>(random: fc.Random, list: readonly [T, ...T[]]): T =>
  list[random.nextInt(0, list.length - 1)] ?? list[0];
const from = (arbitrary: fc.Arbitrary<string>) => (random: fc.Random) => arbitrary.generate(random, undefined).value;

const date = (random: fc.Random) =>
  `${random.nextInt(1970, 2099)}-${two(random.nextInt(1, 12))}-${two(random.nextInt(1, 28))}`;
const time = (random: fc.Random) => {
  const at = `${two(random.nextInt(0, 23))}:${two(random.nextInt(0, 59))}:${two(random.nextInt(0, 59))}`;
  return `${at}${pick(random, ["", "", ".5", ".123", ".123456"])}${pick(random, ["Z", "Z", "+02:00", "-11:30"])}`;
};
const word = (random: fc.Random) => random.nextInt(46_656, 1_679_615).toString(36);
const host = (random: fc.Random) => `${word(random)}.${pick(random, ["example", "example.com", "test"])}`;
const path = (random: fc.Random) => Array.from({ length: random.nextInt(0, 3) }, () => `/${word(random)}`).join("");
const uri = (random: fc.Random) =>
  `${pick(random, ["https", "http"])}://${host(random)}${path(random)}${pick(random, ["", "", "?q=a%20b", "#part"])}`;

const DATE_VALID = {
  "leap day": "2024-02-29",
  "leap day of a century": "2000-02-29",
  "last day": "1999-12-31",
  "first year": "0001-01-01",
};
const DATE_INVALID = {
  "no leap day": "2023-02-29",
  "no leap day of a century": "1900-02-29",
  "month 13": "2024-13-01",
  "month 0": "2024-00-10",
  "day 32": "2024-01-32",
  "day 0": "2024-01-00",
  "short month": "2024-1-01",
  slashes: "2024/01/01",
  empty: "",
  "text after": "2024-01-01x",
};

/** What to send for each format that the judge knows. What the RFC leaves to taste (leap seconds) is in neither list. */
export const FORMATS: Readonly<Record<string, Format>> = {
  "date-time": {
    make: (random) => `${date(random)}T${time(random)}`,
    valid: {
      "leap day": "2024-02-29T00:00:00Z",
      "offset ahead": "2024-01-01T00:00:00+14:00",
      "offset behind": "2024-01-01T00:00:00-11:30",
      "offset unknown": "2024-01-01T00:00:00-00:00",
      "lower case t and z": "2024-01-01t00:00:00z",
      fraction: "2024-01-01T00:00:00.123456789Z",
      "last moment": "2024-12-31T23:59:59.999Z",
      "before 1970": "1969-12-31T23:59:59Z",
    },
    invalid: {
      "no leap day": "2023-02-29T00:00:00Z",
      "no offset": "2024-01-01T00:00:00",
      "no time": "2024-01-01",
      "hour 24": "2024-01-01T24:00:00Z",
      "minute 60": "2024-01-01T00:60:00Z",
      "a blank for T": "2024-01-01 00:00:00Z",
      "short offset": "2024-01-01T00:00:00+01",
      "no colon in offset": "2024-01-01T00:00:00+0100",
      "no seconds": "2024-01-01T00:00Z",
      "empty fraction": "2024-01-01T00:00:00.Z",
      "offset 24": "2024-01-01T00:00:00+24:00",
      seconds: "1704067200",
      empty: "",
      "text after": "2024-01-01T00:00:00Zx",
    },
  },
  date: { make: date, valid: DATE_VALID, invalid: DATE_INVALID },
  time: {
    make: time,
    valid: {
      midnight: "00:00:00Z",
      "last moment": "23:59:59.999Z",
      offset: "12:00:00+05:30",
      "lower case": "12:00:00z",
    },
    invalid: {
      "no offset": "12:00:00",
      "hour 24": "24:00:00Z",
      "minute 60": "00:60:00Z",
      "no seconds": "12:00Z",
      empty: "",
    },
  },
  duration: {
    make: (random) =>
      pick(random, [`P${random.nextInt(1, 99)}D`, `PT${random.nextInt(1, 99)}M`, `P${random.nextInt(1, 9)}Y2M`, "P3W"]),
    valid: { days: "P1D", all: "P1Y2M3DT4H5M6S", weeks: "P4W", zero: "PT0S" },
    invalid: { bare: "P", "bare time": "P1DT", "no P": "1D", "weeks and days": "P1W2D", negative: "-P1D", empty: "" },
  },
  uuid: {
    make: from(fc.uuid()),
    valid: {
      nil: "00000000-0000-0000-0000-000000000000",
      "upper case": "0190A6C2-7B3E-7C4D-9A1B-2F3E4D5C6B7A",
      "version 4": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    },
    invalid: {
      braces: "{f47ac10b-58cc-4372-a567-0e02b2c3d479}",
      "no dashes": "f47ac10b58cc4372a5670e02b2c3d479",
      "a digit short": "f47ac10b-58cc-4372-a567-0e02b2c3d47",
      "not hex": "g47ac10b-58cc-4372-a567-0e02b2c3d479",
      urn: "urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479",
      empty: "",
    },
  },
  email: {
    make: (random) => `${word(random)}${pick(random, ["", ".x", "+tag", "_y", "-z"])}@${host(random)}`,
    valid: {
      plus: "a+tag@example.com",
      apostrophe: "o'hara@example.com",
      subdomain: "a@b.c.example.com",
      digits: "1@example.com",
      "upper case": "Nora@Example.COM",
    },
    invalid: {
      "no at": "example.com",
      "two ats": "a@b@example.com",
      "no domain": "a@",
      "no name": "@example.com",
      "two dots": "a..b@example.com",
      "dot first": ".a@example.com",
      blank: "a b@example.com",
      "dash last": "a@example-.com",
      "line break": "a@example.com\n",
      empty: "",
    },
  },
  uri: {
    make: uri,
    valid: {
      port: "http://example.com:8080/",
      userinfo: "ftp://u:p@example.com/x",
      IPv6: "http://[2001:db8::1]/",
      mailto: "mailto:a@example.com",
      urn: "urn:isbn:0451450523",
      escapes: "https://example.com/%7Ea?b=%20#c",
    },
    invalid: {
      relative: "/a/b",
      "no scheme": "example.com",
      blank: "http://exa mple.com/",
      "bad escape": "http://example.com/%zz",
      brackets: "http://example.com/<x>",
      "not ASCII": "http://example.com/ü",
      empty: "",
    },
  },
  "uri-reference": {
    make: (random) => pick(random, [uri(random), `${path(random)}/x`, `#${word(random)}`, `?q=${word(random)}`]),
    valid: { empty: "", path: "/a/b", "up one": "../a", fragment: "#a", query: "?a=1", "no scheme": "//example.com/a" },
    invalid: { blank: "/a b", backslash: "a\\b", "bad escape": "/%zz", "not ASCII": "/ü" },
  },
  hostname: {
    make: host,
    valid: {
      one: "localhost",
      "63 long": `${"a".repeat(63)}.example`,
      "digits first": "1a.example",
      dashes: "xn--bcher-kva.example",
    },
    invalid: {
      underscore: "a_b.example",
      "dash first": "-a.example",
      "dash last": "a-.example",
      "64 long": `${"a".repeat(64)}.example`,
      "254 long": `${"a.".repeat(127)}ab`,
      "two dots": "a..b",
      blank: "a b",
      empty: "",
    },
  },
  ipv4: {
    make: from(fc.ipV4()),
    valid: { least: "0.0.0.0", most: "255.255.255.255", loopback: "127.0.0.1" },
    invalid: {
      "256": "256.0.0.1",
      "three parts": "1.2.3",
      "five parts": "1.2.3.4.5",
      "leading zero": "01.2.3.4",
      hex: "0x7f.0.0.1",
      prefix: "10.0.0.0/8",
      empty: "",
    },
  },
  ipv6: {
    make: (random) => Array.from({ length: 8 }, () => random.nextInt(0, 65_535).toString(16)).join(":"),
    valid: {
      any: "::",
      loopback: "::1",
      mapped: "::ffff:192.0.2.1",
      "upper case": "2001:DB8::A",
      full: "2001:db8:0:0:0:0:0:1",
    },
    invalid: {
      "two gaps": "1::2::3",
      "nine parts": "1:2:3:4:5:6:7:8:9",
      "five digits": "12345::",
      zone: "fe80::1%eth0",
      brackets: "[::1]",
      empty: "",
    },
  },
  byte: {
    make: (random) => Buffer.from(word(random)).toString("base64"),
    valid: { empty: "", "one byte": "AA==", "two bytes": "AAA=", "plus and slash": "+/+/" },
    invalid: { "no padding": "AA", "URL alphabet": "-_-_", "a bad sign": "AA*=", "a line break": "AAAA\nAAAA" },
  },
  regex: {
    make: (random) => `^${word(random)}$`,
    valid: { empty: "", class: "[a-z]+", "look-ahead": "a(?=b)" },
    invalid: { "open class": "[a", "open group": "(a", "nothing to repeat": "*a" },
  },
  "json-pointer": {
    make: (random) => `/${word(random)}/${random.nextInt(0, 9)}`,
    valid: { whole: "", escapes: "/a~1b~0c", "empty name": "/" },
    invalid: { "no slash": "a", "bad escape": "/a~2", "escape cut off": "/a~", fragment: "#/a" },
  },
  "relative-json-pointer": {
    make: (random) => `${random.nextInt(0, 9)}/${word(random)}`,
    valid: { here: "0", name: "1#", up: "2/a" },
    invalid: { "no number": "/a", "leading zero": "01/a", negative: "-1/a", empty: "" },
  },
  "uri-template": {
    make: (random) => `/${word(random)}/{${word(random)}}`,
    valid: { plain: "/a", variable: "/{a}", query: "/a{?b,c}" },
    invalid: { "open brace": "/{a", "close brace": "/a}", blank: "/a b" },
  },
  "iana-timezone": {
    make: (random) => pick(random, ["UTC", "Europe/Zurich", "America/New_York", "Asia/Kolkata", "Pacific/Apia"]),
    valid: { UTC: "UTC", "half hours": "Asia/Kolkata", "three parts": "America/Argentina/Buenos_Aires" },
    invalid: { unknown: "Europe/Nowhere", offset: "+02:00", empty: "", blank: "Europe/ Zurich" },
  },
};
