import { describe, expect, test } from "vitest";
import { refuse, twoSteps } from "../../server/kit/handlers.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import { downloadText, sign } from "../fixtures/notes/server/credentials.ts";
import type { Contract, Ctx } from "../fixtures/notes/server/handlers.ts";
import { BACKENDS, type Faults, gate, json, type Kind, startNotes } from "./harness.ts";

/** A note to polish, whose commit does as told, and what was prepared and discarded for it. */
async function start(kind: Kind, commit: () => void, faults: Faults = {}) {
  const discarded: string[] = [];
  const steps = twoSteps<Contract["polishNote"], Ctx, string>({
    prepare: async () => "a file",
    async commit({ params }, { db, reply }) {
      const note = await db.get("note", params.note_id);
      if (!note) throw new ApiError("NOT_FOUND", "There is no such note");
      commit();
      return reply(200, note);
    },
    discard: async (prepared) => void discarded.push(prepared),
  });
  const notes = await startNotes(kind, { handlers: (real) => ({ ...real, polishNote: steps }), ...faults });
  const { id } = await json<{ id: string }>(await notes.call("POST", "/notes", { body: { title: "a", text: "milk" } }));
  await notes.below.setBalance(notes.team, 10);
  const polish = async (note = id) => (await notes.call("POST", `/notes/${note}/polish`)).status;
  return { ...notes, polish, discarded };
}

describe.each(BACKENDS)("%s", (kind) => {
  test("what was prepared stays when it was committed", async () => {
    const { polish, discarded } = await start(kind, () => {});
    expect([await polish(), discarded]).toEqual([200, []]);
  });

  test("what was prepared is discarded once when the commit throws or refuses", async () => {
    const bug = await start(kind, () => {
      throw new Error("disk on fire");
    });
    expect([await bug.polish(), bug.discarded]).toEqual([500, ["a file"]]);
    const absent = await start(kind, () => {});
    expect([await absent.polish("not_01k4zn8w3v7q2m5t9r6x0h1cab"), absent.discarded]).toEqual([404, ["a file"]]);
    const steps = twoSteps<Contract["polishNote"], Ctx, string>({
      prepare: async () => "a file",
      commit: async () => refuse(new ApiError("CONFLICT", "It shines already")),
      discard: async (prepared) => void refusing.discarded.push(prepared),
    });
    const refusing = await start(kind, () => {}, { handlers: (real) => ({ ...real, polishNote: steps }) });
    expect([await refusing.polish(), refusing.discarded]).toEqual([409, ["a file"]]);
  });

  test("what may have been committed is not: the store went out of reach, and nobody knows", async () => {
    const { polish, discarded } = await start(kind, () => {
      throw Object.assign(new Error("connection terminated"), { code: "ECONNREFUSED" });
    });
    const status = await polish();
    // In memory nothing is ever out of reach: there the error is one like any other.
    expect([status, discarded]).toEqual(kind === "postgres" ? [503, []] : [500, ["a file"]]);
  });

  test("a discard that fails is logged, and the caller gets the first error", async () => {
    const steps = twoSteps<Contract["polishNote"], Ctx, string>({
      prepare: async () => "a file",
      commit: () => Promise.reject(new ApiError("CONFLICT", "Not now")),
      discard: () => Promise.reject(new Error("no such file")),
    });
    const { polish, log } = await start(kind, () => {}, { handlers: (real) => ({ ...real, polishNote: steps }) });
    expect(await polish()).toBe(409);
    expect(log.some(({ message }) => message === "what was prepared could not be undone")).toBe(true);
  });

  test("a read in two steps holds no connection while it prepares; its answer's stream is closed for HEAD", async () => {
    const held = gate();
    const seen = { canceled: 0, discarded: 0 };
    const steps = twoSteps<Contract["getNote"], Ctx, string>({
      async prepare({ params }, { read }) {
        const note = await read((db) => db.get("note", params.note_id));
        await held.arrive();
        return note?.title ?? "";
      },
      async commit({ params }, { db, reply }, title) {
        const note = await db.get("note", params.note_id);
        if (!note || title !== note.title) throw new ApiError("NOT_FOUND", "There is no such note");
        return reply(200, note);
      },
      discard: async () => void seen.discarded++,
    });
    const download = twoSteps<Contract["downloadFile"], Ctx, undefined>({
      prepare: async () => undefined,
      async commit(_input, { reply }) {
        const bytes = new ReadableStream<Uint8Array>({ cancel: () => void seen.canceled++ });
        return reply(200, { type: "text/plain", bytes }, { "Content-Length": "7" });
      },
    });
    const notes = await startNotes(kind, {
      handlers: (real) => ({ ...real, getNote: steps, downloadFile: download }),
    });
    const { id } = await json<{ id: string }>(await notes.call("POST", "/notes", { body: { title: "a" } }));
    const answer = notes.call("GET", `/notes/${id}`);
    await held.reached;
    expect(notes.below.inUse()).toBe(0);
    held.open();
    expect([(await answer).status, seen.discarded]).toEqual([200, 0]);
    expect((await notes.call("GET", "/notes/not_01k4zn8w3v7q2m5t9r6x0h1cab")).status).toBe(404);
    expect(seen.discarded).toBe(1);

    const expires = String(Math.ceil(Date.now() / 1000) + 60);
    const path = "/files/fil_01k4zn8w3v7q2m5t9r6x0h1cab/content";
    const signature = sign(notes.directory.secret, downloadText(path, notes.team, expires));
    const query = new URLSearchParams({ team: notes.team, expires, signature });
    const head = await notes.call("HEAD", `${path}?${query}`, { token: null });
    expect([head.status, head.headers.get("content-length"), seen.canceled]).toEqual([200, "7", 1]);
  });
});
