import { describe, expect, test } from "vitest";
import { BACKENDS, gate, json, startNotes } from "./harness.ts";

const key = (name = "k1") => ({ "idempotency-key": name });
const milk = { title: "Milk" };

describe.each(BACKENDS)("%s", (kind) => {
  test("201 again, byte for byte, and one effect", async () => {
    const { call, below, team } = await startNotes(kind);
    const first = await call("POST", "/notes", { body: milk, headers: key() });
    const again = await call("POST", "/notes", { body: milk, headers: key() });
    const facts = (answer: Response) =>
      ["content-type", "location", "etag"].map((name) => answer.headers.get(name)).concat(String(answer.status));
    expect(facts(again)).toEqual(facts(first));
    expect(await again.text()).toBe(await first.text());
    expect([first, again].map(({ headers }) => headers.get("idempotent-replayed"))).toEqual([null, "true"]);
    expect(again.headers.get("x-request-id")).not.toBe(first.headers.get("x-request-id"));
    expect(await below.count(team, "note")).toBe(1);
  });

  test("409 IDEMPOTENCY_MISMATCH when the key comes with another body", async () => {
    const { call } = await startNotes(kind);
    await call("POST", "/notes", { body: milk, headers: key() });
    const other = await call("POST", "/notes", { body: { title: "Oat" }, headers: key() });
    expect([other.status, (await json(other)).error.code]).toEqual([409, "IDEMPOTENCY_MISMATCH"]);
    const spaced = { raw: '{"title": "Milk"}', headers: { ...key(), "content-type": "application/json" } };
    expect((await json(await call("POST", "/notes", spaced))).error.code).toBe("IDEMPOTENCY_MISMATCH");
  });

  test("409 IDEMPOTENCY_MISMATCH when a streamed body has another length", async () => {
    const { call } = await startNotes(kind, { http: true });
    const upload = (text: string) => {
      const raw = new FormData();
      raw.set("file", new Blob([text]), "a.txt");
      return call("POST", "/files", { raw, headers: key() });
    };
    expect((await upload("hello")).status).toBe(201);
    expect((await upload("hello")).headers.get("idempotent-replayed")).toBe("true");
    expect((await json(await upload("hello world"))).error.code).toBe("IDEMPOTENCY_MISMATCH");
  });

  test("409 while the same key is in flight, with Retry-After; after that, the answer", async () => {
    const held = gate();
    const { call, below, team } = await startNotes(kind, { services: { beforeCommit: () => held.arrive() } });
    const first = call("POST", "/notes", { body: milk, headers: key() });
    await held.reached;
    const twin = await call("POST", "/notes", { body: milk, headers: key() });
    expect([twin.status, twin.headers.get("retry-after")]).toEqual([409, "1"]);
    expect((await json(twin)).error.code).toBe("CONFLICT");
    held.open();
    expect((await first).status).toBe(201);
    expect((await call("POST", "/notes", { body: milk, headers: key() })).headers.get("idempotent-replayed")).toBe(
      "true",
    );
    expect(await below.count(team, "note")).toBe(1);
  });

  test("one 201 of many at once with one key; the rest replay it or are told to wait", async () => {
    const { call, below, team } = await startNotes(kind);
    const send = () => call("POST", "/notes", { body: milk, headers: key() });
    const answers = await Promise.all(Array.from({ length: 8 }, send));
    expect(answers.map(({ status }) => status).every((status) => status === 201 || status === 409)).toBe(true);
    const fresh = answers.filter(({ status, headers }) => status === 201 && !headers.has("idempotent-replayed"));
    expect([fresh.length, await below.count(team, "note")]).toEqual([1, 1]);
  });

  test("a 409 of the handler is not kept: the same key works once the cause is gone", async () => {
    const { call } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: milk }));
    expect((await call("POST", "/notes", { body: milk, headers: key() })).status).toBe(409);
    await call("DELETE", `/notes/${id}`);
    const retried = await call("POST", "/notes", { body: milk, headers: key() });
    expect([retried.status, retried.headers.get("idempotent-replayed")]).toEqual([201, null]);
  });

  test("500 leaves nothing behind: no row, no record, and the key is free", async () => {
    const faults = [new Error("disk on fire")];
    const { call, below, team } = await startNotes(kind, {
      services: {
        async beforeCommit() {
          const fault = faults.pop();
          if (fault) throw fault;
        },
      },
    });
    expect((await call("POST", "/notes", { body: milk, headers: key() })).status).toBe(500);
    expect([await below.count(team, "note"), (await below.records()).includes(team)]).toEqual([0, false]);
    expect((await call("POST", "/notes", { body: milk, headers: key() })).status).toBe(201);
  });

  test("refuse() commits what was written and answers the error; throw undoes it", async () => {
    const { call, below } = await startNotes(kind);
    const logIn = async (password: string) => {
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      return (await call("POST", "/log-in", { raw: `name=ada&password=${password}`, headers, token: null })).status;
    };
    const before = await below.count("", "failure");
    expect(await logIn("throw")).toBe(401);
    expect(await below.count("", "failure")).toBe(before);
    expect(await logIn("wrong")).toBe(401);
    expect(await below.count("", "failure")).toBe(before + 1);
  });

  test("another principal and another tenant have keys of their own", async () => {
    const { call, directory, team } = await startNotes(kind);
    const first = await json<{ id: string }>(await call("POST", "/notes", { body: milk, headers: key() }));
    const colleague = directory.mint({ organization: team });
    expect((await call("POST", "/notes", { body: milk, headers: key(), token: colleague })).status).toBe(409);
    const stranger = await call("POST", "/notes", { body: milk, headers: key(), token: directory.mint() });
    expect(stranger.headers.get("idempotent-replayed")).toBeNull();
    expect((await json<{ id: string }>(stranger)).id).not.toBe(first.id);
  });

  test("another operation may use the same key", async () => {
    const { call, directory, team } = await startNotes(kind);
    const token = directory.mint({ kind: "session", organization: team });
    await call("POST", "/notes", { body: { title: "Robot" }, headers: key(), token });
    expect((await call("POST", "/tokens", { body: { label: "Robot" }, headers: key(), token })).status).toBe(201);
  });

  test("403 on a replay when the scope is gone: rights are those of now", async () => {
    const { call, directory, main, team } = await startNotes(kind);
    await call("POST", "/notes", { body: milk, headers: key() });
    const { id } = directory.of(main);
    const token = directory.mint({ id, organization: team, scopes: new Set(["notes:read"]) });
    expect((await call("POST", "/notes", { body: milk, headers: key(), token })).status).toBe(403);
  });

  test("409 with resource_id for an answer that held a secret, which no record keeps and no log line shows", async () => {
    const { call, directory, below, log } = await startNotes(kind);
    const token = directory.mint({ kind: "session" });
    const body = { label: "Robot" };
    const first = await json<{ id: string; value: string }>(
      await call("POST", "/tokens", { body, headers: key(), token }),
    );
    expect(first.value).toBe("nt_shown_once");
    const again = await call("POST", "/tokens", { body, headers: key(), token });
    expect([again.status, (await json(again)).error]).toMatchObject([
      409,
      { code: "CONFLICT", details: { resource_id: first.id } },
    ]);
    const records = await below.records();
    expect([records.includes(first.id), records.includes("nt_shown_once")]).toEqual([true, false]);
    expect(JSON.stringify(log)).not.toContain("nt_shown_once");
    expect(JSON.stringify(log)).not.toContain(token);
  });

  test("201 anew when the record is older than a day", async () => {
    const { call, below, team } = await startNotes(kind);
    const export1 = await call("POST", "/notes", { body: milk, headers: key() });
    await call("DELETE", export1.headers.get("location") ?? "");
    await below.ageRecords();
    const later = await call("POST", "/notes", { body: milk, headers: key() });
    expect([later.status, later.headers.get("idempotent-replayed")]).toEqual([201, null]);
    expect((await call("POST", "/notes", { body: milk, headers: key() })).headers.get("idempotent-replayed")).toBe(
      "true",
    );
    expect(await below.count(team, "note")).toBe(1);
  });
});
