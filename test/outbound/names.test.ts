import { afterAll, beforeAll, expect, test } from "vitest";
import { dnsResolver } from "../../server/outbound/resolve.ts";
import type { Outbound } from "../../server/outbound/service.ts";
import { nameServer } from "./name-server.ts";
import { AMPLE, cidrs, codeOf, OUTSIDE, outboundTo, serve } from "./support.ts";

const ZONE = {
  "good.test": [OUTSIDE],
  "both.test": ["127.0.0.1", "10.0.0.1", "::1", OUTSIDE],
  "inside.test": ["127.0.0.1", "::1", "10.0.0.1", "fd00::1"],
  "mapped.test": ["::ffff:7f00:1", "64:ff9b::7f00:1"],
  "empty.test": [],
  "silent.test": "silent",
} as const;

let names: Awaited<ReturnType<typeof nameServer>>;
let server: Awaited<ReturnType<typeof serve>>;
let outbound: Outbound;

beforeAll(async () => {
  names = await nameServer(ZONE);
  server = await serve(({ headers }, answer) => answer.end(headers.host));
  outbound = outboundTo(cidrs(`${OUTSIDE}/32`), { resolve: dnsResolver([names.address]) });
});
afterAll(async () => {
  await outbound.close();
  await server.close();
  await names.close();
});

const ask = (host: string) => outbound.request({ ...AMPLE, url: `http://${host}:${server.port}/` });

test("a name of the DNS is reached at its address, under its own name", async () => {
  for (const host of ["good.test", "both.test", "GOOD.test."]) {
    const name = host.toLowerCase().replace(/\.$/, "");
    expect((await (await ask(host)).bytes()).toString()).toBe(`${name}:${server.port}`);
  }
});

test("dns: a name that leads inside, has no address, or does not exist", async () => {
  for (const host of ["inside.test", "mapped.test", "empty.test", "missing.test"]) {
    expect([host, await codeOf(ask(host))]).toEqual([host, "dns"]);
  }
});

test("timeout: a name server that is silent, ended by connectMs or by the caller's signal", async () => {
  const url = "http://silent.test/";
  expect(await codeOf(outbound.request({ ...AMPLE, url, connectMs: 100 }))).toBe("timeout");
  const stop = new AbortController();
  const asked = outbound.request({ ...AMPLE, url, signal: stop.signal });
  setTimeout(() => stop.abort(new Error("stop")), 50);
  await expect(asked).rejects.toThrow("stop");
});

test("what is called off is not asked a second time", async () => {
  const before = names.asked().length;
  const stop = new AbortController();
  const resolving = dnsResolver([names.address])("silent.test", stop.signal);
  setTimeout(() => stop.abort(new Error("stop")), 50);
  await expect(resolving).rejects.toThrow("stop");
  // Once for A and once for AAAA; each would be repeated before it is given up.
  expect(names.asked().length - before).toBe(2);
});

test("an address literal and localhost are never asked for", async () => {
  for (const host of ["2130706433", "localhost", "x.localhost", "[::1]"])
    expect(await codeOf(ask(host))).toBe("blocked");
  expect(names.asked().filter((name) => !name.endsWith(".test"))).toEqual([]);
});
