import { afterEach, expect, test } from "vitest";
import { cleanUp, later } from "../server/launch.ts";
import { encryptionKey, freshKey, startServer } from "../server/process.ts";
import { freshDatabase } from "../setup/database.ts";
import { query } from "../setup/support.ts";
import { eventRequest, openStripeDouble } from "./stripe-double.ts";
import { expectLedgerAddsUp, movementsOf } from "./support.ts";

afterEach(cleanUp);

test("kill -9 between opening the page and writing the top-up: paid after all, it is booked once", {
  timeout: 120_000,
}, async () => {
  const stripe = await openStripeDouble();
  later(() => stripe.close());
  const database = await freshDatabase();
  later(() => database.drop());
  const behind = { databaseUrl: database.url };
  const env = { ...stripe.env, DATABASE_URL: database.url, ENCRYPTION_KEY: encryptionKey() };
  const server = await startServer(env);
  const { key } = await freshKey(server);
  const [{ id: organization = "" } = {}] = await query<{ id: string }>(database.url, "select id from organizations");
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json", "idempotency-key": "buy-1" };
  const buy = (url: string) =>
    fetch(`${url}/api/v1/billing/topup`, { method: "POST", headers, body: JSON.stringify({ credits: 700 }) });

  // Stripe has opened the page; its answer is on the way when the process dies.
  stripe.faults.push({ on: /^POST \/v1\/checkout/, times: 1, how: "held" });
  const held = stripe.held();
  const lost = buy(server.url).catch(() => undefined);
  const session = await held;
  await server.end("SIGKILL");
  expect(await lost).toBeUndefined();
  expect(await query(database.url, "select from topups")).toEqual([]);
  await expectLedgerAddsUp(behind);

  // The customer has found the page all the same, and pays.
  const again = await startServer(env);
  const events = stripe.account.pay(String(session.id));
  const deliver = () =>
    Promise.all(events.map(async (event) => (await fetch(eventRequest(`${again.url}/api`, event))).status));
  expect(await deliver()).toEqual([200, 200]);
  expect(await deliver()).toEqual([200, 200]);
  const { data } = await again.api(key).listTopUps();
  expect(data).toMatchObject([{ credits: 700, status: "paid", provider: "stripe" }]);
  const booked = (await movementsOf(behind, organization)).filter(({ kind }) => kind === "topup");
  expect(booked).toMatchObject([{ amount: 700, topup_id: data[0]?.id }]);
  await expectLedgerAddsUp(behind);

  // Whoever repeats the request with its key gets a page of its own, once the dead one's claim has ended.
  await query(database.url, "update idempotency_records set lease_until = now()");
  const repeated = await buy(again.url);
  expect(repeated.status).toBe(201);
  expect(await repeated.json()).toMatchObject({ status: "pending" });
});
