import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { createGzip } from "node:zlib";

/** How the issuer behaves when it is asked for its keys. */
export type Mode =
  | "good"
  | "hang"
  | "drip"
  | "huge"
  | "gzip-bomb"
  | "error"
  | "redirect"
  | "garbage"
  | "deep"
  | "no-keys"
  | "cut";

// A real issuer in a process of its own: /jwks.json for everybody, /control and /hits for the test that started it.
let mode: Mode = "good";
let jwks = '{"keys":[]}';
let hits = 0;
let followed = 0;

/** After its keys an issuer may send as much as it likes: by its grammar the answer is good. */
const blanks = Buffer.alloc(64 * 1024, " ");
const JSON_TYPE = { "content-type": "application/json" };

/** Writes the keys, then blanks as fast as the reader takes it, until `bytes` are out or the reader has gone. */
function pour(into: NodeJS.WritableStream & { destroyed?: boolean }, bytes: number): void {
  let left = bytes;
  into.write(jwks);
  const more = (): void => {
    while (left > 0 && into.destroyed !== true) {
      left -= blanks.length;
      if (!into.write(blanks)) return void into.once("drain", more);
    }
    into.end();
  };
  more();
}

const behave: Record<Mode, (res: ServerResponse) => void> = {
  good: (res) => res.writeHead(200, JSON_TYPE).end(jwks),
  hang: () => {},
  drip: (res) => {
    res.writeHead(200, JSON_TYPE);
    const timer = setInterval(() => res.write(" "), 100);
    res.on("close", () => clearInterval(timer));
  },
  huge: (res) => pour(res.writeHead(200, JSON_TYPE), 10 * 1024 * 1024),
  "gzip-bomb": (res) => {
    const gzip = createGzip({ level: 1 });
    gzip.pipe(res.writeHead(200, { ...JSON_TYPE, "content-encoding": "gzip" }));
    res.on("close", () => gzip.destroy());
    pour(gzip, 1024 ** 3);
  },
  error: (res) => res.writeHead(500, JSON_TYPE).end(jwks),
  redirect: (res) => res.writeHead(302, { location: "/elsewhere.json" }).end(),
  garbage: (res) => res.writeHead(200, JSON_TYPE).end("<html>not keys</html>"),
  deep: (res) => res.writeHead(200, JSON_TYPE).end(`{"keys":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  "no-keys": (res) => res.writeHead(200, JSON_TYPE).end('{"keys":{"0":null}}'),
  cut: (res) => {
    res.writeHead(200, { ...JSON_TYPE, "content-length": String(jwks.length) });
    res.write(jwks.slice(0, 20));
    setTimeout(() => res.destroy(), 20);
  },
};

const server = createServer((req, res) => {
  const [path] = (req.url ?? "").split("?");
  if (path === "/jwks.json") {
    hits++;
    behave[mode](res);
  } else if (path === "/elsewhere.json" || path === "/evil.json") {
    followed++;
    res.writeHead(200, JSON_TYPE).end(jwks);
  } else if (path === "/control") {
    void text(req).then((body) => {
      // The test that started this process is the only one that writes to it.
      const order = JSON.parse(body) as { mode?: Mode; jwks?: object };
      mode = order.mode ?? mode;
      if (order.jwks) jwks = JSON.stringify(order.jwks);
      res.writeHead(204).end();
    });
  } else if (path === "/hits") res.writeHead(200, JSON_TYPE).end(JSON.stringify({ hits, followed }));
  else res.writeHead(404).end();
});
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address !== null) process.stdout.write(`http://127.0.0.1:${address.port}\n`);
});
// It ends with the process that started it, however that ends.
process.stdin.on("end", () => process.exit(0)).resume();
