import { describe, expect, test } from "vitest";
import { BACKENDS, type Faults, json, type Kind, startNotes } from "./harness.ts";

/** A note of three words, and credits: summing up reserves ten and costs one a word. */
async function start(kind: Kind, credits: number, faults: Faults = {}) {
  const notes = await startNotes(kind, faults);
  const body = { title: "a", text: "one two three" };
  const { id } = await json<{ id: string }>(await notes.call("POST", "/notes", { body }));
  await notes.below.setBalance(notes.team, credits);
  const sumUp = (words: number, key?: string) =>
    notes.call("POST", `/notes/${id}/summary`, { body: { words }, headers: key ? { "idempotency-key": key } : {} });
  return { ...notes, id, sumUp, balance: () => notes.below.balance(notes.team) };
}

const failOn = (wanted: string) => async (operation: string) => {
  if (operation === wanted) throw new Error("disk on fire");
};

describe.each(BACKENDS)("%s", (kind) => {
  test("402 says what it costs and what there is, and nothing is done", async () => {
    const { sumUp, balance, below, team } = await start(kind, 9);
    const answer = await sumUp(2);
    expect(answer.status).toBe(402);
    const { error } = await json(answer);
    expect(error).toMatchObject({ code: "INSUFFICIENT_BALANCE", details: { required: 10, available: 9 } });
    expect([await balance(), await below.holds(team)]).toEqual([9, []]);
  });

  test("200 captures what it really cost; a replay costs nothing", async () => {
    const { sumUp, balance, below, team } = await start(kind, 10);
    expect((await sumUp(2, "k")).status).toBe(200);
    expect(await balance()).toBe(8);
    expect((await sumUp(2, "k")).headers.get("idempotent-replayed")).toBe("true");
    expect([await balance(), await below.holds(team)]).toEqual([8, [{ amount: 2, state: "captured" }]]);
  });

  test("500 takes nothing and leaves no hold", async () => {
    const { sumUp, balance, below, team } = await start(kind, 10, {
      services: { beforeCommit: failOn("summarizeNote") },
    });
    expect([(await sumUp(2)).status, await balance(), await below.holds(team)]).toEqual([500, 10, []]);
  });

  test("a refusal gives the hold back", async () => {
    const { call, id, sumUp, balance, below, team } = await start(kind, 10);
    await call("PATCH", `/notes/${id}`, { body: { text: "secret" } });
    expect([(await sumUp(2)).status, await balance()]).toEqual([409, 10]);
    expect(await below.holds(team)).toEqual([{ amount: 0, state: "released" }]);
  });

  test("only as many pass at once as the balance covers", async () => {
    const { sumUp, balance } = await start(kind, 12);
    const statuses = (await Promise.all([sumUp(1), sumUp(1), sumUp(1), sumUp(1)])).map(({ status }) => status);
    // 12 covers a hold of 10 three times, one after the other, as each gives 9 back.
    expect(statuses.filter((status) => status === 200)).toHaveLength(3);
    expect([statuses.filter((status) => status === 402).length, await balance()]).toEqual([1, 9]);
  });

  test.each([11, -1, 1.5])("500 when a handler spends %d of at most 10, and nothing is taken", async (spent) => {
    const { sumUp, balance, log } = await start(kind, 20, {
      handlers: (real) => ({
        ...real,
        async summarizeNote({ params }, ctx) {
          ctx.spend(spent);
          return ctx.reply(200, { note_id: params.note_id, line: "one" });
        },
      }),
    });
    expect([(await sumUp(2)).status, await balance()]).toEqual([500, 20]);
    expect(log.some(({ fields }) => String(fields.error).includes(`spent ${spent} credits`))).toBe(true);
  });

  test("202 keeps the hold for the job that goes on, and the handler knows its name", async () => {
    const { call, balance, below, team, directory, main } = await start(kind, 10);
    const answer = await call("POST", "/exports", { headers: { "x-request-id": "exp.1" } });
    const made = await json<{ id: string; status: string }>(answer);
    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/exports/${made.id}`]);
    expect([await balance(), await below.holds(team)]).toEqual([5, [{ amount: 5, state: "held" }]]);
    expect(await json(await call("GET", answer.headers.get("location") ?? ""))).toEqual(made);
    const row = await below.row(directory.of(main).organization, "export", made.id);
    expect(row).toMatchObject({ hold: "hold_exp.1" });
  });
});
