import { expect, test } from "vitest";
import { notesTarget } from "../fixtures/notes/target.ts";
import { runContract } from "../kit/engine/contract.ts";
import type { RunOptions } from "../kit/engine/run.ts";
import type { Clock, Send } from "../kit/engine/types.ts";

/** A run of one check on one operation, with a server in front of the notes. */
function run(around: (real: Send) => Send, options: Partial<RunOptions> = {}) {
  return runContract({
    ...notesTarget(() => ({ send: around })),
    seed: 1,
    maxSeconds: 20,
    only: ({ id }) => id === "listNotes",
    checks: new Set(["owner_may", "server_error"]),
    ...options,
  });
}

const realClock: Clock = { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };

test("a 429 is waited out as Retry-After says, and is no finding", async () => {
  const slept: number[] = [];
  const clock: Clock = {
    now: Date.now,
    async sleep(ms) {
      slept.push(ms);
    },
  };
  let refused = 0;
  const busy: (real: Send) => Send = (real) => (request) => {
    refused += 1;
    return refused > 2 ? real(request) : new Response("", { status: 429, headers: { "retry-after": "7" } });
  };
  const { findings, requests } = await run(busy, { clock });
  expect(slept).toEqual([7000, 7000]);
  expect(findings).toEqual([]);
  expect(requests).toBe(3);
});

test("a connection that breaks is a finding, and after three in a row the run ends and says why", async () => {
  const gone: () => Send = () => () =>
    Promise.reject(new TypeError("fetch failed", { cause: new Error("ECONNRESET") }));
  const { findings, stopped } = await run(gone, { only: ({ tags }) => tags.length >= 0 });
  expect(findings[0]).toMatchObject({ check: "server_error", expected: "an answer", seen: "no answer: ECONNRESET" });
  expect(stopped).toBe("the server does not answer any more: ECONNRESET");
});

test("a limit that lets too little through costs one operation its checks, not the run its time", async () => {
  const closed: () => Send = () => () => new Response("", { status: 429, headers: { "retry-after": "0.2" } });
  const options = { maxSeconds: 3, checks: new Set(["owner_may", "missing_auth"]), clock: realClock };
  const { notRun, stopped } = await run(closed, options);
  const why = "the limit of listNotes lets too little through in this time";
  expect(notRun).toContainEqual({ check: "missing_auth", operation: "listNotes", why });
  expect(stopped).toBeUndefined();
});

test("a limit that is used up for longer than the run is no finding, and is not waited for", async () => {
  const closed: () => Send = () => () => new Response("", { status: 429, headers: { "retry-after": "3600" } });
  const { findings, notRun } = await run(closed, { checks: new Set(["owner_may", "rejects_valid", "retry_after"]) });
  const why = "the limit of listNotes is used up for 3600 s, which is longer than this run";
  expect(notRun).toContainEqual({ check: "owner_may", operation: "listNotes", why });
  expect(findings).toEqual([]);
});

test("no answer is waited for longer than the run may last", async () => {
  const silent: () => Send = () => () => new Promise(() => {});
  const { findings, stopped } = await run(silent, { maxSeconds: 1 });
  expect(findings).toEqual([]);
  expect(stopped).toBe("the time of this run is over");
});

test("what is refused because the tenant is full is no finding, and what needed it is not run", async () => {
  let made = 0;
  const full: (real: Send) => Send = (real) => (request) => {
    if (request.method !== "POST" || new URL(request.url).pathname !== "/notes" || ++made <= 2) return real(request);
    return Response.json({ error: { code: "CONFLICT" } }, { status: 409 });
  };
  const only: RunOptions["only"] = ({ id }) => ["createNote", "deleteNote", "updateNote"].includes(id);
  const { findings, notRun } = await run(full, {
    only,
    checks: new Set(["owner_may", "rejects_valid", "use_after_delete"]),
  });
  expect(findings).toEqual([]);
  expect(notRun.map(({ why }) => why)).toContain("createNote made no note from its own example: 409");
});

test("a server in this process that never answers is a finding too, and holds nothing up", async () => {
  const silent: () => Send = () => () => new Promise(() => {});
  const { findings, stopped } = await run(silent, { patienceMs: 20, only: ({ tags }) => tags.length >= 0 });
  expect(findings[0]).toMatchObject({ check: "server_error", seen: "no answer: none in 0.02 s" });
  expect(stopped).toBe("the server does not answer any more: none in 0.02 s");
});

test("a credential that an operation has ended gives way to a spare one, though it never read anything", async () => {
  const { principals } = notesTarget();
  const spare = (name: string) => ({ name, tenant: "t1", scopes: ["*"], headers: { authorization: `Bearer ${name}` } });
  const used: string[] = [];
  // Each credential is good for one request that changes something, and then for nothing more.
  const ended = new Set<string>();
  const send: Send = (request) => {
    const who = request.headers.get("authorization") ?? "";
    if (ended.has(who)) return new Response("{}", { status: 401, headers: { "content-type": "application/json" } });
    if (request.method !== "GET") ended.add(who);
    used.push(`${request.method} ${who.slice(7)}`);
    return new Response(null, { status: 204 });
  };
  const { findings } = await run(() => send, {
    only: ({ id }) => ["deleteNote", "polishNote", "createExport"].includes(id),
    principals: [spare("first"), spare("second"), spare("third"), ...principals.slice(-1)],
    checks: new Set(["owner_may"]),
  });
  expect(new Set(used.filter((one) => !one.startsWith("GET")))).toEqual(
    new Set(["POST first", "POST second", "POST third"]),
  );
  expect(findings).toEqual([]);
});

test("what may end a credential comes after all else, where no new one can be had", async () => {
  const security = [{ bearer: [] }];
  const answers = { responses: { 204: { description: "Done" }, 401: { description: "Who?" } }, security };
  const document = {
    openapi: "3.1.0",
    paths: {
      "/log-out": { post: { operationId: "logOut", ...answers } },
      "/me": { delete: { operationId: "deleteMe", ...answers } },
      "/things": { get: { operationId: "listThings", ...answers }, post: { operationId: "tidyThings", ...answers } },
    },
  };
  const used: string[] = [];
  const send: Send = ({ method, url }) => {
    used.push(`${method} ${new URL(url).pathname}`);
    return new Response(null, { status: 204 });
  };
  const principals = [{ name: "owner", tenant: "t1", scopes: ["*"], headers: { authorization: "Bearer owner" } }];
  const options = { document, send, baseUrl: "http://api.test", seed: 1, maxSeconds: 20, principals };
  await runContract({ ...options, checks: new Set(["owner_may", "missing_auth"]) });
  const ends = (one: string) => one === "POST /log-out" || one === "DELETE /me";
  expect(used.filter(ends).length).toBeGreaterThan(2);
  expect(used.slice(used.findIndex(ends)).filter((one) => !ends(one))).toEqual([]);
});
