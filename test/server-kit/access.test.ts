import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sign } from "../fixtures/notes/server/credentials.ts";
import { BACKENDS, json, startNotes } from "./harness.ts";

describe.each(BACKENDS)("%s", (kind) => {
  test("401 with a bare challenge when no credential is sent", async () => {
    const { call } = await startNotes(kind);
    const answer = await call("GET", "/notes", { token: null });
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
    expect((await json(answer)).error.code).toBe("UNAUTHORIZED");
    expect(answer.headers.get("x-ratelimit-limit")).toBeNull();
  });

  test("401 invalid_token for a token that is not known, in either header", async () => {
    const { call } = await startNotes(kind);
    for (const headers of [{ authorization: "Bearer nope" }, { "x-api-key": "nope" }]) {
      const answer = await call("GET", "/notes", { token: null, headers });
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer error="invalid_token"']);
      expect((await json(answer)).error.code).toBe("INVALID_API_KEY");
    }
  });

  test("401 for another scheme, 200 for any case of Bearer and for x-api-key", async () => {
    const { call, main } = await startNotes(kind);
    const status = async (headers: Record<string, string>) =>
      (await call("GET", "/notes", { token: null, headers })).status;
    expect(await status({ authorization: `Basic ${main}` })).toBe(401);
    expect(await status({ authorization: `bEARER ${main}` })).toBe(200);
    expect(await status({ "x-api-key": main })).toBe(200);
  });

  test("400 for both credentials at once", async () => {
    const { call, main } = await startNotes(kind);
    const answer = await call("GET", "/notes", { headers: { "x-api-key": main } });
    const { error } = await json(answer);
    expect([answer.status, error.details.issues?.[0]?.path]).toEqual([400, "headers.x-api-key"]);
  });

  test("404 for another tenant's id, the same answer as for an unknown one", async () => {
    const { call, directory } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk" } }));
    const other = directory.mint();
    const answers = [id, "not_01k4zn8w3v7q2m5t9r6x0h1cab"].map((note) =>
      call("GET", `/notes/${note}`, { token: other }),
    );
    const [theirs, unknown] = await Promise.all(answers);
    expect([theirs?.status, unknown?.status]).toEqual([404, 404]);
    const errors = await Promise.all([theirs, unknown].map((answer) => answer && json(answer)));
    for (const failure of errors) if (failure) failure.error.request_id = "";
    expect(errors[0]).toEqual(errors[1]);
    expect((await call("DELETE", `/notes/${id}`, { token: other })).status).toBe(404);
    expect((await call("GET", `/notes/${id}`)).status).toBe(200);
  });

  test("403 insufficient_scope names what is missing, and the limits are counted all the same", async () => {
    const { call, directory } = await startNotes(kind);
    const reader = directory.mint({ scopes: new Set(["notes:read"]) });
    const answer = await call("POST", "/notes", { body: { title: "a" }, token: reader });
    const challenge = 'Bearer error="insufficient_scope", scope="notes:write"';
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([403, challenge]);
    expect((await json(answer)).error).toMatchObject({
      code: "FORBIDDEN",
      details: { missing_scopes: ["notes:write"] },
    });
    expect(answer.headers.get("x-ratelimit-remaining")).toBe("59");
  });

  test("anyOf wants one of its scopes, and names them all when there is none", async () => {
    const { call, directory } = await startNotes(kind);
    const upload = (scope: string) => {
      const raw = new FormData();
      raw.set("file", new Blob(["hello"]), "a.txt");
      return call("POST", "/files", { raw, token: directory.mint({ scopes: new Set([scope]) }) });
    };
    expect((await upload("notes:write")).status).toBe(201);
    expect((await upload("files:write")).status).toBe(201);
    const none = await upload("notes:read");
    expect((await json(none)).error.details).toEqual({ missing_scopes: ["files:write", "notes:write"] });
  });

  test("a scope that implies another is enough", async () => {
    const { call, directory } = await startNotes(kind, { deps: { implied: { "notes:write": ["notes:read"] } } });
    const token = directory.mint({ scopes: new Set(["notes:write"]) });
    expect((await call("GET", "/notes", { token })).status).toBe(200);
  });

  test("403 PLAN_LIMIT when the plan does not allow this kind of credential", async () => {
    const { call, directory } = await startNotes(kind);
    const token = directory.mint({ planRefuses: "Tokens come with the team plan: upgrade first" });
    const { error } = await json(await call("GET", "/notes", { token }));
    expect(error).toMatchObject({ code: "PLAN_LIMIT", message: "Tokens come with the team plan: upgrade first" });
  });

  test("session: 403 for a token, 201 for a session", async () => {
    const { call, directory } = await startNotes(kind);
    const body = { label: "Robot" };
    expect((await call("POST", "/tokens", { body })).status).toBe(403);
    expect((await call("POST", "/tokens", { body, token: directory.mint({ kind: "session" }) })).status).toBe(201);
  });

  test("operator: 401 for anyone else", async () => {
    const { call, directory } = await startNotes(kind);
    expect((await call("POST", "/admin/purge")).status).toBe(401);
    expect((await call("POST", "/admin/purge", { token: directory.mint({ kind: "operator" }) })).status).toBe(200);
  });

  test("provider: 204 when the raw body is signed, whatever stands in the open query; 401 when it is not", async () => {
    const { call, directory, below } = await startNotes(kind);
    const raw = JSON.stringify({ subject: `Hello ${randomUUID()}`, more: "of theirs" });
    const send = (signature: string) =>
      call("POST", "/hooks/mail?utm=1&utm=2&%zz=%zz", {
        raw,
        token: null,
        headers: { "content-type": "application/json", "x-signature": signature },
      });
    const before = await below.count("team_mail", "note");
    expect((await send("forged")).status).toBe(401);
    expect((await send(sign(directory.secret, `${raw} `))).status).toBe(401);
    expect(await below.count("team_mail", "note")).toBe(before);
    expect((await send(sign(directory.secret, raw))).status).toBe(204);
    expect(await below.count("team_mail", "note")).toBe(before + 1);
  });

  test("signed: 302 to an address that works without a credential; 403 without a challenge when it is changed", async () => {
    const { call } = await startNotes(kind);
    const raw = new FormData();
    raw.set("file", new Blob(["hello world"]), "a.txt");
    const { id } = await json<{ id: string }>(await call("POST", "/files", { raw }));
    const open = await call("GET", `/files/${id}`);
    expect([open.status, await open.text()]).toEqual([302, ""]);
    const address = open.headers.get("location") ?? "";
    const good = await call("GET", address, { token: null });
    expect([good.status, await good.text()]).toEqual([200, "hello world"]);
    const later = address.replace(/expires=\d+/, "expires=99999999999");
    const bad = await call("GET", later, { token: null });
    expect([bad.status, bad.headers.get("www-authenticate")]).toEqual([403, null]);
    expect((await json(bad)).error.code).toBe("FORBIDDEN");
  });

  test("`used` hears of credentials that succeeded, and of nothing else", async () => {
    const used: string[] = [];
    const { call, directory, main } = await startNotes(kind, {
      backend: (real) => ({ ...real, used: ({ id }) => void used.push(id) }),
    });
    await call("GET", "/notes");
    await call("GET", "/notes?limit=0");
    await call("GET", "/notes", { token: null });
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    await call("POST", "/log-in", { raw: "name=a&password=open+sesame", headers, token: null });
    expect(used).toEqual([directory.of(main).id]);
  });
});
