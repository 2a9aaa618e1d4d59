import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Outbound } from "../../server/outbound/service.ts";
import { HOSTILE_ANSWERS, HOSTILE_URLS, LOOPBACK_URLS } from "./hostile-urls.ts";
import { AMPLE, canary, cidrs, codeOf, type Listening, OUTSIDE, outboundTo, serve } from "./support.ts";

/** Refused before anything was opened; any other code would mean that a connection was tried. */
const UNTRIED = ["blocked", "bad_url", "dns"];
/** Nothing waits so long; it is for the day on which the guard is broken and there is much to wait for. */
const SOON = { ...AMPLE, totalMs: 1_000 };
const OUTSIDE_ONLY = cidrs(`${OUTSIDE}/32`);

let everywhere: Listening;
let outside: Awaited<ReturnType<typeof serve>>;
/** On the port of the server outside, but at home: what a name with two addresses could be made to reach. */
let atHome: Listening[];
const opened: Outbound[] = [];
const open = (...options: Parameters<typeof outboundTo>) => {
  const outbound = outboundTo(...options);
  opened.push(outbound);
  return outbound;
};

/** IPv6 is a matter of the machine; the canary hears IPv4 alone where there is none. */
const orUndefined = (listening: Promise<Listening>) => listening.catch(() => undefined);

beforeAll(async () => {
  everywhere = (await orUndefined(canary("::"))) ?? (await canary("0.0.0.0"));
  outside = await serve((request, answer) => {
    const to = new URL(request.url ?? "/", "http://outside").searchParams.get("to");
    if (to === null) return answer.end("outside");
    // A header is Latin-1: what is not goes percent-encoded, which a host decodes again.
    answer.writeHead(302, { location: to.replace(/[^\0-\xff]/g, encodeURIComponent) }).end();
  });
  const home = [await canary("127.0.0.1", outside.port), await orUndefined(canary("::1", outside.port))];
  atHome = home.filter((listening) => listening !== undefined);
});

afterAll(async () => {
  await Promise.all(opened.map((outbound) => outbound.close()));
  await Promise.all([everywhere, outside, ...atHome].map((listening) => listening.close()));
});

const withPort = (url: string) => url.replaceAll("{port}", String(everywhere.port));
const seenInside = () => [everywhere, ...atHome].map((listening) => listening.accepted());
const nothing = () => seenInside().map(() => 0);

/** Runs them all; the URLs whose refusal is not one of those before a connection, with what happened. */
async function tried(urls: readonly string[], ask: (url: string) => Promise<unknown>): Promise<[string, string][]> {
  const results: [string, string][] = [];
  for (const url of urls) {
    const code = await codeOf(ask(url)).catch((error: unknown) => String(error));
    if (!UNTRIED.includes(code)) results.push([url, code]);
  }
  return results;
}

describe("a URL that leads inside", () => {
  test("is one of more than 200, each different", () => {
    expect(new Set(HOSTILE_URLS).size).toBe(HOSTILE_URLS.length);
    expect(HOSTILE_URLS.length).toBeGreaterThanOrEqual(200);
  });

  test("opens no connection, however it is written", async () => {
    const outbound = open([], { resolve: async () => ["127.0.0.1"] });
    expect(await tried(HOSTILE_URLS.map(withPort), (url) => outbound.request({ ...SOON, url }))).toEqual([]);
    expect(seenInside()).toEqual(nothing());
  });

  test("opens no connection as the aim of a redirect", async () => {
    const outbound = open(OUTSIDE_ONLY, { resolve: async () => ["::1", "127.0.0.1"] });
    // A line end cannot stand in a header; http:/path means a path of the same host when it comes from one.
    const aims = HOSTILE_URLS.map(withPort).filter((url) => !/[\t\n]/.test(url) && !/^http:\/?1/.test(url));
    const before = outside.accepted();
    const ask = (url: string) => outbound.request({ ...SOON, url: `${outside.url}/?to=${encodeURIComponent(url)}` });
    expect(await tried(aims, ask)).toEqual([]);
    expect(outside.accepted() - before).toBe(aims.length);
    expect(aims.length).toBeGreaterThanOrEqual(200);
    expect(seenInside()).toEqual(nothing());
  });

  test("control: with the addresses allowed, every notation of loopback reaches the same canary", async () => {
    const control = await canary("127.0.0.1");
    const control6 = await orUndefined(canary("::1", control.port));
    const outbound = open(cidrs("127.0.0.0/8", "::1/128"));
    const reached = () => control.accepted() + (control6?.accepted() ?? 0);
    const urls = control6 ? LOOPBACK_URLS : LOOPBACK_URLS.filter((url) => !url.includes("::1"));
    for (const url of urls) {
      const before = reached();
      await codeOf(outbound.request({ ...AMPLE, url: url.replace("{port}", String(control.port)) }));
      expect([url, reached() > before]).toEqual([url, true]);
    }
    await Promise.all([control.close(), control6?.close()]);
  });
});

