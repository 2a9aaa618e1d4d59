/** URLs that lead inside, or try to. `{port}` is the port of the canary, which listens on every address of the machine. */

const IPV4 = [
  ..."0.0.0.0 0.0.0.1 10.0.0.1 10.255.255.254 100.64.0.1 100.100.100.200 127.0.0.1 127.0.0.3 127.255.255.254".split(
    " ",
  ),
  ..."168.63.129.16 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.254 192.0.0.192 192.0.2.1".split(" "),
  ..."192.88.99.1 192.168.0.1 192.168.255.254 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1".split(" "),
  "255.255.255.255",
];

const bytesOf = (address: string) => address.split(".").map(Number);
const hex = (byte: number) => byte.toString(16).padStart(2, "0");

/** The ways in which one IPv4 address is written, or carried inside an IPv6 one. */
const NOTATIONS: Readonly<Record<string, (bytes: readonly number[]) => string>> = {
  dotted: (bytes) => bytes.join("."),
  "trailing dot": (bytes) => `${bytes.join(".")}.`,
  decimal: (bytes) => String(Number.parseInt(bytes.map(hex).join(""), 16)),
  hex: (bytes) => `0x${bytes.map(hex).join("")}`,
  "dotted hex": (bytes) => bytes.map((byte) => `0x${hex(byte)}`).join("."),
  "dotted octal": (bytes) => bytes.map((byte) => `0${byte.toString(8)}`).join("."),
  "padded octal": (bytes) => bytes.map((byte) => `00000${byte.toString(8)}`).join("."),
  short: ([a = 0, b = 0, c = 0, d = 0]) => `${a}.${b * 65_536 + c * 256 + d}`,
  "percent-encoded": (bytes) => [...bytes.join(".")].map((char) => `%${hex(char.charCodeAt(0))}`).join(""),
  "full-width": (bytes) => bytes.join("。").replace(/\d/g, (digit) => String.fromCharCode(0xff10 + Number(digit))),
  mapped: (bytes) => `[::ffff:${bytes.join(".")}]`,
  compatible: (bytes) => `[::${bytes.join(".")}]`,
  translated: (bytes) => `[::ffff:0:${bytes.join(".")}]`,
  NAT64: (bytes) => `[64:ff9b::${bytes.join(".")}]`,
  "local NAT64": (bytes) => `[64:ff9b:1::${bytes.join(".")}]`,
  "6to4": ([a = 0, b = 0, c = 0, d = 0]) => `[2002:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}::1]`,
  Teredo: ([a = 0, b = 0, c = 0, d = 0]) => `[2001:0:${hex(a)}${hex(b)}:${hex(c)}${hex(d)}::1]`,
};

/** Hosts that are this machine itself once the operator allows loopback: the control of the whole table. */
export const LOOPBACK_URLS = ["dotted", "trailing dot", "decimal", "hex", "dotted hex", "dotted octal", "padded octal"]
  .concat(["short", "percent-encoded", "full-width"])
  .map((name) => `http://${NOTATIONS[name]?.([127, 0, 0, 1])}:{port}/`)
  .concat(["http://127.1:{port}/", "http://[::1]:{port}/", "http://localhost:{port}/", "http://x.LOCALHOST.:{port}/"]);

const IPV6 = [
  ...":: ::1 0:0:0:0:0:0:0:1 ::7f00:1 ::ffff:7f00:1 ::ffff:0:7f00:1 100::1 100:0:0:1::1 2001::1 2001:2::1 2001:3::1".split(
    " ",
  ),
  ..."2001:10::1 2001:20::1 2001:4:112::1 2001:db8::1 2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1".split(
    " ",
  ),
  ..."fd00::1 fd00:ec2::254 fe80::1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1 64:ff9b::7f00:1 64:ff9b:1::a00:1".split(
    " ",
  ),
  ..."2002:7f00:1:: 2001:0:7f00:1:: 1::1 ffff::1".split(" "),
];

