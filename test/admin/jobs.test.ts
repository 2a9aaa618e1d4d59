import { createServer } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openQueue } from "../../server/jobs/queue.ts";
import { QUEUES, type QueueName } from "../../server/jobs/queues.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { adminOn, query, recorded } from "./cli.ts";

let reelmark: TestApp;
let owner: TestOrganization;
let admin: ReturnType<typeof adminOn>;
const received: string[] = [];
const receiver = createServer((request, response) => {
  received.push(String(request.headers["webhook-id"]));
  response.writeHead(204).end();
});

beforeAll(async () => {
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  reelmark = await openTestApp();
  owner = await freshOrganization(reelmark);
  admin = adminOn(reelmark.databaseUrl);
});
afterAll(async () => {
  await reelmark.close();
  await new Promise((resolve) => receiver.close(resolve));
});

/** Has the one job of a queue fail for good, as when its last try throws. */
async function kill(name: QueueName, error: string): Promise<void> {
  const { databaseUrl: url } = reelmark;
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const queue = await openQueue({ url, role: "reelmark_app", log, queues: QUEUES, supervise: false });
  await query(url, "update pgboss.job set retry_limit = 0 where name = $1", [name]);
  const [job] = await queue.take(name, 1);
  if (!job) throw new Error(`there is no job of ${name}`);
  await queue.bury(name, job, error);
  await queue.close();
}

const deadIds = async () =>
  (JSON.parse((await admin("list-dead-jobs --json")).out) as { jobs: { id: string; queue: string }[] }).jobs;

test("list-jobs shows every queue that has jobs, list-dead-jobs that none is dead, retry-dead-jobs refuses", {
  timeout: 90_000,
}, async () => {
  expect(await admin("list-jobs")).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^mail\.send +waiting +1 +\d+ s\n$/),
  });
  expect(await admin("list-dead-jobs")).toMatchObject({ code: 0, out: "No job is dead.\n" });
  expect(await admin("retry-dead-jobs")).toMatchObject({
    code: 2,
    err: expect.stringContaining("Say --all, --queue or --id"),
  });
  expect(await admin("retry-dead-jobs --all")).toMatchObject({
    code: 1,
    err: expect.stringContaining("There is no such dead job"),
  });
  expect(await admin("retry-dead-jobs --queue posts")).toMatchObject({
    code: 2,
    err: expect.stringContaining("--queue must be one of"),
  });
});

test("a dead delivery is tried again and arrives; what else is dead stays, with what to do instead", {
  timeout: 90_000,
}, async () => {
  const address = receiver.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const endpoint = await owner.api.createWebhook({ body: { url: `http://127.0.0.1:${port}/hook` } });
  await owner.key(["brands:read"]); // an event
  await kill("webhook.deliver", "the worker was broken");
  await query(reelmark.databaseUrl, "update webhook_deliveries set status = 'failed', next_attempt_at = null");
  await kill("mail.send", "535 not let in");

  const listed = await admin("list-dead-jobs --queue webhook.deliver");
  expect(listed.out).toMatch(/^\S+ +webhook\.deliver +20\S+Z +1 +org_\S+ +dlv_\S+ +the worker was broken\n$/);
  const dead = await deadIds();
  expect(dead.map(({ queue }) => queue).sort()).toEqual(["mail.send", "webhook.deliver"]);
  const mail = dead.find(({ queue }) => queue === "mail.send");
  const refused = await admin(`retry-dead-jobs --id ${mail?.id}`);
  expect(refused).toMatchObject({ code: 1, err: expect.stringMatching(/None can be tried again: the mail is gone/) });

  const before = await recorded(reelmark.databaseUrl);
  const retried = await admin("retry-dead-jobs --all");
  expect(retried).toMatchObject({ code: 0, err: "" });
  expect(retried.out).toMatch(/^1 put back into their queues\.\nNot tried again: the mail is gone/);
  const after = await recorded(reelmark.databaseUrl);
  expect(after.slice(before.length)).toMatchObject([
    { operation: "admin.retry-dead-jobs", org_id: owner.organizationId, actor_kind: "operator" },
  ]);
  expect(await deadIds()).toMatchObject([{ queue: "mail.send" }]);

  const worker = await openTestApp({ databaseUrl: reelmark.databaseUrl, role: "worker" });
  try {
    await expect.poll(() => received.length, { timeout: 10_000 }).toBe(1);
    const done = async () => (await owner.api.listWebhookDeliveries({ query: { webhook_id: endpoint.id } })).data;
    await expect.poll(done, { timeout: 10_000 }).toMatchObject([{ status: "delivered" }]);
  } finally {
    await worker.close();
  }
});
