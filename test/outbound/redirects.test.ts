import type { RequestListener } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Outbound } from "../../server/outbound/service.ts";
import { AMPLE, cidrs, codeOf, type Listening, OUTSIDE, outboundTo, serve } from "./support.ts";

let outbound: Outbound;
const servers: Listening[] = [];
const up = async (handler: RequestListener) => {
  const server = await serve(handler);
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

/** `/302/n` redirects n times, then shows what arrived. */
const counting: RequestListener = ({ url = "", method, headers }, answer) => {
  const [, status = "", left = "0"] = url.split("/");
  if (left === "0") return answer.end(JSON.stringify({ method, headers }));
  answer.writeHead(Number(status), { location: `../${status}/${Number(left) - 1}` }).end("moved");
};

test.each([301, 302, 303, 307, 308])(
  "%i is followed by GET, and the answer says where it came from",
  async (status) => {
    const server = await up(counting);
    const got = await outbound.request({ ...AMPLE, url: `${server.url}/${status}/5` });
    await got.discard();
    expect([got.status, got.url, server.accepted()]).toEqual([200, `${server.url}/${status}/0`, 6]);
    await server.idle();
  },
);

test("redirects: one more than allowed, and a circle", async () => {
  const server = await up(counting);
  expect(await codeOf(outbound.request({ ...AMPLE, url: `${server.url}/302/6` }))).toBe("redirects");
  expect(await codeOf(outbound.request({ ...AMPLE, url: `${server.url}/302/2`, redirects: 1 }))).toBe("redirects");
  const circle = await up((_request, answer) => answer.writeHead(302, { location: "/" }).end());
  expect(await codeOf(outbound.request({ ...AMPLE, url: circle.url }))).toBe("redirects");
  expect(circle.accepted()).toBe(6);
});

test("a redirect is an answer where none is to be followed, has no Location, or meets a POST", async () => {
  const server = await up(counting);
  const nowhere = await up((_request, answer) => answer.writeHead(302).end());
  for (const options of [
    { url: `${server.url}/307/1`, redirects: 0 },
    { url: `${server.url}/307/1`, method: "POST", body: "once" } as const,
    { url: `${server.url}/307/1`, method: "POST", redirects: 5 } as const,
    { url: nowhere.url },
  ]) {
    const got = await outbound.request({ ...AMPLE, ...options });
    await got.discard();
    expect(got.status).toBeGreaterThanOrEqual(302);
  }
  expect(server.accepted()).toBe(3);
});

test("only harmless headers go along to another origin; to the same one all do", async () => {
  const other = await up(counting);
  const server = await up((request, answer) => {
    if (request.url === "/away") answer.writeHead(302, { location: `${other.url}/302/0` }).end();
    else counting(request, answer);
  });
  const secrets = { Authorization: "Bearer x", Cookie: "a=b", "X-Api-Key": "x", "Webhook-Signature": "v1,x" };
  const headers = { ...secrets, Accept: "application/rss+xml", "If-None-Match": '"1"' };
  const arrived = async (path: string) => {
    const got = await outbound.request({ ...AMPLE, url: server.url + path, headers });
    return JSON.parse((await got.bytes()).toString()).headers;
  };
  const same = await arrived("/302/1");
  expect(same).toMatchObject({ authorization: "Bearer x", cookie: "a=b", "x-api-key": "x" });
  const away = await arrived("/away");
  expect(away).toMatchObject({ accept: "application/rss+xml", "if-none-match": '"1"', "user-agent": "reelmark-test" });
  for (const name of Object.keys(secrets)) expect(away).not.toHaveProperty(name.toLowerCase());
});

test("the body of a redirect is not waited for, and its connection is closed", async () => {
  const server = await up(({ url }, answer) => {
    if (url === "/end") return answer.end("there");
    answer.writeHead(302, { location: "/end" }).write("a body without end");
  });
  const got = await outbound.request({ ...AMPLE, url: server.url });
  expect((await got.bytes()).toString()).toBe("there");
  await server.idle();
});

test("cookies that a redirect sets are not sent back", async () => {
  const server = await up((request, answer) => {
    if (request.url === "/") answer.writeHead(302, { location: "/302/0", "set-cookie": "a=b" }).end();
    else counting(request, answer);
  });
  const got = await outbound.request({ ...AMPLE, url: server.url });
  expect(JSON.parse((await got.bytes()).toString()).headers).not.toHaveProperty("cookie");
});

test("bad_url: a redirect to another scheme, with credentials, or to nothing that is a URL", async () => {
  for (const location of ["ftp://example.com/", "file:///etc/passwd", "http://a:b@example.com/", "http://", "//[::"]) {
    const server = await up((_request, answer) => answer.writeHead(302, { location }).end());
    expect(await codeOf(outbound.request({ ...AMPLE, url: server.url }))).toBe("bad_url");
  }
});
