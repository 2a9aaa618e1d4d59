import { describe, expect, test } from "vitest";
import { BACKENDS, json, startNotes } from "./harness.ts";

describe.each(BACKENDS)("%s", (kind) => {
  test("404 where there is nothing, in the one envelope, without a credential", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", "/nowhere", { token: null });
    expect(answer.status).toBe(404);
    const { error } = await json(answer);
    expect(error).toMatchObject({ code: "NOT_FOUND", request_id: answer.headers.get("x-request-id") });
  });

  test.each([
    ["PUT", "/notes", "GET, HEAD, OPTIONS, POST"],
    ["HEAD", "/exports", "OPTIONS, POST"],
    ["POST", "/notes/watch", "GET, HEAD, OPTIONS"],
    // A template would take it as an id, but the concrete path stands first.
    ["PATCH", "/notes/watch", "GET, HEAD, OPTIONS"],
  ])("405 with Allow: %s %s", async (method, path, allow) => {
    const { call } = await startNotes(kind);
    const answer = await call(method, path, { token: null });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
    if (method !== "HEAD") expect((await json(answer)).error.code).toBe("METHOD_NOT_ALLOWED");
  });

  test("204 with Allow on OPTIONS, without a credential and without CORS headers", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("OPTIONS", "/notes", { token: null, headers: { origin: "https://evil.test" } });
    expect([answer.status, answer.headers.get("allow")]).toEqual([204, "GET, HEAD, OPTIONS, POST"]);
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });

  test("HEAD has the status and headers of GET, and no body", async () => {
    const { call } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk" } }));
    const get = await call("GET", `/notes/${id}`);
    const head = await call("HEAD", `/notes/${id}`);
    expect([head.status, head.headers.get("etag"), await head.text()]).toEqual([200, get.headers.get("etag"), ""]);
    expect((await call("HEAD", `/notes/${id}`, { token: null })).status).toBe(401);
  });

  test("a literal path is not taken for an id", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", "/notes/watch");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream; charset=utf-8"]);
  });

  test("a well-formed X-Request-Id is kept, another is replaced, and errors repeat it", async () => {
    const { call, log } = await startNotes(kind);
    const kept = await call("GET", "/notes/x", { headers: { "x-request-id": "mine.1_a-b" } });
    expect([kept.headers.get("x-request-id"), (await json(kept)).error.request_id]).toEqual([
      "mine.1_a-b",
      "mine.1_a-b",
    ]);
    expect(log.some(({ fields }) => fields.request_id === "mine.1_a-b")).toBe(true);
    for (const bad of ["a b", "ä".normalize("NFC"), "x".repeat(129), "a;b"]) {
      const made = await call("GET", "/notes", { headers: { "x-request-id": bad } });
      expect(made.headers.get("x-request-id")).toMatch(/^req_[0-9a-hjkmnp-tv-z]{26}$/);
    }
  });

  test("CORS: an allowed origin may read the answer and its headers; another gets nothing", async () => {
    const { call } = await startNotes(kind, { deps: { cors: ["https://app.test"] } });
    const good = await call("GET", "/notes", { headers: { origin: "https://app.test" } });
    expect(good.headers.get("access-control-allow-origin")).toBe("https://app.test");
    expect(good.headers.get("access-control-expose-headers")).toContain("X-RateLimit-Remaining");
    expect(good.headers.get("access-control-allow-credentials")).toBeNull();
    const failed = await call("GET", "/notes", { token: null, headers: { origin: "https://app.test" } });
    expect([failed.status, failed.headers.get("access-control-allow-origin")]).toEqual([401, "https://app.test"]);
    const bad = await call("GET", "/notes", { headers: { origin: "https://evil.test" } });
    expect([bad.headers.get("access-control-allow-origin"), bad.headers.get("vary")]).toEqual([null, "Origin"]);
  });

  test("CORS: a preflight is answered with methods and headers", async () => {
    const { call } = await startNotes(kind, { deps: { cors: "*" } });
    const headers = { origin: "https://app.test", "access-control-request-method": "POST" };
    const answer = await call("OPTIONS", "/notes", { token: null, headers });
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
      "access-control-allow-headers": expect.stringContaining("Idempotency-Key"),
    });
  });

  test("a deprecated operation says since when, and when it goes", async () => {
    const { call, directory } = await startNotes(kind);
    const answer = await call("POST", "/admin/purge", { token: directory.mint({ kind: "operator" }) });
    expect(await json(answer)).toEqual({ notes: 0 });
    expect(answer.headers.get("deprecation")).toBe("@1767225600");
    expect(answer.headers.get("sunset")).toBe("Thu, 31 Dec 2026 23:59:59 GMT");
  });
});