const HAND_WRITTEN = [
  "http://127.1:{port}/",
  "http://127.0.1:{port}/",
  "http://0:{port}/",
  "http://0x0:{port}/",
  "http://017700000001:{port}/",
  "http://0x7f.0.0.0x1:{port}/",
  "http://①②⑦.⓪.⓪.①:{port}/",
  "http://127.0.0.1:{port}#@example.com/",
  "http://127.0.0.1:{port}?@example.com/",
  "http://example.com@127.0.0.1:{port}/",
  "http://user:password@127.0.0.1:{port}/",
  "http://127.0.0.1:{port}\\@example.com/",
  "http:\\\\127.0.0.1:{port}\\",
  "http:127.0.0.1:{port}/",
  "http:/127.0.0.1:{port}/",
  "http:////127.0.0.1:{port}/",
  "HtTp://127.0.0.1:{port}/",
  " \thttp://127.0.0.1:{port}/",
  "ht\ntp://127.0.0.1:{port}/",
  "http://127.0.\t0.1:{port}/",
  "http://127.0.0.1%00.example.com:{port}/",
  "http://127.0.0.1%0d%0aHost:{port}/",
  "http://[::1%25lo]:{port}/",
  "http://[fe80::1%25eth0]:{port}/",
  "http://[fe80::1%eth0]:{port}/",
  "http://[::1]:{port}.example.com/",
  "http://[127.0.0.1]:{port}/",
  "http://[v1.127.0.0.1]:{port}/",
  "http://::1:{port}/",
  "http://1.2.3.4.5:{port}/",
  "http://256.256.256.256:{port}/",
  "http://0x100000000:{port}/",
  "http://LOCALHOST:{port}/",
  "http://localhost.:{port}/",
  "http://a.b.localhost:{port}/",
  "http://lоcalhost.localhost:{port}/",
  "https://127.0.0.1:{port}/",
  "https://[::1]:{port}/",
  "ftp://127.0.0.1:{port}/",
  "gopher://127.0.0.1:{port}/_GET",
  "ws://127.0.0.1:{port}/",
  "file:///etc/passwd",
  "file://127.0.0.1:{port}/etc/passwd",
  "data:text/plain,inside",
  "javascript:fetch('http://127.0.0.1:{port}')",
  "unix:/var/run/docker.sock",
  "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
  "blob:http://127.0.0.1:{port}/x",
  "view-source:http://127.0.0.1:{port}/",
  "jar:http://127.0.0.1:{port}/!/x",
];

/** Refused for their port wherever they lead: another protocol lives there. 8.8.8.8 is public. */
const PORTS = [0, 1, 22, 25, 81, 110, 143, 444, 465, 587, 993, 1023, 2049, 5060, 6000, 6667, 10080].map(
  (port) => `http://8.8.8.8:${port}/`,
);

export const HOSTILE_URLS: readonly string[] = [
  ...IPV4.flatMap((address) =>
    Object.values(NOTATIONS).map((write) => `http://${write(bytesOf(address))}:{port}/latest/meta-data/`),
  ),
  ...IPV6.map((address) => `http://[${address}]:{port}/`),
  ...HAND_WRITTEN,
  ...PORTS,
];

/** What a name server of an attacker may answer, or one's own about a name inside. */
export const HOSTILE_ANSWERS: readonly (readonly string[])[] = [
  ...IPV4.map((address) => [address]),
  ...IPV6.map((address) => [address]),
  ["127.0.0.1", "::1"],
  ["::ffff:127.0.0.1", "10.0.0.1", "fe80::1"],
  ["127.1"],
  ["0x7f000001"],
  ["2130706433"],
  ["0177.0.0.1"],
  ["127.0.0.1."],
  ["[::1]"],
  ["fe80::1%lo"],
  ["::1%lo"],
  ["localhost"],
  [""],
  [],
];
