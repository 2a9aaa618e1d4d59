import { brotliCompressSync, gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outbound } from "../../server/outbound/service.ts";
import { AMPLE, cidrs, codeOf, type Listening, OUTSIDE, outboundTo, serve, serveTcp } from "./support.ts";

const MB = 1024 * 1024;
/** Short enough to wait for, and no test asks how long it was. */
const SOON = { ...AMPLE, totalMs: 300 };

let outbound: Outbound;
const servers: Listening[] = [];
const up = async <T extends Listening>(starting: Promise<T>): Promise<T> => {
  const server = await starting;
  servers.push(server);
  return server;
};
const tcpUrl = ({ port }: Listening) => `http://${OUTSIDE}:${port}/`;

beforeEach(() => {
  outbound = outboundTo(cidrs(`${OUTSIDE}/32`));
});
afterEach(async () => {
  await outbound.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const bytesOf = async (options: Parameters<Outbound["request"]>[0]) => (await outbound.request(options)).bytes();

describe("too_large", () => {
  test("a gzip bomb of 1 GB in 1 MB stops at the limit, in little memory", async () => {
    const member = gzipSync(Buffer.alloc(10 * MB));
    const bomb = Buffer.concat(Array.from({ length: 103 }, () => member));
    expect(bomb.length).toBeLessThan(1.2 * MB);
    const server = await up(
      serve((_request, answer) => answer.writeHead(200, { "content-encoding": "gzip" }).end(bomb)),
    );
    const got = await outbound.request({ ...AMPLE, url: server.url, maxBytes: 2 * MB, maxDecodedBytes: 50 * MB });
    const start = process.memoryUsage().rss;
    let [read, peak] = [0, 0];
    const reading = async () => {
      for await (const chunk of got.stream) {
        read += chunk.byteLength;
        peak = Math.max(peak, process.memoryUsage().rss - start);
      }
    };
    expect(await codeOf(reading())).toBe("too_large");
    expect(read).toBeGreaterThan(40 * MB);
    expect(read).toBeLessThanOrEqual(50 * MB);
    expect(peak).toBeLessThan(100 * MB);
    await server.idle();
  });

  test("a brotli bomb of 50 MB in a few dozen bytes stops likewise", async () => {
    const bomb = brotliCompressSync(Buffer.alloc(50 * MB));
    const server = await up(serve((_request, answer) => answer.writeHead(200, { "content-encoding": "br" }).end(bomb)));
    expect(await codeOf(bytesOf({ ...AMPLE, url: server.url }))).toBe("too_large");
    await server.idle();
  });

  test("a body without end stops at the limit, and its connection is closed", async () => {
    const server = await up(
      serve((_request, answer) => {
        const more = () => {
          while (answer.write(Buffer.alloc(16_384)));
        };
        answer.on("drain", more);
        more();
      }),
    );
    expect(await codeOf(bytesOf({ ...AMPLE, url: server.url }))).toBe("too_large");
    await server.idle();
  });

  test("a declared length over the limit is refused before a byte of it is read", async () => {
    const server = await up(
      serve((_request, answer) => void answer.writeHead(200, { "content-length": "1000001" }).flushHeaders()),
    );
    expect(await codeOf(outbound.request({ ...AMPLE, url: server.url }))).toBe("too_large");
    await server.idle();
  });

  test("exactly the limit passes on both sides of decompression, one byte more on neither", async () => {
    const plain = Buffer.from("twelve bytes");
    const packed = gzipSync(plain);
    const server = await up(
      serve(({ url }, answer) => {
        if (url === "/gzip") answer.setHeader("content-encoding", "gzip");
        answer.write(url === "/gzip" ? packed : plain);
        answer.end();
      }),
    );
    const ask = (path: string, maxBytes: number, maxDecodedBytes: number) =>
      bytesOf({ ...AMPLE, url: server.url + path, maxBytes, maxDecodedBytes });
    expect(await ask("/", 12, 12)).toEqual(plain);
    expect(await ask("/gzip", packed.length, 12)).toEqual(plain);
    expect(await codeOf(ask("/", 11, 12))).toBe("too_large");
    expect(await codeOf(ask("/gzip", packed.length - 1, 12))).toBe("too_large");
    expect(await codeOf(ask("/gzip", packed.length, 11))).toBe("too_large");
  });

  test("headers without end", async () => {
    const server = await up(
      serveTcp((socket) => {
        socket.write(`HTTP/1.1 200 OK\r\n${`X-Filler: ${"x".repeat(1000)}\r\n`.repeat(100)}`);
      }),
    );
    expect(await codeOf(outbound.request({ ...AMPLE, url: tcpUrl(server) }))).toBe("too_large");
    await server.idle();
  });
});

describe("timeout", () => {
  const every = (ms: number, text: string, first: string) =>
    serveTcp((socket) => {
      socket.write(first);
      const timer = setInterval(() => socket.write(text), ms);
      socket.once("close", () => clearInterval(timer));
    });

  test.each([
    ["a body that drips", "x", "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ["a chunked body that drips", "1\r\nx\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"],
    ["chunk extensions that drip", "x", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"],
    ["headers that drip", "X-Filler: x\r\n", "HTTP/1.1 200 OK\r\n"],
    ["interim answers without end", "HTTP/1.1 103 Early Hints\r\n\r\n", ""],
    ["silence", "", ""],
  ])("%s", async (_title, text, first) => {
    const server = await up(every(20, text, first));
    expect(await codeOf(bytesOf({ ...SOON, url: tcpUrl(server) }))).toBe("timeout");
    await server.idle();
  });

  test("a TLS handshake that is never answered, within connectMs", async () => {
    const server = await up(serveTcp(() => undefined));
    const asked = outbound.request({ ...AMPLE, url: `https://${OUTSIDE}:${server.port}/`, connectMs: 200 });
    expect(await codeOf(asked)).toBe("timeout");
    await server.idle();
  });

  test("a resolver that never answers, within connectMs", async () => {
    await outbound.close();
    outbound = outboundTo([], { resolve: () => Promise.withResolvers<string[]>().promise });
    expect(await codeOf(outbound.request({ ...AMPLE, url: "http://name.test/", connectMs: 100 }))).toBe("timeout");
  });

  test("redirects share the time of the whole", async () => {
    const server = await up(
      serve((_request, answer) => void setTimeout(() => answer.writeHead(302, { location: "/" }).end(), 100)),
    );
    expect(await codeOf(outbound.request({ ...SOON, url: server.url, redirects: 100 }))).toBe("timeout");
    await server.idle();
  });

  test("an answer that nobody reads is closed", async () => {
    const server = await up(serve((_request, answer) => void answer.write("begun")));
    const got = await outbound.request({ ...SOON, url: server.url });
    await server.idle();
    expect(await codeOf(got.bytes())).toBe("timeout");
  });
});

describe("what a signal or close ends", () => {
  const begun = () => up(serve(({ url }, answer) => void (url === "/silent" ? undefined : answer.write("begun"))));

  test("a signal that is aborted already: nothing is opened", async () => {
    const server = await begun();
    const signal = AbortSignal.abort(new Error("stop"));
    await expect(outbound.request({ ...AMPLE, url: server.url, signal })).rejects.toThrow("stop");
    expect(server.accepted()).toBe(0);
  });

  test("a signal before the head of the answer, and while its body is read", async () => {
    const server = await begun();
    const early = new AbortController();
    const asked = outbound.request({ ...AMPLE, url: `${server.url}/silent`, signal: early.signal });
    setTimeout(() => early.abort(new Error("stop early")), 50);
    await expect(asked).rejects.toThrow("stop early");
    const late = new AbortController();
    const got = await outbound.request({ ...AMPLE, url: server.url, signal: late.signal });
    setTimeout(() => late.abort(new Error("stop late")), 50);
    await expect(got.bytes()).rejects.toThrow("stop late");
    await server.idle();
  });

  test("discard closes the connection, as does leaving the loop over a stream", async () => {
    const server = await begun();
    await (await outbound.request({ ...AMPLE, url: server.url })).discard();
    await server.idle();
    for await (const chunk of (await outbound.request({ ...AMPLE, url: server.url })).stream) {
      expect(Buffer.from(chunk).toString()).toBe("begun");
      break;
    }
    await server.idle();
    expect(server.accepted()).toBe(2);
  });

  test("close ends what is under way and accepts no more", async () => {
    const server = await begun();
    const silent = codeOf(outbound.request({ ...AMPLE, url: `${server.url}/silent` }));
    const got = await outbound.request({ ...AMPLE, url: server.url });
    await outbound.close();
    expect(await silent).toBe("network");
    expect(await codeOf(got.bytes())).toBe("network");
    expect(await codeOf(outbound.request({ ...AMPLE, url: server.url }))).toBe("network");
    await server.idle();
  });
});
