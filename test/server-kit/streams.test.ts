import { expect, test } from "vitest";
import { type EventFrame, Streams } from "../../server/kit/streams.ts";
import { startNotes } from "./harness.ts";

const broken = (error: unknown) => {
  throw error;
};
const reader = { tenant: "one", isGood: async () => true };
const text = (stream: ReadableStream<Uint8Array>) => new Response(stream).text();
const never = new Promise<never>(() => {});

/** What a source yields, and what it was asked for. */
function source<T>(frames: readonly EventFrame<T>[], then: Promise<unknown> = Promise.resolve()) {
  const seen = { asked: 0, ended: false };
  async function* events() {
    try {
      for (const frame of frames) {
        seen.asked++;
        yield frame;
      }
      await then;
    } finally {
      seen.ended = true;
    }
  }
  return { seen, events: events() };
}

test("a frame has its id, its event and its data, each where there is one", async () => {
  const { events } = source<unknown>([{ id: "1" }, { id: "2", event: "made", data: { a: "x\ny" } }, { data: 3 }]);
  const said = await text(new Streams().open(events, (data) => data, broken, reader));
  expect(said).toBe('id: 1\n\nid: 2\nevent: made\ndata: {"a":"x\\ny"}\n\ndata: 3\n\n');
});

test("a line that would break in two breaks the stream off instead", async () => {
  const told: unknown[] = [];
  const { events } = source([{ id: "1\ndata: 2", data: 1 }]);
  const stream = new Streams().open(
    events,
    (data) => data,
    (error) => told.push(error),
    reader,
  );
  await expect(text(stream)).rejects.toThrow("breaks in two");
  expect(told).toHaveLength(1);
});

test("a stream in which nothing comes says that it lives, and ends of old age", async () => {
  const { events } = source<number>([{ data: 1 }], never);
  const streams = new Streams({ beatMs: 5, longestMs: 60 });
  expect(await text(streams.open(events, (data) => data, broken, reader))).toMatch(/^data: 1\n\n(:\n\n)+$/);
});

test("at a beat the credential is looked at: a stream ends with it", async () => {
  const { events } = source<number>([{ data: 1 }], never);
  let looks = 0;
  const isGood = async () => ++looks < 3;
  const streams = new Streams({ beatMs: 5 });
  expect(await text(streams.open(events, (data) => data, broken, { ...reader, isGood }))).toBe("data: 1\n\n:\n\n:\n\n");
});

test("a stream breaks off when it cannot be found out whether the credential is good", async () => {
  const { events } = source<number>([], never);
  const told: unknown[] = [];
  const isGood = () => Promise.reject(new Error("no database"));
  const streams = new Streams({ beatMs: 5, most: 1 });
  const open = () =>
    streams.open(
      events,
      (data) => data,
      (error) => told.push(error),
      { ...reader, isGood },
    );
  await expect(text(open())).rejects.toThrow("no database");
  expect(told.map(String)).toEqual(["Error: no database"]);
  await open().cancel();
});

test("what is not read is not fetched", async () => {
  const { events, seen } = source(Array.from({ length: 100 }, (_, data) => ({ data })));
  const slow = new Streams().open(events, (data) => data, broken, reader).getReader();
  await slow.read();
  await slow.read();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen).toEqual({ asked: 2, ended: false });
  await slow.cancel();
  await new Promise((resolve) => setImmediate(resolve));
  expect(seen).toEqual({ asked: 2, ended: true });
});

test("a reader who has stopped reading does not keep a stream from ending", async () => {
  const { events, seen } = source([{ data: 1 }, { data: 2 }]);
  const draining = new AbortController();
  const streams = new Streams({ draining: draining.signal, most: 1 });
  const parked = streams.open(events, (data) => data, broken, reader).getReader();
  await parked.read();
  draining.abort();
  expect(await parked.read()).toEqual({ done: true, value: undefined });
  expect(seen).toEqual({ asked: 1, ended: true });
  // Its place is free, and what is opened now ends at once.
  expect(await text(streams.open(source([{ data: 1 }]).events, (data) => data, broken, reader))).toBe("");
});

test("429 with Retry-After for one too many of a tenant; HEAD takes no place", async () => {
  async function* watch() {
    yield { type: "created" as const, note_id: "not_01k4zn8w3v7q2m5t9r6x0h1cab" };
    await never;
  }
  const { call } = await startNotes("memory", { services: { watch }, deps: { streams: { most: 1 } } });
  for (let n = 0; n < 3; n++) expect((await call("HEAD", "/notes/watch")).status).toBe(200);
  const first = await call("GET", "/notes/watch");
  const second = await call("GET", "/notes/watch");
  expect([first.status, second.status, second.headers.get("retry-after")]).toEqual([200, 429, "10"]);
  await first.body?.cancel();
  const third = await call("GET", "/notes/watch");
  expect(third.status).toBe(200);
  await third.body?.cancel();
});
