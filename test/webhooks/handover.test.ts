import { expect, test } from "vitest";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { receiver, verify } from "./receiver.ts";
import { eventually, happen, onlyDelivery, register, states } from "./support.ts";

test("a worker that stops in the middle of an attempt hands it on: the event comes again, under the same id", async () => {
  const api = await openTestApp();
  const inbox = await receiver((response, _received, nth) => {
    // The first worker never learns what became of its request.
    if (nth > 1) response.writeHead(204).end();
  });
  const startWorker = () =>
    openTestApp({ role: "worker", databaseUrl: api.databaseUrl, env: { SHUTDOWN_SECONDS: "1" } });
  try {
    const { api: client } = await freshOrganization(api);
    const { id, secret } = await register(client, inbox);
    const first = await startWorker();
    await happen(client);
    await eventually(() => inbox.got.length).toBe(1);
    await first.close();
    expect(await states(api, id)).toEqual({ pending: 1 });
    const second = await startWorker();
    try {
      await eventually(() => states(api, id)).toEqual({ delivered: 1 });
    } finally {
      await second.close();
    }
    expect(inbox.got.map((got) => got.id)).toEqual([inbox.got[0]?.id, inbox.got[0]?.id]);
    for (const got of inbox.got) verify(got, secret);
    await expect(onlyDelivery(client, id)).resolves.toMatchObject({
      attempts: [
        { number: 1, response_status: null, error: "No answer yet" },
        { number: 2, response_status: 204, error: null },
      ],
    });
  } finally {
    await inbox.close();
    await api.close();
  }
});

test("a delivery whose job was lost is found by its row, with the group that bounds it", async () => {
  const api = await openTestApp();
  try {
    const { api: client } = await freshOrganization(api);
    const { id } = await register(client, { url: "http://127.0.0.1:9999/" });
    await happen(client);
    const { databaseUrl } = api;
    const stranded = () => query(databaseUrl, "select queue, id, group_id, dead from stranded_work(10)");
    await query(databaseUrl, "update webhook_deliveries set next_attempt_at = now() - interval '2 minutes'");
    expect(await stranded()).toEqual([]);
    await query(databaseUrl, "delete from pgboss.job where name = 'webhook.deliver'");
    const delivery = await onlyDelivery(client, id);
    expect(await stranded()).toEqual([{ queue: "webhook.deliver", id: delivery.id, group_id: id, dead: false }]);
  } finally {
    await api.close();
  }
});
