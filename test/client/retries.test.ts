import { afterAll, beforeAll, expect, test } from "vitest";
import { type Attempt, ConnectionError, createClient } from "../../client/index.ts";
import { testClock } from "./clock.ts";
import { type Double, hangUp, openDouble, type Step, say, sayError } from "./double.ts";

let double: Double;
beforeAll(async () => {
  double = await openDouble();
});
afterAll(() => double.close());

const busy = (headers?: Record<string, string>) => sayError(503, "SERVICE_UNAVAILABLE", "not now", headers);
const body = { name: "Nora", slug: "nora" };
const never: Step = () => undefined;

function patient(options: Partial<Parameters<typeof createClient>[0]> = {}) {
  const clock = testClock();
  const attempts: Attempt[] = [];
  const onAttempt = (attempt: Attempt) => void attempts.push(attempt);
  const api = createClient({ baseUrl: double.url, token: "rm_key", timing: clock, onAttempt, ...options });
  return { api, clock, attempts };
}

test("pauses double from one second and end at a minute; the full one is the longest that chance gives", async () => {
  double.script(busy());
  const { api, clock } = patient({ retries: 8, totalTimeout: Number.POSITIVE_INFINITY });
  await expect(api.listBrands()).rejects.toMatchObject({ code: "SERVICE_UNAVAILABLE", status: 503 });
  expect(clock.pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(double.seen).toHaveLength(9);
  const half = testClock(() => 0.5);
  await patient({ timing: half, retries: 2 })
    .api.listBrands()
    .catch(() => undefined);
  expect(half.pauses).toEqual([500, 1000]);
});

test.each([
  ["429", sayError(429, "RATE_LIMITED", "slower")],
  ["502", say(502, "<h1>Bad gateway</h1>")],
  ["503", busy()],
  ["a broken connection", hangUp],
  [
    "an answer that breaks off",
    ((response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "99" }).write('{"data":');
      setTimeout(() => response.destroy(), 5);
    }) satisfies Step,
  ],
  [
    "an answer that is half its JSON",
    ((response) => {
      response.writeHead(200, { "content-type": "application/json" }).end('{"data":');
    }) satisfies Step,
  ],
])("a GET is tried again after %s", async (_name, step) => {
  double.script(step, say(200, { data: [], count: 0, next_cursor: null }));
  const { api, attempts } = patient();
  await expect(api.listBrands()).resolves.toEqual({ data: [], count: 0, next_cursor: null });
  expect(attempts.map(({ retryIn }) => retryIn)).toEqual([1000, undefined]);
});

test.each([400, 401, 404, 409, 500, 504])("%i is final", async (status) => {
  double.script(sayError(status, "CONFLICT", "no"));
  await expect(patient().api.getBrand({ params: { brand_id: "brd_1" } })).rejects.toMatchObject({ status });
  expect(double.seen).toHaveLength(1);
});

test("Retry-After is waited for, in seconds or as a date, where it is later than the pause", async () => {
  const { api, clock } = patient();
  const date = new Date(clock.now() + 30_000 + 90_000).toUTCString();
  double.script(
    busy({ "retry-after": "30" }),
    busy({ "retry-after": date }),
    busy({ "retry-after": "soon" }),
    say(200, {}),
  );
  await api.getProfile();
  expect(clock.pauses).toEqual([30_000, 90_000, 4000]);
});

test("a Retry-After beyond the total timeout is not waited for: the answer is the error", async () => {
  double.script(busy({ "retry-after": "3600" }));
  const { api, clock } = patient();
  await expect(api.getProfile()).rejects.toMatchObject({ status: 503 });
  expect(clock.pauses).toEqual([]);
});

