import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { CERTIFICATE, CERTIFICATE_KEY } from "./certificate.ts";
import { AMPLE, canary, cidrs, codeOf, OUTSIDE, outboundTo, serve } from "./support.ts";

const server = createServer({ cert: CERTIFICATE, key: CERTIFICATE_KEY }, (request, answer) => {
  if (request.url === "/down") answer.writeHead(302, { location: `http://${OUTSIDE}:${plain.port}/` }).end();
  else answer.end(`${request.headers.host} ${request.httpVersion}`);
});
let plain: Awaited<ReturnType<typeof serve>>;
let port: number;

beforeAll(async () => {
  plain = await serve((request, answer) => answer.end(request.headers.authorization ?? "no authorization"));
  server.listen(0, OUTSIDE);
  await once(server, "listening");
  // A TCP server that listens has an address of this form; only pipes have a string.
  port = (server.address() as AddressInfo).port;
});
afterEach(() => vi.unstubAllEnvs());
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await plain.close();
});

const allow = cidrs(`${OUTSIDE}/32`);
const resolve = async () => [OUTSIDE];

test("a name is spoken to under its own certificate, at the address that was checked", async () => {
  const outbound = outboundTo(allow, { resolve, ca: CERTIFICATE });
  for (const host of ["name.test", "NAME.test.", OUTSIDE]) {
    const got = await outbound.request({ ...AMPLE, url: `https://${host}:${port}/` });
    expect((await got.bytes()).toString()).toBe(`${host.toLowerCase().replace(/\.$/, "")}:${port} 1.1`);
  }
  await outbound.close();
});

test("tls: another name, an unknown authority, a server that speaks no TLS, whatever the environment says", async () => {
  vi.stubEnv("NODE_TLS_REJECT_UNAUTHORIZED", "0");
  const trusting = outboundTo(allow, { resolve, ca: CERTIFICATE });
  const usual = outboundTo(allow, { resolve });
  expect(await codeOf(trusting.request({ ...AMPLE, url: `https://other.test:${port}/` }))).toBe("tls");
  expect(await codeOf(usual.request({ ...AMPLE, url: `https://name.test:${port}/` }))).toBe("tls");
  expect(await codeOf(trusting.request({ ...AMPLE, url: `https://name.test:${plain.port}/` }))).toBe("tls");
  await Promise.all([trusting.close(), usual.close()]);
});

test("a redirect from https to http is followed, without what was meant for https alone", async () => {
  const outbound = outboundTo(allow, { resolve, ca: CERTIFICATE });
  const headers = { authorization: "Bearer x" };
  const got = await outbound.request({ ...AMPLE, url: `https://name.test:${port}/down`, headers });
  expect((await got.bytes()).toString()).toBe("no authorization");
  await outbound.close();
});

test("a proxy of the environment is not asked", async () => {
  const proxy = await canary("127.0.0.1");
  for (const name of ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"]) {
    vi.stubEnv(name, `http://127.0.0.1:${proxy.port}`);
  }
  vi.stubEnv("NODE_USE_ENV_PROXY", "1");
  const outbound = outboundTo(allow, { resolve, ca: CERTIFICATE });
  await (await outbound.request({ ...AMPLE, url: plain.url })).discard();
  await (await outbound.request({ ...AMPLE, url: `https://name.test:${port}/` })).discard();
  expect(proxy.accepted()).toBe(0);
  await outbound.close();
  await proxy.close();
});
