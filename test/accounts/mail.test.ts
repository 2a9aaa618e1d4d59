import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { holder } from "../organizations/held.ts";
import { newAddress, PASSWORD, sql } from "../organizations/people.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { freshDatabase, type TestDatabase } from "../setup/database.ts";
import { type Mailbox, openMailbox, tokenIn } from "./mailbox.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());

/** Opens the app on this file's database, where others were opened before and will be after. */
const open = (url: string, more: Parameters<typeof openTestApp>[0] = {}) =>
  openTestApp({ databaseUrl: database.url, role: "all", env: { SMTP_URL: url }, ...more });

/** An address of loopback where nothing listens, and later a mail server does. */
async function silentPort(): Promise<number> {
  const mailbox = await openMailbox();
  await mailbox.close();
  return mailbox.port;
}

const outbox = (reelmark: TestApp) => sql<{ id: string; sealed: string }>(reelmark, "select id, sealed from mails");
const failed = (reelmark: TestApp) =>
  vi.waitFor(() => expect(reelmark.log.map(({ message }) => message)).toContain("a job failed; it is tried again"), {
    timeout: 20_000,
  });
/** Has every mail tried now, without the wait that follows a failure. */
const dueNow = (reelmark: TestApp) =>
  sql(reelmark, "update pgboss.job set start_after = now() where name = 'mail.send' and state < 'active'");
const emptyOutbox = (reelmark: TestApp) =>
  vi.waitFor(async () => expect(await outbox(reelmark)).toHaveLength(0), { timeout: 20_000, interval: 100 });

async function withMailbox(work: (mailbox: Mailbox, reelmark: TestApp) => Promise<void>) {
  const mailbox = await openMailbox();
  const reelmark = await open(mailbox.url);
  try {
    await work(mailbox, reelmark);
  } finally {
    await reelmark.close();
    await mailbox.close();
  }
}

test("a mail arrives once, from MAIL_FROM, and leaves nothing behind in the outbox", async () => {
  await withMailbox(async (mailbox, reelmark) => {
    const { email } = await freshOrganization(reelmark);
    const mail = await mailbox.next(email);
    expect(mail.text).toContain("POST http://reelmark.test/api/v1/auth/verify-email");
    expect(mail.messageId).toMatch(/^<mal_[0-9a-z]{26}@reelmark>$/);
    await emptyOutbox(reelmark);
    expect(mailbox.mails.filter(({ to }) => to === email)).toHaveLength(1);
  });
});

test("a mail outlives the server that wrote it: the next one sends it", async () => {
  const port = await silentPort();
  const first = await open(`smtp://127.0.0.1:${port}`);
  const { email } = await freshOrganization(first);
  await failed(first);
  await first.close();
  expect(await outbox(first)).toHaveLength(1);

  const mailbox = await openMailbox(port);
  const second = await open(mailbox.url);
  try {
    await dueNow(second); // it was tried once
    const token = await mailbox.token(email);
    await expect(second.api().verifyEmail({ body: { token } })).resolves.toBeUndefined();
    await emptyOutbox(second);
  } finally {
    await second.close();
    await mailbox.close();
  }
});

test("a mail server that was down gets the mail when it is up again; the request was answered all the same", async () => {
  const port = await silentPort();
  const reelmark = await open(`smtp://127.0.0.1:${port}`);
  const { email } = await freshOrganization(reelmark);
  await failed(reelmark);
  expect(await outbox(reelmark)).toHaveLength(1);
  const mailbox = await openMailbox(port);
  try {
    await dueNow(reelmark);
    await mailbox.next(email);
    await emptyOutbox(reelmark);
    expect(mailbox.mails).toHaveLength(1);
  } finally {
    await reelmark.close();
    await mailbox.close();
  }
});

test("a mail that was refused is tried again under the same Message-ID", async () => {
  await withMailbox(async (mailbox, reelmark) => {
    mailbox.refuseNext();
    const { email } = await freshOrganization(reelmark);
    await failed(reelmark);
    expect(mailbox.refused).toHaveLength(1);
    await dueNow(reelmark);
    const mail = await mailbox.next(email);
    expect(mail).toEqual(mailbox.refused[0]);
  });
});

test("two servers on one database send each mail once", async () => {
  await withMailbox(async (mailbox, one) => {
    const two = await open(mailbox.url);
    try {
      const { api } = await freshOrganization(one);
      const addresses = Array.from({ length: 8 }, () => newAddress("many"));
      await Promise.all(addresses.map((email) => api.createInvitation({ body: { email, role: "viewer" } })));
      for (const address of addresses) await mailbox.next(address);
      await emptyOutbox(two);
      const sent = mailbox.mails.map(({ to }) => to).filter((to) => addresses.includes(to));
      expect(sent.sort()).toEqual(addresses.sort());
    } finally {
      await two.close();
    }
  });
});

test("a mail that one server is sending is passed by by another, which sends the next", async () => {
  await withMailbox(async (mailbox, one) => {
    const two = await open(mailbox.url);
    try {
      const held = mailbox.holdNext();
      const { api, email } = await freshOrganization(one);
      await held.reached;
      const witness = newAddress("witness");
      await api.createInvitation({ body: { email: witness, role: "viewer" } });
      await mailbox.next(witness);
      held.release();
      await emptyOutbox(one);
      expect(mailbox.mails.map(({ to }) => to)).toEqual([email, witness]);
    } finally {
      await two.close();
    }
  });
});

