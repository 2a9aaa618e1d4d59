import { describe, expect, test } from "vitest";
import { BACKENDS, type Init, json, startNotes } from "./harness.ts";

describe.each(BACKENDS)("%s", (kind) => {
  test("a request wrong in every way is told the earliest of design §3, and so on until it is right", async () => {
    const { call, directory, team, main, below } = await startNotes(kind);
    const right = { text: "one two three" };
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk", ...right } }));
    await below.setBalance(team, 10);
    const key = { "idempotency-key": "used" };
    const used = await call("POST", `/notes/${id}/summary`, { body: { words: 1 }, headers: key });
    expect(used.status).toBe(200);

    const spent = directory.mint({ organization: team, scopes: new Set(), perMinute: 1 });
    await call("GET", "/notes", { token: spent });
    const scopeless = directory.mint({ organization: team, scopes: new Set() });

    const large = "x".repeat(600);
    const path = "/notes/not_7zzzzzzzzzzzzzzzzzzzzzzzzz/summary";
    const xml = { ...key, "content-type": "text/xml" };
    const bad = { words: 0 };
    const steps: [expected: number, code: string, method: string, path: string, init: Init][] = [
      [404, "NOT_FOUND", "PUT", "/nowhere", { raw: large, token: null, headers: xml }],
      [405, "METHOD_NOT_ALLOWED", "PUT", path, { raw: large, token: null, headers: xml }],
      [413, "PAYLOAD_TOO_LARGE", "POST", path, { raw: large, token: null, headers: xml }],
      [401, "UNAUTHORIZED", "POST", path, { raw: "<a/>", token: null, headers: xml }],
      [429, "RATE_LIMITED", "POST", path, { raw: "<a/>", token: spent, headers: xml }],
      [403, "FORBIDDEN", "POST", path, { raw: "<a/>", token: scopeless, headers: xml }],
      [415, "UNSUPPORTED_MEDIA_TYPE", "POST", path, { raw: "<a/>", token: main, headers: xml }],
      [400, "VALIDATION_ERROR", "POST", path, { body: bad, headers: key }],
      [409, "IDEMPOTENCY_MISMATCH", "POST", path, { body: { words: 2 }, headers: key }],
      [402, "INSUFFICIENT_BALANCE", "POST", path, { body: { words: 2 }, headers: { "idempotency-key": "new" } }],
    ];
    for (const [status, code, method, at, init] of steps) {
      const answer = await call(method, at, init);
      expect([answer.status, (await json(answer)).error.code]).toEqual([status, code]);
    }
    await below.setBalance(team, 10);
    const last = { body: { words: 2 }, headers: { "idempotency-key": "new" } };
    expect((await call("POST", path, last)).status).toBe(404);
    expect((await call("POST", path.replace(/not_7z+/, id), last)).status).toBe(200);
  });

  test("400 before 412: what cannot be read is not compared", async () => {
    const { call } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk" } }));
    const stale = { "if-match": '"stale"' };
    expect((await call("PATCH", `/notes/${id}`, { body: { title: "" }, headers: stale })).status).toBe(400);
    expect((await call("PATCH", `/notes/${id}`, { body: { title: "Oat" }, headers: stale })).status).toBe(412);
  });
});
