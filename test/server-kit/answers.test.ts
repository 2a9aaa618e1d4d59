import { describe, expect, test } from "vitest";
import type { Replied } from "../../server/kit/handlers.ts";
import type { Ctx } from "../fixtures/notes/server/handlers.ts";
import { BACKENDS, type Faults, json, type Kind, type Notes, startNotes } from "./harness.ts";

const note = {
  id: "not_01k4zn8w3v7q2m5t9r6x0h1cab",
  title: "Milk",
  text: null,
  color: "blue",
  pinned: false,
  author: { name: "Ada" },
  labels: { todo: { name: "Ada" } },
  due_at: null,
  created_at: "2026-01-15T09:30:00.000Z",
  updated_at: "2026-01-15T09:30:00.000Z",
};
const path = `/notes/${note.id}`;

type Loose = Ctx & { reply: unknown };
/** A handler that answers what its contract does not allow: the compiler would refuse it, so it is told nothing. */
const answers =
  (status: number, body: unknown) =>
  async (_input: unknown, { reply }: Loose) =>
    (reply as (status: number, body: unknown) => Replied)(status, body);

const start = (kind: Kind, getNote: ReturnType<typeof answers>, faults: Faults = {}) =>
  startNotes(kind, { handlers: (real) => ({ ...real, getNote }), ...faults });

const errors = ({ log }: Notes) =>
  log.filter(({ level }) => level === "error").map(({ fields }) => String(fields.error));

const EXCESS = {
  ...note,
  password_hash: "argon2",
  author: { name: "Ada", email: "ada@team.test" },
  labels: { todo: { name: "Ada", email: "ada@team.test" } },
};
const EXCESS_PATHS = ["answer.author.email", "answer.labels.todo.email", "answer.password_hash"];

