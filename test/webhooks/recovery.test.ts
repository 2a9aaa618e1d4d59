import { expect, test } from "vitest";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { answer, type Behaviour, type Receiver, receiver, verify } from "./receiver.ts";
import { eventually, happen, hurry, register } from "./support.ts";

/** How many things happen: `WEBHOOK_EVENTS=1000` for the whole run. */
const EVENTS = Number(process.env.WEBHOOK_EVENTS ?? 60);
const CHUNK = Buffer.alloc(65_536, "x");
const GIGABYTE = 2 ** 30;

/** Counts what a receiver could send of its gigabytes. */
let gigabytesSent = 0;
const gigabyte =
  (status: number): Behaviour =>
  (response) => {
    response.writeHead(status, { "content-length": String(GIGABYTE) });
    let left = GIGABYTE;
    const more = () => {
      while (!response.destroyed && left > 0) {
        left -= CHUNK.length;
        gigabytesSent += CHUNK.length;
        if (!response.write(CHUNK)) return;
      }
    };
    response.on("drain", more);
    more();
  };
/** Figures of a run, for whoever runs it by hand. */
const report = (line: string) => process.stdout.write(`${line}\n`);
const hang: Behaviour = () => undefined;
const reset: Behaviour = (_response, _received, _nth, request) => void request.socket.resetAndDestroy();
/** Mostly bad, and never the same way twice. */
const flaps: Behaviour = (response, received, nth, request) => {
  const ways = [
    answer(503),
    reset,
    answer(204),
    answer(500),
    gigabyte(200),
    answer(302, { location: "/" }),
    gigabyte(500),
  ];
  ways[nth % ways.length]?.(response, received, nth, request);
};

test(`${EVENTS} events all arrive, signed and under one id each, at receivers that flap, hang, reset or answer 1 GB`, async () => {
  const reelmark = await openTestApp({ role: "all" });
  const receivers: Receiver[] = [];
  try {
    const { api } = await freshOrganization(reelmark);
    const bad = { flaps, hang, reset, "1 GB": gigabyte(200), "500 with 1 GB": gigabyte(500) };
    const open = async ([name, behaviour]: [string, Behaviour]) => {
      const inbox = await receiver(behaviour);
      receivers.push(inbox);
      return { name, inbox, ...(await register(api, inbox, ["api_key.created"])) };
    };
    const inboxes = await Promise.all(Object.entries(bad).map(open));
    for (let done = 0; done < EVENTS; done += 20) {
      await Promise.all(
        Array.from({ length: Math.min(20, EVENTS - done) }, (_, n) => happen(api, `event ${done + n}`)),
      );
      await hurry(reelmark);
    }
    // The bad times last until the flapping one was asked half as often again as there are events.
    const flapping = inboxes[0]?.inbox.got ?? [];
    const longEnough = async () => {
      await hurry(reelmark);
      return flapping.length >= EVENTS * 1.5 && inboxes.every(({ inbox }) => inbox.got.length > 0);
    };
    await eventually(longEnough, { timeout: 120_000, interval: 200 }).toBe(true);
    const inTheBadTimes = inboxes.map(({ inbox }) => inbox.got.length);

    for (const { inbox } of inboxes) {
      inbox.behave(answer(204));
      inbox.hangUp();
    }
    const pending = async () => {
      await hurry(reelmark);
      const [row] = await query<{ n: number }>(
        reelmark.databaseUrl,
        "select count(*)::int as n from webhook_deliveries where status <> 'delivered'",
      );
      return row?.n;
    };
    await eventually(pending, { timeout: 240_000, interval: 500 }).toBe(0);

    const told = await query<{ id: string; payload: string }>(
      reelmark.databaseUrl,
      "select id, payload from webhook_events",
    );
    const payloads = new Map(told.map(({ id, payload }) => [id, payload]));
    expect(payloads.size).toBe(EVENTS);
    for (const [at, { name, inbox, secret }] of inboxes.entries()) {
      for (const got of inbox.got) {
        verify(got, secret);
        expect(got.body).toBe(payloads.get(got.id));
      }
      const ids = new Set(inbox.accepted);
      expect(ids, name).toEqual(new Set(payloads.keys()));
      const counts = `${inbox.got.length} requests, ${inTheBadTimes[at]} of them in the bad times`;
      report(
        `${name}: ${EVENTS} events, ${ids.size} accepted, ${inbox.accepted.length - ids.size} of them twice; ${counts}`,
      );
    }
    const [attempts] = await query(
      reelmark.databaseUrl,
      "select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries from webhook_attempts",
    );
    report(`${JSON.stringify(attempts)}; ${Math.round(gigabytesSent / 2 ** 20)} MB of the gigabytes were sent`);
  } finally {
    await Promise.all(receivers.map((one) => one.close()));
    await reelmark.close();
  }
}, 300_000);
