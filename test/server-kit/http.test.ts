import { connect, type Socket } from "node:net";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { twoSteps } from "../../server/kit/handlers.ts";
import type { Contract, Ctx } from "../fixtures/notes/server/handlers.ts";
import { BACKENDS, type Faults, gate, json, type Kind, type Notes, startNotes } from "./harness.ts";

/** A raw connection: requests that no client library would send. */
async function wire(url: string) {
  const { hostname, port } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  const closed = new Promise<void>((resolve) => {
    socket.on("close", () => resolve()).on("error", () => resolve());
  });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, closed, received: () => text, send: (...lines: string[]) => void socket.write(lines.join("\r\n")) };
}

const start = (kind: Kind, faults: Faults = {}) => startNotes(kind, { http: true, ...faults });

const head = (notes: Notes, line: string, ...more: string[]) => [
  `${line} HTTP/1.1`,
  "host: notes.test",
  `authorization: Bearer ${notes.main}`,
  "content-type: application/json",
  ...more,
  "",
];

const left = ({ log }: Notes) => log.some(({ message }) => message.startsWith("the client left"));

describe.each(BACKENDS)("%s", (kind) => {
  test("413 by the declared length without a byte of body, without a credential, and the connection is closed", async () => {
    const notes = await start(kind);
    const { send, closed, received } = await wire(notes.url);
    send("POST /notes HTTP/1.1", "host: notes.test", "content-length: 99999999999", "", "");
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 413 .*connection: close.*PAYLOAD_TOO_LARGE/is);
  });

  test("413 while chunks still come, and the connection is closed", async () => {
    const notes = await start(kind);
    const { send, closed, received, socket } = await wire(notes.url);
    send(...head(notes, "POST /notes", "transfer-encoding: chunked"), "");
    const chunk = `3e8\r\n${"x".repeat(1000)}\r\n`;
    const more = setInterval(() => socket.writable && socket.write(chunk), 2);
    await closed;
    clearInterval(more);
    expect(received()).toMatch(/^HTTP\/1\.1 413 .*connection: close/is);
    expect(await notes.below.count(notes.team, "note")).toBe(0);
  });

  test("415 and the connection is closed, as the body stays unread", async () => {
    const notes = await start(kind);
    const { send, closed, received } = await wire(notes.url);
    send(
      "POST /notes HTTP/1.1",
      "host: notes.test",
      `x-api-key: ${notes.main}`,
      "content-type: a/b",
      "content-length: 9",
      "",
      "",
    );
    await closed;
    expect(received()).toMatch(/^HTTP\/1\.1 415 /);
  });

  test("a body that comes slowly holds no connection to the store", async () => {
    const notes = await start(kind, { poolSize: 1 });
    const { send, received } = await wire(notes.url);
    send(...head(notes, "POST /notes", "content-length: 16"), '{"title"');
    await vi.waitFor(() => expect(notes.below.inUse()).toBe(0), { timeout: 10_000 });
    const others = await Promise.all([1, 2, 3].map(() => notes.call("GET", "/notes")));
    expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(received()).toBe("");
    send(':"Milk"}');
    await vi.waitFor(() => expect(received()).toMatch(/^HTTP\/1\.1 201 /), { timeout: 10_000 });
  });

  test("a client that leaves mid-body changes nothing, leaks no connection, and frees its key", async () => {
    const notes = await start(kind, { poolSize: 1 });
    const { send, socket } = await wire(notes.url);
    send(...head(notes, "POST /notes", "content-length: 16", "idempotency-key: k1"), '{"title"');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await vi.waitFor(() => expect(left(notes)).toBe(true), { timeout: 10_000 });
    expect([notes.below.inUse(), await notes.below.count(notes.team, "note")]).toEqual([0, 0]);
    const retried = await notes.call("POST", "/notes", {
      body: { title: "Milk" },
      headers: { "idempotency-key": "k1" },
    });
    expect(retried.status).toBe(201);
  });

  test("a client that leaves while its credential is looked up is noticed, and its request ends", async () => {
    const held = gate();
    const notes = await start(kind, {
      backend: (real) => ({
        ...real,
        async authenticate(credential, hold) {
          if (credential.method === "POST") await held.arrive();
          return real.authenticate(credential, hold);
        },
      }),
    });
    const { send, socket } = await wire(notes.url);
    send(...head(notes, "POST /notes", "content-length: 16"), '{"title"');
    await held.reached;
    socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 50));
    held.open();
    await vi.waitFor(() => expect(left(notes)).toBe(true), { timeout: 10_000 });
    expect(notes.below.inUse()).toBe(0);
  });

  test("a client that leaves mid-upload frees its key: the retry is no 409", async () => {
    const notes = await start(kind);
    const { send, socket } = await wire(notes.url);
    const part = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhel';
    send(
      "POST /files HTTP/1.1",
      "host: notes.test",
      `x-api-key: ${notes.main}`,
      "content-type: multipart/form-data; boundary=b",
      "idempotency-key: k1",
      "content-length: 500",
      "",
      part,
    );
    await vi.waitFor(async () => expect(await notes.below.records()).toContain(notes.team), { timeout: 10_000 });
    socket.destroy();
    await vi.waitFor(() => expect(left(notes)).toBe(true), { timeout: 10_000 });
    const raw = new FormData();
    raw.set("file", new Blob(["hello"]), "a.txt");
    expect((await notes.call("POST", "/files", { raw, headers: { "idempotency-key": "k1" } })).status).toBe(201);
  });

  test("201 for an upload with fields around its file; 400 for one without a boundary, or broken off", async () => {
    const notes = await start(kind);
    const raw = new FormData();
    raw.set("file", new Blob(["hello"]), "cat.txt");
    raw.set("caption", "A cat");
    const made = await notes.call("POST", "/files", { raw });
    expect([made.status, await json(made)]).toMatchObject([201, { name: "cat.txt", bytes: 5 }]);
    const headers = { "content-type": "multipart/form-data" };
    const unbound = await notes.call("POST", "/files", { raw: "--b", headers });
    expect([unbound.status, (await json(unbound)).error.details.issues?.[0]?.code]).toEqual([400, "invalid_multipart"]);
    const cut = '--b\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhel';
    const broken = await notes.call("POST", "/files", {
      raw: cut,
      headers: { "content-type": `${headers["content-type"]}; boundary=b` },
    });
    expect(broken.status).toBe(400);
  });

  test.each([
    ["no file", [["caption", "A cat"]], "body.file required"],
    [
      "an unknown field",
      [
        ["other", "x"],
        ["file", new Blob(["x"])],
      ],
      "body.other unrecognized_key",
    ],
    [
      "an unknown file",
      [
        ["file", new Blob(["x"])],
        ["more", new Blob(["x"])],
      ],
      "body.more unrecognized_key",
    ],
    [
      "a file twice",
      [
        ["file", new Blob(["x"])],
        ["file", new Blob(["y"])],
      ],
      "body.file duplicate",
    ],
    [
      "a field that breaks its schema",
      [
        ["caption", "x".repeat(81)],
        ["file", new Blob(["x"])],
      ],
      "body.caption too_big",
    ],
    ["text where a file belongs", [["file", "x"]], "body.file unrecognized_key"],
  ] satisfies [string, [string, string | Blob][], string][])(
    "400 for a multipart body with %s",
    async (_what, parts, expected) => {
      const notes = await start(kind);
      const raw = new FormData();
      for (const [name, value] of parts) raw.append(name, value);
      const answer = await notes.call("POST", "/files", { raw });
      const [issue] = (await json(answer)).error.details.issues ?? [];
      expect([answer.status, `${issue?.path} ${issue?.code}`]).toEqual([400, expected]);
    },
  );

  test("files that a handler leaves unread, or half read, do not stop the rest; one that breaks off then is a 400", async () => {
    const sizes = twoSteps<Contract["uploadFile"], Ctx, number[]>({
      async prepare({ body }) {
        const seen: number[] = [];
        for await (const part of body) {
          if (!("bytes" in part)) continue;
          if (part.filename === "skip") continue;
          for await (const chunk of part.bytes) {
            seen.push(chunk.length);
            if (part.filename === "half") break;
          }
        }
        return seen;
      },
      commit: async (_input, { reply, newId }, seen) => reply(201, { id: newId("fil"), name: "", bytes: seen.length }),
    });
    const notes = await start(kind, { handlers: (real) => ({ ...real, uploadFile: sizes }) });
    const raw = new FormData();
    for (const name of ["skip", "half", "whole"]) {
      raw.set("file", new Blob(["x".repeat(15_000)]), name);
      raw.delete("caption");
      raw.set("caption", "comes after the file");
      const made = await notes.call("POST", "/files", { raw });
      expect([name, made.status, (await json<{ bytes: number }>(made)).bytes > 0]).toEqual([
        name,
        201,
        name !== "skip",
      ]);
    }
    const cut = '--b\r\ncontent-disposition: form-data; name="file"; filename="skip"\r\n\r\nhel';
    const headers = { "content-type": "multipart/form-data; boundary=b" };
    expect((await notes.call("POST", "/files", { raw: cut, headers })).status).toBe(400);
  });

  test("413 for an upload, and for octets, that is longer than allowed, counted as it streams", async () => {
    const notes = await start(kind);
    const { id } = await json<{ id: string }>(
      await notes.call("POST", "/notes", { body: { title: "Milk", text: "old" } }),
    );
    const headers = { "content-type": "text/plain" };
    const chunks = Array.from({ length: 30 }, () => Buffer.from("x".repeat(100)));
    const answer = await notes.call("PUT", `/notes/${id}/text`, { raw: ReadableStream.from(chunks), headers });
    expect(answer.status).toBe(413);
    expect(await json(await notes.call("GET", `/notes/${id}`))).toMatchObject({ text: "old" });
    const fit = ReadableStream.from(chunks.slice(0, 20));
    expect((await notes.call("PUT", `/notes/${id}/text`, { raw: fit, headers })).status).toBe(204);
    expect((await json<{ text: string }>(await notes.call("GET", `/notes/${id}`))).text).toHaveLength(2000);
    const { send, closed, received } = await wire(notes.url);
    send(...head(notes, "PUT /notes", "content-length: 0"), "");
    send("TRACE /notes HTTP/1.1", "host: notes.test", "connection: close", "", "");
    await closed;
    expect(received().match(/HTTP\/1\.1 405 /g)).toHaveLength(2);
  });
});

test("503 with Retry-After while the database is gone, and 200 again when it is back (postgres)", async () => {
  let gone = false;
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  const { call, log } = await startNotes("postgres", {
    backend: (real) => ({
      ...real,
      authenticate: (credential, hold) => (gone ? Promise.reject(refused) : real.authenticate(credential, hold)),
    }),
  });
  gone = true;
  const answer = await call("GET", "/notes");
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await json(answer)).error).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  expect(log.some(({ level }) => level === "error")).toBe(true);
  gone = false;
  expect((await call("GET", "/notes")).status).toBe(200);
});