describe.each(BACKENDS)("%s", (kind) => {
  test("500 in check mode for a field that the contract does not have, at any depth", async () => {
    for (const excess of [
      { ...note, password_hash: "argon2" },
      { ...note, author: EXCESS.author },
      { ...note, labels: EXCESS.labels },
    ]) {
      const notes = await start(kind, answers(200, excess));
      const answer = await notes.call("GET", path);
      expect([answer.status, (await json(answer)).error.code]).toEqual([500, "INTERNAL_ERROR"]);
      expect(errors(notes)[0]).toMatch(/getNote answered answer\..*, a field that its contract does not have/);
    }
  });

  test("200 in strip mode without the excess fields, and each is counted", async () => {
    const notes = await start(kind, answers(200, EXCESS), { deps: { responses: "strip" } });
    const answer = await notes.call("GET", path);
    expect([answer.status, await answer.json()]).toEqual([200, note]);
    expect(notes.excess.sort()).toEqual(EXCESS_PATHS.map((where) => `getNote ${where}`));
  });

  test.each<[what: string, status: number, body: unknown]>([
    ["an undeclared status", 201, note],
    ["a missing field", 200, { ...note, title: undefined }],
    ["a field of the wrong type", 200, { ...note, pinned: "no" }],
    ["nothing at all", 200, undefined],
  ])("500 for %s", async (_what, status, body) => {
    const notes = await start(kind, answers(status, body));
    expect((await notes.call("GET", path)).status).toBe(500);
    expect(errors(notes)).toHaveLength(1);
  });

  test("500 for an undeclared status in strip mode too", async () => {
    const notes = await start(kind, answers(418, note), { deps: { responses: "strip" } });
    expect((await notes.call("GET", path)).status).toBe(500);
    expect(errors(notes)[0]).toContain("answered 418, which it does not declare");
  });

  test("a mutation whose answer breaks the contract is undone", async () => {
    const { call, below, team } = await startNotes(kind, {
      handlers: (real) => ({
        ...real,
        async createNote(input, ctx) {
          await ctx.db.insert("note", { ...note, color: "blue" });
          return answers(201, { ...note, password_hash: "argon2" })(input, ctx);
        },
      }),
    });
    expect((await call("POST", "/notes", { body: { title: "Milk" } })).status).toBe(500);
    expect(await below.count(team, "note")).toBe(0);
  });

  test("500 says nothing but the request id, under which the log has the cause", async () => {
    const notes = await start(kind, async () => {
      throw new Error("password is hunter2");
    });
    const answer = await notes.call("GET", path);
    const { error } = await json(answer);
    expect([answer.status, Object.keys(error.details)]).toEqual([500, []]);
    expect(JSON.stringify(error)).not.toMatch(/hunter2|password/);
    expect(error.request_id).toBe(answer.headers.get("x-request-id"));
    const logged = notes.log.find(({ level }) => level === "error");
    expect(logged?.fields).toMatchObject({ request_id: error.request_id, error: "password is hunter2" });
  });

  test("every answer has its request id, its limits when somebody is known, and may not be sniffed or cached", async () => {
    const { call } = await startNotes(kind);
    for (const answer of [await call("GET", "/notes"), await call("GET", path), await call("GET", "/notes?x=1")]) {
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        "x-request-id": expect.stringMatching(/^req_/),
        "x-ratelimit-limit": "60",
        "x-ratelimit-remaining": expect.any(String),
        "x-ratelimit-reset": expect.any(String),
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
      });
    }
  });

  test("the log line of a request names operation, status, principal and time, and no content", async () => {
    const { call, log, directory, main, team } = await startNotes(kind);
    await call("POST", "/notes", { body: { title: "a secret title" }, headers: { "x-request-id": "line.1" } });
    expect(log.find(({ message }) => message === "request")?.fields).toMatchObject({
      request_id: "line.1",
      operation: "createNote",
      status: 201,
      principal: directory.of(main).id,
      organization: team,
      ms: expect.any(Number),
    });
    expect(JSON.stringify(log)).not.toMatch(new RegExp(`a secret title|${main}`));
  });

  test("206 for a range, 200 for the whole, and for what is no single range that can be given", async () => {
    const { call } = await startNotes(kind);
    const raw = new FormData();
    raw.set("file", new Blob(["hello world"]), "a.txt");
    const { id } = await json<{ id: string }>(await call("POST", "/files", { raw }));
    const address = (await call("GET", `/files/${id}`)).headers.get("location") ?? "";
    const get = async (headers: Record<string, string>) => {
      const answer = await call("GET", address, { token: null, headers });
      return [answer.status, await answer.text(), answer.headers.get("content-range")];
    };
    expect(await get({ range: "bytes=0-4" })).toEqual([206, "hello", "bytes 0-4/11"]);
    expect(await get({ range: "bytes=6-" })).toEqual([206, "world", "bytes 6-10/11"]);
    expect(await get({ range: "bytes=-3" })).toEqual([206, "rld", "bytes 8-10/11"]);
    expect(await get({ range: "bytes=9-99" })).toEqual([206, "ld", "bytes 9-10/11"]);
    const whole = [200, "hello world", null];
    for (const range of ["bytes=11-", "bytes=5-4", "bytes=-0", "bytes=0-1,3-4", "lines=1-2", "bytes=-", "bytes=a-b"]) {
      expect([range, await get({ range })]).toEqual([range, whole]);
    }
    expect(await get({ range: "bytes=0-4", "if-range": '"v1"' })).toEqual(whole);
  });

  test("200 as an event stream: each event checked, one after the other", async () => {
    async function* watch() {
      for (const type of ["created", "changed"] as const) yield { type, note_id: note.id };
    }
    const { call } = await startNotes(kind, { services: { watch } });
    const answer = await call("GET", "/notes/watch");
    const event = (type: string) => `data: ${JSON.stringify({ type, note_id: note.id })}\n\n`;
    expect(await answer.text()).toBe(event("created") + event("changed"));
  });

  test("an event with a field too many is stripped, and counted; in check mode it ends the stream", async () => {
    async function* watch() {
      const type = "created" as const;
      yield { type, note_id: note.id, token: "nt_secret" };
    }
    const strip = await startNotes(kind, { services: { watch }, deps: { responses: "strip" } });
    const text = await (await strip.call("GET", "/notes/watch")).text();
    expect([text.includes("created"), text.includes("nt_secret"), strip.excess]).toEqual([
      true,
      false,
      ["watchNotes event.token"],
    ]);
    const check = await startNotes(kind, { services: { watch } });
    await expect(check.call("GET", "/notes/watch").then((answer) => answer.text())).rejects.toThrow();
    expect(errors(check)[0]).toContain("event.token");
  });

  test("a reader who leaves an event stream ends its source", async () => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    async function* watch() {
      try {
        for (;;) {
          yield { type: "created" as const, note_id: note.id };
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      } finally {
        end();
      }
    }
    const { call } = await startNotes(kind, { services: { watch } });
    const reader = (await call("GET", "/notes/watch")).body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await ended;
  });

  test("204 has no body and no content type", async () => {
    const { call } = await startNotes(kind);
    const { id } = await json<{ id: string }>(await call("POST", "/notes", { body: { title: "Milk" } }));
    const answer = await call("DELETE", `/notes/${id}`);
    expect([answer.status, await answer.text(), answer.headers.get("content-type")]).toEqual([204, "", null]);
  });
});

test("500, and not success, when a handler swallowed the error of a statement (postgres)", async () => {
  const { call, below, team } = await startNotes("postgres", {
    handlers: (real) => ({
      ...real,
      async createNote(input, ctx) {
        await ctx.db.insert("note", { ...note, color: "blue" });
        // jsonb takes no NUL: the statement fails, and with it the whole transaction.
        await ctx.db.insert("failure", { id: "fai_1", name: "\0" }).catch(() => {});
        return answers(201, note)(input, ctx);
      },
    }),
  });
  expect((await call("POST", "/notes", { body: { title: "Milk" } })).status).toBe(500);
  expect(await below.count(team, "note")).toBe(0);
});
