import { once } from "node:events";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Outbound } from "../../server/outbound/service.ts";
import { AMPLE, cidrs, codeOf, type Listening, OUTSIDE, outboundTo, serve, serveTcp } from "./support.ts";

let outbound: Outbound;
const servers: Listening[] = [];
const up = async <T extends Listening>(starting: Promise<T>): Promise<T> => {
  const server = await starting;
  servers.push(server);
  return server;
};

beforeEach(() => {
  outbound = outboundTo(cidrs(`${OUTSIDE}/32`));
});
afterEach(async () => {
  await outbound.close();
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

const TEXT = Buffer.from("a feed, ".repeat(10_000));
const answering = (coding: string, body: Buffer) =>
  up(serve((_request, answer) => answer.writeHead(200, { "content-encoding": coding }).end(body)));
const bytesFrom = async (url: string) => (await outbound.request({ ...AMPLE, url })).bytes();

describe("compression", () => {
  test.each([
    ["gzip", gzipSync(TEXT)],
    ["GZip", Buffer.concat([gzipSync(TEXT.subarray(0, 9)), gzipSync(TEXT.subarray(9))])],
    ["x-gzip", gzipSync(TEXT)],
    ["deflate", deflateSync(TEXT)],
    ["deflate", deflateRawSync(TEXT)],
    ["br", brotliCompressSync(TEXT)],
    ["zstd", zstdCompressSync(TEXT)],
    ["identity", TEXT],
    ["", TEXT],
    ["deflate", Buffer.alloc(0)],
  ])("%s is undone", async (coding, body) => {
    const { url } = await answering(coding, body);
    expect(await bytesFrom(url)).toEqual(body.length === 0 ? body : TEXT);
  });

  test.each([
    ["gzip that is cut off", "gzip", gzipSync(TEXT).subarray(0, -20)],
    ["brotli that is cut off", "br", brotliCompressSync(TEXT).subarray(0, -5)],
    ["zstd that is cut off", "zstd", zstdCompressSync(TEXT).subarray(0, -5)],
    ["deflate that is cut off", "deflate", deflateSync(TEXT).subarray(0, -20)],
    ["text that says it is gzip", "gzip", TEXT],
    ["text that says it is brotli", "br", TEXT],
    ["text that says it is zstd", "zstd", TEXT],
    ["text that says it is deflate", "deflate", TEXT],
    ["two on top of each other", "gzip, gzip", gzipSync(gzipSync(TEXT))],
    ["one that was not asked for", "compress", TEXT],
    ["one named like a property of every object", "constructor", TEXT],
  ])("encoding: %s", async (_title, coding, body) => {
    const server = await answering(coding, body);
    expect(await codeOf(bytesFrom(server.url))).toBe("encoding");
    await server.idle();
  });

  test("the head of an answer without a body is no broken encoding", async () => {
    const server = await up(
      serve(({ method, url }, answer) => {
        const status = Number(url?.slice(1));
        const length = method === "HEAD" ? { "content-length": "99999999" } : {};
        answer.writeHead(status, { "content-encoding": "gzip", ...length }).end();
      }),
    );
    for (const [method, status] of [
      ["HEAD", 200],
      ["GET", 204],
      ["GET", 304],
    ] as const) {
      const got = await outbound.request({ ...AMPLE, url: `${server.url}/${status}`, method });
      expect([got.status, (await got.bytes()).length]).toEqual([status, 0]);
    }
  });
});

describe("a connection that breaks", () => {
  test.each([
    ["at once", ""],
    ["in the headers", "HTTP/1.1 200 OK\r\nContent-Le"],
    ["in a body of declared length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"],
    ["in a chunked body", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n"],
  ])("network: %s, whether it is ended or reset", async (_title, text) => {
    for (const end of ["end", "resetAndDestroy"] as const) {
      const server = await up(
        serveTcp((socket) => void socket.once("data", () => socket.write(text, () => socket[end]()))),
      );
      expect(await codeOf(bytesFrom(`http://${OUTSIDE}:${server.port}/`))).toBe("network");
    }
  });

  test("network: what is no HTTP, two lengths, a length and chunks, an upgrade that nobody asked for", async () => {
    for (const text of [
      "220 mail.example.com ESMTP\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    ]) {
      const server = await up(serveTcp((socket) => void socket.once("data", () => socket.end(text))));
      expect([text, await codeOf(bytesFrom(`http://${OUTSIDE}:${server.port}/`))]).toEqual([text, "network"]);
    }
  });

  test("bytes after the end of an answer are none of it", async () => {
    const text = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbodyHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
    const server = await up(serveTcp((socket) => void socket.once("data", () => socket.end(text))));
    expect((await bytesFrom(`http://${OUTSIDE}:${server.port}/`)).toString()).toBe("body");
  });

  test("refused: nobody listens", async () => {
    const server = await serveTcp(() => undefined);
    await server.close();
    expect(await codeOf(bytesFrom(`http://${OUTSIDE}:${server.port}/`))).toBe("refused");
  });
});

describe("a request", () => {
  test("has a connection of its own, which the answer ends, though the server would keep it", async () => {
    const heads: (string | undefined)[] = [];
    const server = await up(
      serve(({ headers }, answer) => {
        heads.push(headers.connection);
        answer.setHeader("connection", "keep-alive").end("kept");
      }),
    );
    for (const _ of [1, 2, 3]) expect((await bytesFrom(server.url)).toString()).toBe("kept");
    await server.idle();
    expect([server.accepted(), ...heads]).toEqual([3, "close", "close", "close"]);
  });

  test("sends what it was given, and an Accept-Encoding of ours", async () => {
    const server = await up(
      serve(async (request, answer) => {
        const chunks: Buffer[] = [];
        request.on("data", (chunk: Buffer) => chunks.push(chunk));
        await once(request, "end");
        answer.end(JSON.stringify([request.method, request.url, request.headers, Buffer.concat(chunks).toString()]));
      }),
    );
    const url = `${server.url}/a?b=%20c#fragment`;
    const got = await outbound.request({ ...AMPLE, url, method: "POST", headers: { "X-One": "1" }, body: "é" });
    expect(got.url).toBe(`${server.url}/a?b=%20c`);
    expect(JSON.parse((await got.bytes()).toString())).toEqual([
      "POST",
      "/a?b=%20c",
      {
        host: `${OUTSIDE}:${server.port}`,
        connection: "close",
        "user-agent": "reelmark-test",
        accept: "*/*",
        "accept-encoding": "gzip, deflate, br, zstd",
        "content-length": "2",
        "x-one": "1",
      },
      "é",
    ]);
  });

  test("cannot set headers of the connection", async () => {
    for (const name of ["Host", "content-length", "Transfer-Encoding", "Connection", "Proxy-Authorization"]) {
      const asked = outbound.request({ ...AMPLE, url: `http://${OUTSIDE}/`, headers: { [name]: "x" } });
      await expect(asked).rejects.toThrow(TypeError);
    }
  });

  test("answers with headers by lower-case name, several of one name joined", async () => {
    const server = await up(
      serve((_request, answer) =>
        answer
          .writeHead(
            200,
            [
              ["X-Two", "a"],
              ["x-two", "b"],
            ].flat(),
          )
          .end(),
      ),
    );
    const got = await outbound.request({ ...AMPLE, url: server.url });
    await got.discard();
    expect(got.headers["x-two"]).toBe("a, b");
  });
});