test("a POST keeps one Idempotency-Key and one body over its tries; the next call has another", async () => {
  double.script(hangUp, busy(), say(201, { id: "brd_1" }));
  const { api } = patient();
  await api.createBrand({ body });
  const [first, ...others] = double.seen;
  expect(first?.headers["idempotency-key"]).toMatch(/^[!-~]{20,255}$/);
  expect(others.map(({ headers }) => headers["idempotency-key"])).toEqual(
    Array(2).fill(first?.headers["idempotency-key"]),
  );
  expect(double.seen.map(({ body: sent }) => JSON.parse(sent.toString()))).toEqual(Array(3).fill(body));
  double.script(say(201, {}));
  await api.createBrand({ body });
  expect(double.seen[0]?.headers["idempotency-key"]).not.toBe(first?.headers["idempotency-key"]);
});

test("a key of the caller's own is kept, and without retries none is made", async () => {
  double.script(say(201, {}));
  await patient().api.createBrand({ body, headers: { "Idempotency-Key": "mine" } });
  await patient().api.createBrand({ body, retries: 0 });
  await patient({ retries: 0 }).api.createBrand({ body });
  expect(double.seen.map(({ headers }) => headers["idempotency-key"])).toEqual(["mine", undefined, undefined]);
});

test("409 with Retry-After, the first try being still at work, is tried again", async () => {
  double.script(hangUp, sayError(409, "CONFLICT", "in flight", { "retry-after": "1" }), say(201, { id: "brd_1" }));
  await expect(patient().api.createBrand({ body })).resolves.toEqual({ id: "brd_1" });
});

test("a POST that the contract does not call idempotent is sent once, whatever happens and whoever adds a key", async () => {
  const credentials = { email: "a@b.example", password: "x" };
  for (const step of [hangUp, busy(), sayError(429, "RATE_LIMITED", "slower", { "retry-after": "0" })]) {
    double.script(step);
    const { api } = patient();
    await expect(api.login({ body: credentials, headers: { "Idempotency-Key": "mine" } })).rejects.toThrow("login: ");
    expect(double.seen).toHaveLength(1);
  }
});

test("a PATCH is sent once; PUT, DELETE and a POST that is idempotent by nature are tried again", async () => {
  const { api } = patient({ retries: 1 });
  const tries = async (call: Promise<unknown>) => {
    await expect(call).rejects.toThrow();
    return double.seen.splice(0).length;
  };
  double.script(hangUp);
  expect(await tries(api.updateBrand({ params: { brand_id: "brd_1" }, body: { name: "x" } }))).toBe(1);
  expect(await tries(api.deleteBrand({ params: { brand_id: "brd_1" } }))).toBe(2);
  expect(await tries(api.setAutoReload({ body: { enabled: false, threshold: 0, credits: 1 } }))).toBe(2);
  expect(await tries(api.logout())).toBe(2);
});

test("a Blob and a form are sent again whole, a stream is not", async () => {
  const params = { upload_id: "upl_1", part_number: "1" };
  const { api } = patient();
  double.script(hangUp, say(200, {}));
  await api.putUploadPart({ params, body: new Blob(["bytes"]) });
  expect(double.seen.map((one) => one.body.toString())).toEqual(["bytes", "bytes"]);
  expect(double.seen[1]?.headers["content-type"]).toBe("application/octet-stream");

  double.script(busy(), say(201, {}));
  const form = new FormData();
  form.append("file", new File(["bytes"], "a.txt"));
  await api.createUpload({ body: form });
  for (const { headers, body: sent } of double.seen) {
    const [, boundary = "none"] = /boundary=(.*)/.exec(headers["content-type"] ?? "") ?? [];
    expect(sent.toString()).toContain(`${boundary}--`);
    expect(sent.toString()).toContain("bytes");
  }

  double.script(hangUp);
  const stream = new Blob(["bytes"]).stream();
  await expect(api.putUploadPart({ params, body: stream })).rejects.toBeInstanceOf(ConnectionError);
  expect(double.seen.map((one) => one.body.toString())).toEqual(["bytes"]);
});

test("an answer that does not come in time is tried again, and says so when it was the last", async () => {
  double.script(never, never, say(200, { user: {} }));
  const { api, attempts } = patient({ timeout: 300 });
  await api.getProfile();
  expect(attempts).toHaveLength(3);
  double.script(never);
  await expect(api.getProfile({ retries: 0 })).rejects.toThrow("getProfile: no answer (tries: 1): timed out");
});

