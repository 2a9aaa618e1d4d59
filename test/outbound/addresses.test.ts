import { describe, expect, test } from "vitest";
import { readConfig } from "../../server/config.ts";
import { addressPolicy, parseCidr } from "../../server/outbound/addresses.ts";
import { checkOutboundUrl } from "../../server/outbound/service.ts";
import { AMPLE, cidrs, codeOf, OUTSIDE, outboundTo, serve } from "./support.ts";

describe("addresses", () => {
  test("the open internet is permitted", () => {
    const policy = addressPolicy([], () => []);
    for (const address of ["1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1"]) {
      expect([address, policy.permits(address)]).toEqual([address, true]);
    }
    for (const address of ["2606:4700::1111", "2a00:1450:4001::5e", "2001:4860:4860::8888", "2400:cb00::1"]) {
      expect([address, policy.permits(address)]).toEqual([address, true]);
    }
  });

  test("this machine's own public address is refused, unless the operator allows it", () => {
    const own = () => ["fe80::1%eth0", "8.8.4.4", "2606:4700:0:0::1"];
    expect(addressPolicy([], own).permits("8.8.4.4")).toBe(false);
    expect(addressPolicy([], own).permits("2606:4700::1")).toBe(false);
    expect(addressPolicy([], own).permits("8.8.8.8")).toBe(true);
    expect(addressPolicy(cidrs("8.8.4.4"), own).permits("8.8.4.4")).toBe(true);
  });

  test("an allowed range opens itself alone: no neighbour, and no other form of the same address", () => {
    const policy = addressPolicy(cidrs("127.0.0.0/9", "fd00:1::/32"), () => []);
    for (const address of ["127.0.0.1", "127.127.255.255", "fd00:1::1"]) expect(policy.permits(address)).toBe(true);
    for (const address of ["127.128.0.0", "126.255.255.255x", "10.0.0.1", "fd00:2::1", "::ffff:127.0.0.1", "::1"]) {
      expect([address, policy.permits(address)]).toEqual([address, false]);
    }
  });
});

describe("OUTBOUND_ALLOW", () => {
  test("is read as ranges and addresses; nothing is allowed by default", () => {
    const { OUTBOUND_ALLOW } = readConfig({ OUTBOUND_ALLOW: "127.0.0.0/8, ::1,fd00::/8" });
    expect(OUTBOUND_ALLOW.map(([first, bits]) => `${first}/${bits}`)).toEqual(["127.0.0.0/8", "::1/128", "fd00::/8"]);
    expect(readConfig({}).OUTBOUND_ALLOW).toEqual([]);
  });

  test("a range that is none is a problem that names it", () => {
    for (const text of [
      "localhost",
      "10.0.0.0/33",
      "10.0.0.1/8",
      "fd00::1/8",
      "010.0.0.0/8",
      "10/8",
      "::1/129",
      "10.0.0.0/",
    ]) {
      expect([text, parseCidr(text)]).toEqual([text, undefined]);
      expect(() => readConfig({ OUTBOUND_ALLOW: `127.0.0.1,${text}` })).toThrow(`OUTBOUND_ALLOW has "${text}"`);
    }
    for (const text of ["fe80::1%lo/128", "10.0.0.0/8/8", "10.0.0.0/-1", "10.0.0.0/08", "10.0.0.0/ 8", ""]) {
      expect([text, parseCidr(text)]).toEqual([text, undefined]);
    }
  });
});

describe("checkOutboundUrl", () => {
  test.each([
    ["https://Example.COM:443/a b?c#d", "https://example.com/a%20b?c"],
    ["http://example.com.", "http://example.com/"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/"],
    ["http://example.com:8080/feed", "http://example.com:8080/feed"],
    ["http://0x08.8.8.8/", "http://8.8.8.8/"],
    ["http://not-yet-resolved.internal/", "http://not-yet-resolved.internal/"],
  ])("%s is %s", (text, url) => expect(checkOutboundUrl(text, [])).toEqual({ url }));

  test.each([
    ["example.com/feed", "This is not a URL"],
    ["", "This is not a URL"],
    ["ftp://example.com/", "must begin with https:// or http://"],
    ["https://user@example.com/", "user name or password"],
    ["https://:password@example.com/", "user name or password"],
    ["https://example.com:22/", "port"],
    ["https://example.com:6667/", "port"],
    [`https://example.com/${"x".repeat(2048)}`, "longer than 2048"],
    ["http://2130706433/", "not public"],
    ["http://[::ffff:10.0.0.1]/", "not public"],
    ["http://localhost:3000/", "not public"],
    ["http://api.localhost/", "not public"],
  ])("%.40s is refused: %s", (text, reason) => {
    expect(checkOutboundUrl(text, [])).toEqual({ reason: expect.stringContaining(reason) });
  });

  test("what the operator allows passes", () => {
    const allow = cidrs("127.0.0.0/8");
    expect(checkOutboundUrl("http://localhost:3000/", allow)).toEqual({ url: "http://localhost:3000/" });
    expect(checkOutboundUrl("http://127.1:3000/", allow)).toEqual({ url: "http://127.0.0.1:3000/" });
    expect(checkOutboundUrl("http://[::1]:3000/", allow)).toEqual({ reason: expect.stringContaining("not public") });
  });
});

test("an own address that a name leads to is refused at the request", async () => {
  const server = await serve((_request, answer) => answer.end("inside"));
  const outbound = outboundTo([], { resolve: async () => ["8.8.4.4"], ownAddresses: () => ["8.8.4.4"] });
  expect(await codeOf(outbound.request({ ...AMPLE, url: "http://self.test/" }))).toBe("dns");
  expect(await codeOf(outbound.request({ ...AMPLE, url: `http://${OUTSIDE}:${server.port}/` }))).toBe("blocked");
  expect(server.accepted()).toBe(0);
  await outbound.close();
  await server.close();
});
