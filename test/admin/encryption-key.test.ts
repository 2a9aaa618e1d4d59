import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type SealingKeys, seal, sealedBy } from "../../server/kit/seal.ts";
import { freshOrganization, openTestApp, type TestApp, type TestOrganization } from "../setup/app.ts";
import { freshDatabase, type TestDatabase } from "../setup/database.ts";
import { type Receiver, receiver, verify } from "../webhooks/receiver.ts";
import { adminOn, query, recorded, TEST_KEY } from "./cli.ts";

const NEW = { id: "k2", key: randomBytes(32) };
const BOTH: SealingKeys = [NEW, TEST_KEY];

let database: TestDatabase;
let owner: TestOrganization;
let inbox: Receiver;
let webhookId: string;
let webhookSecrets: readonly string[];
const mail = { to: "nora@reelmark.example", subject: "Sealed before, sent after", text: "Hello." };

beforeAll(async () => {
  database = await freshDatabase();
  const before = await open([TEST_KEY]);
  owner = await freshOrganization(before);
  inbox = await receiver();
  const webhook = await owner.api.createWebhook({ body: { url: inbox.url, events: ["webhook.test"] } });
  webhookId = webhook.id;
  const rotated = await owner.api.rotateWebhookSecret({ params: { webhook_id: webhookId }, body: {} });
  webhookSecrets = [webhook.secret, rotated.secret];
  await before.close();
  // Written by a server that only answers requests: it is sent after the key has changed.
  await query(database.url, "insert into mails (id, sealed) values ('mal_1', $1)", [
    seal([TEST_KEY], "mail mal_1", JSON.stringify(mail)),
  ]);
  await query(database.url, `insert into pgboss.job (name, data) values ('mail.send', '{"org_id":"","id":"mal_1"}')`);
  await query(
    database.url,
    `insert into issuers (id, issuer, secret_sealed, algorithms, audience)
     values ('iss_1', 'https://id.example', $1, '{HS256}', 'reelmark')`,
    [seal([TEST_KEY], "issuer iss_1", "a secret that is shared with one issuer")],
  );
});
afterAll(async () => {
  await inbox.close();
  await database.drop();
});

const open = (encryptionKeys: SealingKeys, role: "api" | "all" = "api"): Promise<TestApp> =>
  openTestApp({ databaseUrl: database.url, encryptionKeys, role });

/** Every sealed value, wherever the database keeps one: the columns are asked of its catalog. */
async function sealedValues(): Promise<string[]> {
  const columns = await query<{ table: string; column: string }>(
    database.url,
    `select table_name as table, column_name as column from information_schema.columns
      where table_schema = 'public' and column_name like '%sealed%'`,
  );
  const rows = columns.map(({ table, column }) =>
    query<{ sealed: string }>(database.url, `select ${column} as sealed from ${table} where ${column} is not null`),
  );
  return (await Promise.all(rows)).flatMap((found) => {
    // A column without a row would prove nothing.
    expect(found.length).toBeGreaterThan(0);
    return found.map(({ sealed }) => sealed);
  });
}
const keyIds = async () => new Set((await sealedValues()).map(sealedBy));

test("1 when a value was sealed with a key that is not given, or not the one of its name: nothing changes", async () => {
  const before = await sealedValues();
  for (const keys of [[NEW], [NEW, { ...TEST_KEY, key: randomBytes(32) }]]) {
    const run = await adminOn(database.url, keys)("rotate-encryption-key");
    expect(run).toMatchObject({
      code: 1,
      out: "",
      err: expect.stringMatching(/encryption key "test".*Set ENCRYPTION_KEY/),
    });
  }
  expect(await sealedValues()).toEqual(before);
  expect(await recorded(database.url)).toEqual([]);
});

test("rotate-encryption-key moves every sealed value while servers run: after it, the old key is needed for nothing", async () => {
  const running = await open(BOTH);
  expect(await keyIds()).toEqual(new Set(["test"]));
  const run = await adminOn(database.url, BOTH)("rotate-encryption-key --json");
  expect(run).toMatchObject({ code: 0, err: "" });
  const moved = { signing_keys: 1, issuers: 1, mails: expect.any(Number), webhooks: 2 };
  expect(JSON.parse(run.out)).toEqual({ key: "k2", moved });
  expect(await keyIds()).toEqual(new Set(["k2"]));
  await expect(running.api(owner.token).getProfile()).resolves.toBeDefined();
  await expect(freshOrganization(running)).resolves.toBeDefined();
  await running.close();

  const after = await open([NEW], "all");
  await expect(after.api(owner.token).getProfile()).resolves.toBeDefined();
  await expect(after.api().refreshSession({ body: { refresh_token: owner.refreshToken } })).resolves.toBeDefined();
  await expect.poll(() => after.log.map(({ fields }) => fields), { timeout: 10_000 }).toContainEqual(mail);
  await after.api(owner.token).testWebhook({ params: { webhook_id: webhookId } });
  await expect.poll(() => inbox.got.length, { timeout: 10_000 }).toBe(1);
  for (const secret of webhookSecrets) for (const got of inbox.got) verify(got, secret);
  await after.close();
  await expect(open([TEST_KEY])).rejects.toThrow(/ENCRYPTION_KEY lacks the key "k2"/);
});

test("again, it has nothing to do: 0, and every run is recorded", async () => {
  const run = await adminOn(database.url, BOTH)("rotate-encryption-key");
  expect(run.out).toMatch(
    /^Sealed anew with "k2": 0 of signing_keys, 0 of issuers, 0 of mails, 0 of webhooks\. .*ENCRYPTION_KEY/,
  );
  const events = await recorded(database.url);
  expect(events.map(({ operation, org_id }) => [operation, org_id])).toEqual(
    Array(2).fill(["admin.rotate-encryption-key", ""]),
  );
});