test("nothing is sent for a mutation that was rolled back or refused", async () => {
  const holding = holder();
  const mailbox = await openMailbox();
  const reelmark = await open(mailbox.url, { backend: holding.backend });
  try {
    const { api, email } = await freshOrganization(reelmark);
    await mailbox.next(email);
    const guest = newAddress("guest");
    holding.failNext();
    const failed = api.createInvitation({ body: { email: guest, role: "member" } });
    await expect(failed).rejects.toMatchObject({ status: 500 });
    await expect(api.createInvitation({ body: { email, role: "member" } })).rejects.toMatchObject({ status: 409 });
    await emptyOutbox(reelmark);
    // A later mail that arrives shows that the outbox has been looked through.
    const witness = newAddress("witness");
    await api.createInvitation({ body: { email: witness, role: "member" } });
    await mailbox.next(witness);
    expect(mailbox.mails.map(({ to }) => to)).toEqual([email, witness]);
  } finally {
    await reelmark.close();
    await mailbox.close();
  }
});

test("the outbox is sealed: neither address nor subject nor token can be read in the table", async () => {
  const reelmark = await open(`smtp://127.0.0.1:${await silentPort()}`);
  try {
    const { api } = await freshOrganization(reelmark);
    const guest = newAddress("sealed");
    await api.createInvitation({ body: { email: guest, role: "member" } });
    const rows = JSON.stringify(await sql(reelmark, "select * from mails"));
    expect(rows).toContain("v1.test.");
    for (const text of [guest, "reelmark.example", "rmi_", "rmm_", "invited", "Verify"])
      expect(rows).not.toContain(text);
    const encoded = [guest, "rmi_"].flatMap((text) =>
      ["base64", "hex"].map((to) => Buffer.from(text).toString(to as "hex")),
    );
    for (const text of encoded) expect(rows).not.toContain(text.replace(/=+$/, ""));
  } finally {
    await reelmark.close();
    await sql(reelmark, "delete from mails");
  }
});

test("MAIL=log prints a mail instead of sending it, though SMTP_URL is set", async () => {
  const mailbox = await openMailbox();
  const reelmark = await openTestApp({ role: "all", env: { MAIL: "log", SMTP_URL: mailbox.url } });
  try {
    const email = newAddress("log");
    await reelmark.api().signUp({ body: { email, password: PASSWORD, name: "Log" } });
    const printed = () => reelmark.log.find(({ message }) => message.startsWith("a mail, printed"));
    await vi.waitFor(() => expect(printed()).toBeDefined(), { timeout: 20_000 });
    const fields = printed()?.fields ?? {};
    expect(fields).toMatchObject({ to: email, subject: "Verify your address" });
    const token = tokenIn("text" in fields ? String(fields.text) : "");
    await expect(reelmark.api().verifyEmail({ body: { token } })).resolves.toBeUndefined();
    expect(mailbox.mails).toHaveLength(0);
  } finally {
    await reelmark.close();
    await mailbox.close();
  }
});

test("a silent mail server keeps nothing waiting: other mails go on, and the server closes after one mail's patience", async () => {
  const net = await import("node:net");
  const sockets = new Set<{ destroy(): void }>();
  const silent = net.createServer((socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = silent.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const reelmark = await open(`smtp://127.0.0.1:${port}`);
  for (let n = 0; n < 6; n++) await freshOrganization(reelmark);
  await vi.waitFor(() => expect(sockets.size).toBe(4), { timeout: 20_000 }); // so many are sent at once
  await reelmark.close(); // after the patience of those, not of all: the test's own limit says so
  expect(sockets.size).toBe(4);
  expect(await outbox(reelmark)).toHaveLength(6);
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => silent.close(resolve));
  await sql(reelmark, "delete from mails");
});

test("a server of the role api sends nothing: what it writes is sent by a worker", async () => {
  const mailbox = await openMailbox();
  const api = await open(mailbox.url, { role: "api" });
  const worker = await open(mailbox.url, { role: "worker" });
  try {
    await mailbox.next((await freshOrganization(api)).email);
    await emptyOutbox(api);
    await worker.close();
    const { email } = await freshOrganization(api);
    await vi.waitFor(async () => expect(await outbox(api)).toHaveLength(1), { timeout: 10_000 });
    const next = await open(mailbox.url, { role: "worker" });
    await mailbox.next(email);
    await emptyOutbox(next);
    await next.close();
  } finally {
    await api.close();
    await mailbox.close();
  }
});

test("a mail that fails at its last try is given up: its row goes, the log tells, and its job is among the dead", async () => {
  const reelmark = await open(`smtp://127.0.0.1:${await silentPort()}`, { role: "api" });
  await freshOrganization(reelmark);
  await sql(reelmark, "update pgboss.job set retry_limit = 0 where name = 'mail.send' and state = 'created'");
  const worker = await open(`smtp://127.0.0.1:${await silentPort()}`);
  try {
    await emptyOutbox(worker);
    await vi.waitFor(
      async () => {
        expect(await sql(worker, "select source_name from pgboss.job where name = 'dead'")).toHaveLength(1);
      },
      { timeout: 10_000 },
    );
    expect(worker.log.filter(({ message }) => message === "a mail was given up")).toHaveLength(1);
  } finally {
    await worker.close();
    await reelmark.close();
  }
});