describe("a name that leads inside", () => {
  test("opens no connection, whatever its name server answers", async () => {
    for (const answer of HOSTILE_ANSWERS) {
      const outbound = open([], { resolve: async () => answer });
      const code = await codeOf(outbound.request({ ...AMPLE, url: `http://name.test:${everywhere.port}/` }));
      expect([answer, code]).toEqual([answer, "dns"]);
    }
    expect(seenInside()).toEqual(nothing());
  });

  test("is told apart from one that does not exist neither by code nor by message", async () => {
    const tell = async (resolve: () => Promise<string[]>) =>
      open([], { resolve })
        .request({ ...AMPLE, url: "http://name.test/" })
        .catch((error: unknown) => String(error));
    const missing = await tell(() => Promise.reject(new Error("queryA ENOTFOUND name.test")));
    expect(missing).toContain("has no public address");
    expect(await tell(async () => ["127.0.0.1"])).toBe(missing);
    expect(await tell(async () => ["10.1.2.3"])).toBe(missing);
  });

  test("is reached at its outside address alone when it has both", async () => {
    for (const answer of [
      ["127.0.0.1", OUTSIDE],
      [OUTSIDE, "127.0.0.1"],
      ["::1", "127.0.0.1", OUTSIDE],
    ]) {
      const outbound = open(OUTSIDE_ONLY, { resolve: async () => answer });
      const got = await outbound.request({ ...AMPLE, url: `http://both.test:${outside.port}/` });
      expect((await got.bytes()).toString()).toBe("outside");
    }
    expect(seenInside()).toEqual(nothing());
  });

  test("is asked for once a connection, so that a second answer changes nothing; and anew for the next", async () => {
    let asked = 0;
    const outbound = open(OUTSIDE_ONLY, { resolve: async () => [asked++ === 0 ? OUTSIDE : "127.0.0.1"] });
    const url = `http://rebinds.test:${outside.port}/`;
    expect((await (await outbound.request({ ...AMPLE, url })).bytes()).toString()).toBe("outside");
    expect(asked).toBe(1);
    expect(await codeOf(outbound.request({ ...AMPLE, url }))).toBe("dns");
    expect(seenInside()).toEqual(nothing());
  });

  test("is asked for anew at a redirect to itself", async () => {
    let asked = 0;
    const outbound = open(OUTSIDE_ONLY, { resolve: async () => [asked++ === 0 ? OUTSIDE : "127.0.0.1"] });
    expect(await codeOf(outbound.request({ ...AMPLE, url: `http://rebinds.test:${outside.port}/?to=/` }))).toBe("dns");
    expect(asked).toBe(2);
    expect(seenInside()).toEqual(nothing());
  });
});

test("control: the canaries hear who connects", async () => {
  const outbound = open(cidrs("127.0.0.1/32"));
  for (const listening of [everywhere, ...atHome.slice(0, 1)]) {
    const before = listening.accepted();
    await codeOf(outbound.request({ ...AMPLE, url: `http://127.0.0.1:${listening.port}/` }));
    expect(listening.accepted()).toBe(before + 1);
  }
});
