import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";
import { afterEach, expect, inject, test } from "vitest";
import { exportDatabase } from "../../server/db/export.ts";
import { importDatabase } from "../../server/db/import.ts";
import { migrateDatabase } from "../../server/db/migrate.ts";
import { seal } from "../../server/kit/seal.ts";
import { openMailbox } from "../accounts/mailbox.ts";
import { cleanUp, later, temporaryFolder } from "../server/launch.ts";
import { freshOrganization, openTestApp } from "../setup/app.ts";
import { freshDatabase } from "../setup/database.ts";

afterEach(cleanUp);

async function database(empty: boolean): Promise<string> {
  const made = await freshDatabase({ empty });
  later(() => made.drop());
  return made.url;
}

async function sql<R extends pg.QueryResultRow>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<R>(text, values)).rows;
  } finally {
    await client.end();
  }
}

/** A worker on a database with a mail server beside it, until the mail to an address is there. */
async function mailArrives(databaseUrl: string, email: string): Promise<void> {
  const mailbox = await openMailbox();
  const worker = await openTestApp({ databaseUrl, role: "worker", env: { SMTP_URL: mailbox.url } });
  try {
    await mailbox.next(email);
    await expect.poll(() => sql(databaseUrl, "select id from mails")).toEqual([]);
  } finally {
    await worker.close();
    await mailbox.close();
  }
}

const longAgo = (url: string) => sql(url, "update mails set created_at = now() - interval '2 minutes'");
const jobs = (url: string) => sql(url, "select name from pgboss.job");

test("work that was open when a database was exported is done where it is imported, though its jobs were not exported", async () => {
  const from = await database(false);
  const api = await openTestApp({ databaseUrl: from });
  const { email } = await freshOrganization(api);
  await longAgo(from);
  await api.close();
  expect(await jobs(from)).toEqual([{ name: "mail.send" }]);
  const file = path.join(temporaryFolder(), "export.gz");
  await exportDatabase({ url: from, file });

  const to = await database(true);
  await importDatabase({ url: to, file, migrate: migrateDatabase });
  expect(await jobs(to)).toEqual([]);
  await mailArrives(to, email);
});

test("a database of before the queue is brought to it, and what stood in its outbox is sent", async () => {
  const url = await database(true);
  const folder = path.join(temporaryFolder(), "migrations");
  fs.cpSync(fileURLToPath(new URL("../../server/db/migrations", import.meta.url)), folder, { recursive: true });
  const journalFile = path.join(folder, "meta", "_journal.json");
  const journal = JSON.parse(fs.readFileSync(journalFile, "utf8")) as { entries: { tag: string }[] };
  const entries = journal.entries.slice(0, 4);
  expect(entries.at(-1)?.tag).toBe("0003_identity-guards");
  fs.writeFileSync(journalFile, JSON.stringify({ ...journal, entries }));
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await migrate(drizzle({ client }), { migrationsFolder: folder });
  await client.end();

  const mail = { to: "nora@reelmark.example", subject: "From before", text: "Hello." };
  const key = { id: "test", key: Buffer.alloc(32, 7) }; // what the test app seals with
  const sealed = seal([key], "mail mal_1", JSON.stringify(mail));
  await sql(url, "insert into mails (id, sealed, attempts) values ('mal_1', $1, 3)", [sealed]);
  await longAgo(url);
  await mailArrives(url, mail.to);
});

test("a user who owns the database, and is no superuser, sets it up and runs it once it has what the refusal names", async () => {
  const admin = inject("postgresUrl");
  const url = await database(true);
  const name = new URL(url).pathname.slice(1);
  const owner = `owner_${name}`;
  const asAdmin = (text: string) => sql(admin, text);
  await asAdmin(`create role ${owner} login password 'owner'`);
  later(() => asAdmin(`drop role ${owner}`));
  // On a server of its own it makes the role reelmark_app itself; here another database has made it already.
  await asAdmin(`grant reelmark_app to ${owner} with admin option`);
  const owned = new URL(url);
  owned.username = owner;
  owned.password = "owner";
  await expect(migrateDatabase(owned.href)).rejects.toThrow(/GRANT SET ON PARAMETER "app.maintenance"/);

  await asAdmin(`alter role ${owner} createrole`);
  await asAdmin(`grant set on parameter "app.maintenance" to ${owner}`);
  await asAdmin(`alter database ${name} owner to ${owner}`);
  later(async () => {
    await sql(url, `reassign owned by ${owner} to current_user; drop owned by ${owner}`);
    await asAdmin(`revoke set on parameter "app.maintenance" from ${owner}`);
  });
  await migrateDatabase(owned.href);
  await migrateDatabase(owned.href); // again, as at each start
  const api = await openTestApp({ databaseUrl: owned.href });
  const { email } = await freshOrganization(api);
  await api.close();
  await mailArrives(owned.href, email);
});

test("the server's role owns nothing of the queue, and may do in it what it must", async () => {
  const url = await database(false);
  const owned = `select relname from pg_class c join pg_namespace n on n.oid = relnamespace
    where nspname = 'pgboss' and pg_get_userbyid(relowner) = 'reelmark_app'`;
  expect(await sql(url, owned)).toEqual([]);
  const worker = await openTestApp({ databaseUrl: url, role: "worker" });
  // It watches for workers that died: pg-boss stamps each look.
  const looked =
    "select count(*)::int as queues from pgboss.queue where monitor_claim_on > now() - interval '20 seconds'";
  const total = "select count(*)::int as queues from pgboss.queue";
  await expect.poll(() => sql(url, looked), { timeout: 15_000 }).toEqual(await sql(url, total));
  const [first] = await sql<{ at: Date }>(url, "select max(monitor_claim_on) as at from pgboss.queue");
  const again = async () =>
    (await sql<{ at: Date }>(url, "select min(monitor_claim_on) as at from pgboss.queue"))[0]?.at;
  await expect.poll(async () => Number(await again()) > Number(first?.at), { timeout: 15_000 }).toBe(true);
  const lines = worker.log.filter(({ message }) => message.startsWith("the queue"));
  await worker.close();
  expect(lines).toEqual([]);
});