test("the total timeout ends a try, and the pauses", async () => {
  double.script(never);
  const { api, clock } = patient();
  await expect(api.getProfile({ totalTimeout: 50, timeout: 60_000 })).rejects.toThrow("timed out");
  double.script(hangUp);
  await expect(api.getProfile({ totalTimeout: 6000 })).rejects.toBeInstanceOf(ConnectionError);
  expect(clock.pauses).toEqual([1000, 2000]);
});

test("a signal ends a call at any time, with its own reason, and no try comes after", async () => {
  double.script(hangUp);
  const { api } = patient();
  await expect(api.getProfile({ signal: AbortSignal.abort("before") })).rejects.toBe("before");
  const during = new AbortController();
  double.script((_response, request) => {
    during.abort("during");
    request.socket.destroy();
  });
  await expect(api.getProfile({ signal: during.signal })).rejects.toBe("during");
  expect(double.seen).toHaveLength(1);
  const pausing = new AbortController();
  double.script(busy());
  const real = createClient({ baseUrl: double.url, onAttempt: () => setTimeout(() => pausing.abort("pausing"), 5) });
  await expect(real.getProfile({ signal: pausing.signal })).rejects.toBe("pausing");
  expect(double.seen).toHaveLength(1);
});

test("every try is told of: the operation, its number, the answer or what went wrong, and when the next is", async () => {
  double.script(hangUp, busy(), say(200, {}));
  const { api, attempts } = patient();
  const own: number[] = [];
  await api.getProfile();
  expect(
    attempts.map(({ operationId, attempt, response, retryIn }) => [operationId, attempt, response?.status, retryIn]),
  ).toEqual([
    ["getProfile", 1, undefined, 1000],
    ["getProfile", 2, 503, 2000],
    ["getProfile", 3, 200, undefined],
  ]);
  expect(attempts[0]?.error).toBeInstanceOf(TypeError);
  expect(attempts[0]?.request.url).toBe(`${double.url}/v1/profile`);
  await api.getProfile({ onAttempt: ({ attempt }) => void own.push(attempt) });
  expect([attempts.length, own]).toEqual([3, [1]]);
});

test("calls by path have the same credential, key and retries, and do not throw on an error answer", async () => {
  double.script(hangUp, busy(), say(201, { id: "brd_1" }));
  const { api, attempts } = patient();
  const { data } = await api.POST("/v1/brands", { body });
  expect(data).toEqual({ id: "brd_1" });
  expect(new Set(double.seen.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(double.seen.map(({ headers }) => headers.authorization)).toEqual(Array(3).fill("Bearer rm_key"));
  expect(attempts[0]?.operationId).toBe("createBrand");
  double.script(sayError(404, "NOT_FOUND", "no such brand"));
  const { error, response } = await api.GET("/v1/brands/{brand_id}", { params: { path: { brand_id: "brd_1" } } });
  expect([response.status, error?.error.code]).toEqual([404, "NOT_FOUND"]);
});

test("a request that a middleware made anew is sent once: nobody knows what its body was", async () => {
  const { api } = patient();
  api.use({ onRequest: ({ request }) => new Request(request, { headers: { "x-mine": "1" } }) });
  double.script(hangUp);
  await expect(api.createBrand({ body })).rejects.toBeInstanceOf(ConnectionError);
  expect(double.seen.map(({ headers, body: sent }) => [headers["x-mine"], JSON.parse(sent.toString())])).toEqual([
    ["1", body],
  ]);
});

test("a token may be a function, asked before each call", async () => {
  double.script(say(200, {}));
  let n = 0;
  const { api } = patient({ token: async () => `token-${++n}` });
  await api.getProfile();
  await api.getProfile({ headers: { Authorization: "Bearer other" } });
  expect(double.seen.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer other"]);
});
