import { describe, expect, test } from "vitest";
import { refuse, twoSteps } from "../../server/kit/handlers.ts";
import { ApiError } from "../../spec/kit/errors.ts";
import type { Contract, Ctx } from "../fixtures/notes/server/handlers.ts";
import { BACKENDS, type Faults, gate, json, type Kind, startNotes } from "./harness.ts";

const key = { "idempotency-key": "k1" };

/** A note to polish, and ten credits to do it with; polishing costs three. */
async function start(kind: Kind, faults: Faults = {}) {
  const notes = await startNotes(kind, faults);
  const { id } = await json<{ id: string }>(await notes.call("POST", "/notes", { body: { title: "a", text: "milk" } }));
  await notes.below.setBalance(notes.team, 10);
  const polish = () => notes.call("POST", `/notes/${id}/polish`, { headers: key });
  const text = async () => (await json<{ text: string }>(await notes.call("GET", `/notes/${id}`))).text;
  const balance = () => notes.below.balance(notes.team);
  return { ...notes, id, polish, text, balance };
}

describe.each(BACKENDS)("%s", (kind) => {
  test("no connection is held while prepare is at work", async () => {
    const held = gate();
    const { polish, below, text } = await start(kind, {
      services: {
        async polish(given) {
          await held.arrive();
          return given.toUpperCase();
        },
      },
    });
    const answer = polish();
    await held.reached;
    expect(below.inUse()).toBe(0);
    held.open();
    expect([(await answer).status, await text()]).toEqual([200, "MILK"]);
  });

  test("409 while its twin prepares; the twin's credits are reserved meanwhile, and captured once", async () => {
    const held = gate();
    const { polish, balance, below, team } = await start(kind, {
      services: {
        async polish(given) {
          await held.arrive();
          return given;
        },
      },
    });
    const first = polish();
    await held.reached;
    expect(await balance()).toBe(7);
    const twin = await polish();
    expect([twin.status, twin.headers.get("retry-after"), await balance()]).toEqual([409, "1", 7]);
    held.open();
    expect((await first).status).toBe(200);
    expect((await polish()).headers.get("idempotent-replayed")).toBe("true");
    expect([await balance(), await below.holds(team)]).toEqual([7, [{ amount: 3, state: "captured" }]]);
  });

  test("a claim whose work has stopped ends with its lease; whoever comes late changes nothing and pays nothing", async () => {
    const held = gate();
    let calls = 0;
    const { polish, text, balance, below } = await start(kind, {
      services: {
        async polish() {
          calls++;
          if (calls > 1) return "second";
          await held.arrive();
          return "first";
        },
      },
    });
    const stuck = polish();
    await held.reached;
    await below.expireLeases();
    expect((await polish()).status).toBe(200);
    held.open();
    const late = await stuck;
    expect([late.status, (await json(late)).error.code]).toEqual([409, "CONFLICT"]);
    expect([await text(), await balance()]).toEqual(["second", 7]);
    expect((await json<{ text: string }>(await polish())).text).toBe("second");
  });

  test("500 in prepare or in commit frees the key and the credits", async () => {
    const faults: Record<string, Error | undefined> = { prepare: new Error("no route"), commit: undefined };
    const fail = async (where: string) => {
      const fault = faults[where];
      faults[where] = undefined;
      if (fault) throw fault;
    };
    const { polish, text, balance, below, team } = await start(kind, {
      services: {
        async polish(given) {
          await fail("prepare");
          return given.toUpperCase();
        },
        beforeCommit: () => fail("commit"),
      },
    });
    expect([(await polish()).status, await balance(), await text()]).toEqual([500, 10, "milk"]);
    faults.commit = new Error("disk on fire");
    expect([(await polish()).status, await balance(), await text()]).toEqual([500, 10, "milk"]);
    expect([(await polish()).status, await balance(), await text()]).toEqual([200, 7, "MILK"]);
    const states = (await below.holds(team)).map(({ state }) => state).sort();
    expect(states).toEqual(["captured", "released", "released"]);
  });

  test("502 of an outside service is told as it is, and frees the key", async () => {
    const failure = new ApiError("UPSTREAM_ERROR", "The polisher does not answer: try again later");
    const { polish, services } = await start(kind, { services: { polish: () => Promise.reject(failure) } });
    expect([(await polish()).status]).toEqual([502]);
    services.polish = async () => "shiny";
    expect((await polish()).status).toBe(200);
  });

  test("refuse() in commit keeps what was written, and frees the key and the credits", async () => {
    const steps = twoSteps<Contract["polishNote"], Ctx, undefined>({
      prepare: async () => undefined,
      async commit(_input, { db, newId }) {
        await db.insert("failure", { id: newId("fai"), name: "polish" });
        return refuse(new ApiError("CONFLICT", "It shines already"));
      },
    });
    const { polish, balance, below, team } = await start(kind, {
      handlers: (real) => ({ ...real, polishNote: steps }),
    });
    expect([(await polish()).status, await balance(), await below.count(team, "failure")]).toEqual([409, 10, 1]);
    expect([(await polish()).status, await balance(), await below.count(team, "failure")]).toEqual([409, 10, 2]);
  });

  test("404 in prepare's own read, with nothing left claimed", async () => {
    const { call, below, team } = await start(kind);
    const path = "/notes/not_01k4zn8w3v7q2m5t9r6x0h1cab/polish";
    expect((await call("POST", path, { headers: key })).status).toBe(404);
    expect((await below.holds(team)).map(({ state }) => state)).toEqual(["released"]);
    expect((await below.records()).includes(team)).toBe(false);
  });
});
