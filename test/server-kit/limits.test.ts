import { RateLimiterMemory } from "rate-limiter-flexible";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Limiter, WINDOW_SECONDS } from "../../server/kit/limits.ts";
import { BACKENDS, type Init, json, type Notes, startNotes } from "./harness.ts";

const START = Date.parse("2026-06-01T12:00:00.250Z");
const FORM = { "content-type": "application/x-www-form-urlencoded" };
const logIn: Init = { raw: "name=ada&password=open+sesame", headers: FORM, token: null };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: START });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A store that is down. */
class Down extends RateLimiterMemory {
  override consume(): Promise<never> {
    return Promise.reject(new Error("connect ECONNREFUSED"));
  }
}
const down = () => new Limiter((points) => new Down({ points, duration: WINDOW_SECONDS }));

const limits = (answer: Response) =>
  ["limit", "remaining", "reset"].map((name) => Number(answer.headers.get(`x-ratelimit-${name}`)));

async function statuses(notes: Notes, count: number, init: Init): Promise<number[]> {
  const answers = await Promise.all(Array.from({ length: count }, () => notes.call("GET", "/notes", init)));
  return answers.map(({ status }) => status).sort();
}

describe.each(BACKENDS)("%s", (kind) => {
  test("429 after exactly the limit, however many come at once; another credential is not touched", async () => {
    const notes = await startNotes(kind);
    const token = notes.directory.mint({ perMinute: 10 });
    expect(await statuses(notes, 13, { token })).toEqual([...Array(10).fill(200), ...Array(3).fill(429)]);
    expect((await notes.call("GET", "/notes")).status).toBe(200);
  });

  test("429 until the moment that X-RateLimit-Reset and Retry-After name, and not after", async () => {
    const { call, directory } = await startNotes(kind);
    const token = directory.mint({ perMinute: 2 });
    const reset = Math.ceil(START / 1000) + WINDOW_SECONDS;
    expect(limits(await call("GET", "/notes", { token }))).toEqual([2, 1, reset]);
    vi.setSystemTime(START + 20_000);
    expect(limits(await call("GET", "/notes", { token }))).toEqual([2, 0, reset]);
    const refused = await call("GET", "/notes", { token });
    expect([refused.status, ...limits(refused)]).toEqual([429, 2, 0, reset]);
    expect(refused.headers.get("retry-after")).toBe("40");
    expect((await json(refused)).error).toMatchObject({ code: "RATE_LIMITED", details: { limit: 2, retry_after: 40 } });
    vi.setSystemTime(START + 59_999);
    expect((await call("GET", "/notes", { token })).status).toBe(429);
    vi.setSystemTime(reset * 1000);
    expect((await call("GET", "/notes", { token })).status).toBe(200);
  });

  test("429 by the operation's own limit, by address where nobody is known", async () => {
    const { call } = await startNotes(kind);
    const answers = [];
    for (let i = 0; i < 6; i++) answers.push(await call("POST", "/log-in", logIn));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 429]);
    expect(limits(answers[0] ?? new Response())[0]).toBe(5);
  });

  test("429 by the organization's ceiling over all its credentials", async () => {
    const { call, directory } = await startNotes(kind, {
      deps: { limits: { public: 0, failures: 0, organization: 2 } },
    });
    const tokens = [1, 2, 3].map(() => directory.mint({ organization: "team_shared" }));
    const answers = [];
    for (const token of tokens) answers.push((await call("GET", "/notes", { token })).status);
    expect(answers).toEqual([200, 200, 429]);
  });

  test("429 by the address on public operations", async () => {
    const { call } = await startNotes(kind, { deps: { limits: { public: 1, failures: 0, organization: 0 } } });
    expect((await call("POST", "/log-in", logIn)).status).toBe(200);
    expect((await call("POST", "/log-in", logIn)).status).toBe(429);
  });

  test("429 for an address that fails to authenticate too often; a good credential still passes", async () => {
    const { call } = await startNotes(kind, { deps: { limits: { public: 0, failures: 2, organization: 0 } } });
    const answers = [];
    for (let i = 0; i < 3; i++) answers.push(await call("GET", "/notes", { token: "guess" }));
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 429]);
    expect(answers[2]?.headers.get("retry-after")).toBe("60");
    expect((await call("GET", "/notes")).status).toBe(200);
  });

  test("200 up to half the limit, counted here, while the store is down", async () => {
    const notes = await startNotes(kind, { deps: { limiter: down() } });
    const token = notes.directory.mint({ perMinute: 10 });
    expect(await statuses(notes, 7, { token })).toEqual([...Array(5).fill(200), ...Array(2).fill(429)]);
  });

  test("503 while the store is down, for what must not go uncounted: log-in, and what costs credits", async () => {
    const { call, below, team } = await startNotes(kind, { deps: { limiter: down() } });
    await below.setBalance(team, 10);
    const login = await call("POST", "/log-in", logIn);
    const spend = await call("POST", "/exports");
    for (const answer of [login, spend]) {
      expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
      expect((await json(answer)).error.code).toBe("SERVICE_UNAVAILABLE");
    }
    expect(await below.balance(team)).toBe(10);
  });
});
