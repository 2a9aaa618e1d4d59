import { afterEach, beforeEach, expect, test } from "vitest";
import type { Client } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query, times } from "../setup/support.ts";
import { answer, type Receiver, receiver } from "./receiver.ts";
import { eventually, happen, register, states } from "./support.ts";

/** As many as wait for a receiver that hangs. */
const BACKLOG = 500;
const HEALTHY = 40;

// The API apart from the worker, so that a backlog stands before anybody works on it.
let api: TestApp;
let worker: TestApp | undefined;
const open: Receiver[] = [];
beforeEach(async () => {
  api = await openTestApp();
});
afterEach(async () => {
  // Hung requests are broken off, so that the worker can stop.
  await Promise.all(open.splice(0).map((one) => one.close()));
  await worker?.close();
  await api.close();
});

const startWorker = async () => {
  worker = await openTestApp({ role: "worker", databaseUrl: api.databaseUrl });
};

async function listening(...args: Parameters<typeof receiver>): Promise<Receiver> {
  const made = await receiver(...args);
  open.push(made);
  return made;
}

/** Many events, not all at once. */
async function happenOften(count: number, client: Client, label: string): Promise<void> {
  for (let left = count; left > 0; left -= 10)
    await Promise.all(times(Math.min(10, left), () => happen(client, label)));
}

/** Never answers. */
const hang = () => listening(() => undefined);

test(`${BACKLOG} events for a receiver that hangs keep no other waiting: theirs arrive while it still hangs`, async () => {
  const [mine, theirs] = [await freshOrganization(api), await freshOrganization(api)];
  const hanging = await hang();
  const { id: dead } = await register(mine.api, hanging);
  await happenOften(BACKLOG, mine.api, "backlog");
  // Due after all of them.
  const [sibling, stranger] = [await listening(), await listening()];
  await register(mine.api, sibling);
  await register(theirs.api, stranger);
  await happenOften(HEALTHY, theirs.api, "theirs");
  await happenOften(HEALTHY, mine.api, "mine");
  expect(await states(api, dead)).toEqual({ pending: BACKLOG + HEALTHY });

  await startWorker();
  await eventually(() => stranger.got.length).toBe(HEALTHY);
  await eventually(() => sibling.got.length).toBe(HEALTHY);
  // All of its own are still to come, and it never had more than its places.
  expect(await states(api, dead)).toEqual({ pending: BACKLOG + HEALTHY });
  expect(hanging.got.length - (await ended(hanging))).toBeLessThanOrEqual(4);
});

/** How many attempts at a receiver have ended. */
async function ended({ url }: Receiver): Promise<number> {
  const [row] = await query<{ n: number }>(
    api.databaseUrl,
    `select count(*)::int as n
       from webhook_attempts a join webhook_deliveries d on d.id = a.delivery_id join webhooks w on w.id = d.webhook_id
      where w.url = $1 and a.error is distinct from 'No answer yet'`,
    [url],
  );
  return row?.n ?? 0;
}

test("an organization whose 50 receivers all hang has 16 places, and everybody else the rest", async () => {
  const [hostile, other] = [await freshOrganization(api), await freshOrganization(api)];
  const hanging = await hang();
  for (let n = 0; n < 50; n++) await register(hostile.api, hanging);
  await happenOften(20, hostile.api, "hostile");
  const inbox = await listening();
  await register(other.api, inbox);
  await happenOften(HEALTHY, other.api, "healthy");

  await startWorker();
  await eventually(() => inbox.got.length).toBe(HEALTHY);
  expect(hanging.got.length - (await ended(hanging))).toBeLessThanOrEqual(16);
});

test("a receiver that has failed gets one request at a time, and all its places again once it answers", async () => {
  const { api: client } = await freshOrganization(api);
  const held: (() => void)[] = [];
  const inbox = await listening((response, _received, nth) => {
    if (nth <= 4) response.writeHead(500).end();
    else held.push(() => void response.writeHead(204).end());
  });
  const { id } = await register(client, inbox);
  await happenOften(4, client, "fails");
  await startWorker();
  await eventually(() => ended(inbox)).toBe(4);
  await happenOften(12, client, "then works");
  await eventually(() => held.length).toBe(1);
  held.shift()?.();
  // Four are under way together once the first one's success has been noted.
  await eventually(() => held.length).toBe(4);
  inbox.behave(answer(204));
  for (const release of held) release();
  // The four that failed come again in their own time.
  await eventually(async () => (await states(api, id)).delivered).toBeGreaterThanOrEqual(12);
});
