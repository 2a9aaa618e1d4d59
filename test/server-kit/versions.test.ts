import { describe, expect, test } from "vitest";
import { BACKENDS, json, type Notes, startNotes } from "./harness.ts";

async function note({ call }: Notes) {
  const answer = await call("POST", "/notes", { body: { title: "Milk", text: "Two" } });
  const { id } = await json<{ id: string }>(answer);
  return { path: `/notes/${id}`, tag: answer.headers.get("etag") ?? "" };
}

describe.each(BACKENDS)("%s", (kind) => {
  test("201, GET and PATCH carry the ETag of the same text; a change gives another", async () => {
    const notes = await startNotes(kind);
    const { path, tag } = await note(notes);
    expect(tag).toMatch(/^"[\w-]{22}"$/);
    expect((await notes.call("GET", path)).headers.get("etag")).toBe(tag);
    const changed = await notes.call("PATCH", path, { body: { pinned: true } });
    expect(changed.headers.get("etag")).not.toBe(tag);
    expect((await notes.call("GET", path)).headers.get("etag")).toBe(changed.headers.get("etag"));
  });

  test("304 without a body when If-None-Match names the present version, also weakly or in a list", async () => {
    const notes = await startNotes(kind);
    const { path, tag } = await note(notes);
    for (const header of [tag, `W/${tag}`, `"other", ${tag}`, "*"]) {
      const answer = await notes.call("GET", path, { headers: { "if-none-match": header } });
      expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", tag]);
    }
    expect((await notes.call("GET", path, { headers: { "if-none-match": '"other"' } })).status).toBe(200);
  });

  test("412 and no change when If-Match is stale or weak; 200 when it is right", async () => {
    const notes = await startNotes(kind);
    const { path, tag } = await note(notes);
    const patch = (header: string, title: string) =>
      notes.call("PATCH", path, { body: { title }, headers: { "if-match": header } });
    expect((await patch(`W/${tag}`, "Oat")).status).toBe(412);
    expect((await patch(tag, "Oat")).status).toBe(200);
    const stale = await patch(tag, "Soy");
    expect([stale.status, (await json(stale)).error.code]).toEqual([412, "PRECONDITION_FAILED"]);
    expect((await notes.call("DELETE", path, { headers: { "if-match": tag } })).status).toBe(412);
    expect(await json(await notes.call("GET", path))).toMatchObject({ title: "Oat" });
    expect((await notes.call("DELETE", path, { headers: { "if-match": "*" } })).status).toBe(204);
  });

  test("404 and not 412 for If-Match on what is not there", async () => {
    const { call } = await startNotes(kind);
    const headers = { "if-match": '"any"' };
    expect((await call("DELETE", "/notes/not_01k4zn8w3v7q2m5t9r6x0h1cab", { headers })).status).toBe(404);
  });

  test("one of two writers with the same If-Match wins, the other gets 412, though both are inside at once", async () => {
    let inside = 0;
    let bothInside = () => {};
    const both = new Promise<void>((resolve) => {
      bothInside = resolve;
    });
    const notes = await startNotes(kind, {
      services: {
        async beforeCommit(operation) {
          if (operation !== "updateNote") return;
          inside++;
          if (inside === 2) bothInside();
          // Long enough for the other to arrive here too, were it not held at the lock.
          await Promise.race([both, new Promise((resolve) => setTimeout(resolve, 200))]);
        },
      },
    });
    const { path, tag } = await note(notes);
    const write = (body: object) => notes.call("PATCH", path, { body, headers: { "if-match": tag } });
    const answers = await Promise.all([write({ text: "one" }), write({ pinned: true })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412]);
    expect(inside).toBe(1);
  });

  test("a merge patch: absent keeps, null clears, an empty one changes nothing", async () => {
    const notes = await startNotes(kind);
    const { path, tag } = await note(notes);
    expect((await notes.call("PATCH", path, { body: {} })).headers.get("etag")).toBe(tag);
    expect(await json(await notes.call("PATCH", path, { body: { pinned: true } }))).toMatchObject({ text: "Two" });
    expect(await json(await notes.call("PATCH", path, { body: { text: null } }))).toMatchObject({
      title: "Milk",
      text: null,
      pinned: true,
    });
    expect((await notes.call("PATCH", path, { body: { title: null } })).status).toBe(400);
  });
});
