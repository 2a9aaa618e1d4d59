import { createServer } from "node:http";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterEach, expect, test } from "vitest";
import { findRunningPostgres, startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { cleanUp, later, launch, temporaryFolder } from "./launch.ts";
import { freshKey, startServer } from "./process.ts";
import { goOn, newStory, STEPS, type Step, type Story } from "./stories.ts";

afterEach(cleanUp);

/** `KILL_SERVERS=100` runs the large one. */
const KILLS = Number(process.env.KILL_SERVERS ?? 8);
const WRITERS = 6;

/** A feed of one item at every path, on loopback. */
async function feeds(): Promise<string> {
  const server = createServer((request, response) => {
    const item = `<item><guid>${request.url}</guid><title>An item</title></item>`;
    response.writeHead(200, { "content-type": "application/rss+xml" });
    response.end(`<rss version="2.0"><channel><title>Feed</title>${item}</channel></rss>`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  later(() => server.close());
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the feed server has no port");
  return `http://127.0.0.1:${address.port}`;
}

async function rows<R extends pg.QueryResultRow>(url: string, text: string): Promise<R[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return (await client.query<R>(text).finally(() => client.end())).rows;
}

test("kill -9 under mixed writes: nothing acknowledged is lost, repeating the rest doubles nothing, the ledger adds up", {
  timeout: 1_800_000,
}, async () => {
  const env = { DATA_DIR: path.join(temporaryFolder(), "data"), OUTBOUND_ALLOW: "127.0.0.0/8" };
  const feed = await feeds();
  // Where an assertion ends this test after a kill, PostgreSQL is an orphan: a start finds it, and its stop ends it.
  later(async () => (await startEmbeddedPostgres({ dataDir: env.DATA_DIR })).stop());
  let server = await startServer(env);
  const { key } = await freshKey(server);
  const stories: Story[] = [];
  const open: Story[] = [];
  let unanswered = 0;
  let acknowledged = 0;
  const begin = () => {
    const story = newStory(stories.length + 1);
    stories.push(story);
    return story;
  };
  /** Tells stories, the open ones first, until the server dies; or until the open ones are over. */
  const tell = async (begun: () => Story | undefined): Promise<void> => {
    for (;;) {
      const story = open.shift() ?? begun();
      if (!story) return;
      for (;;) {
        const went = await goOn(server.url, key, story, feed);
        if (went === false) break;
        if (went === undefined) {
          unanswered++;
          return void open.push(story);
        }
        acknowledged++;
      }
    }
  };

  for (let round = 0; round < KILLS; round++) {
    const before = acknowledged;
    const writers = Array.from({ length: WRITERS }, () => tell(begin));
    while (acknowledged < before + 15 + (round % 20)) await sleep(2);
    await server.end("SIGKILL");
    await Promise.all(writers);
    server = await startServer(env);
  }
  // Whatever the last crashes left unanswered is repeated with its keys, and every story told to its end.
  while (open.length > 0) await tell(() => undefined);

  const url = findRunningPostgres(env.DATA_DIR) ?? "";
  const idsOf = (step: Step) => stories.flatMap(({ ids }) => ids[step] ?? []).sort();
  for (const [step, table] of Object.entries(STEPS) as [Step, string][]) {
    const mine = step === "key" ? "where label <> 'test'" : step === "sync" ? "where trigger = 'request'" : "";
    const found = (await rows<{ id: string }>(url, `select id from ${table} ${mine}`)).map(({ id }) => id);
    expect(found.sort(), table).toEqual(idsOf(step));
  }
  const waiting = "select id, status from sync_jobs where status in ('pending', 'running')";
  await expect.poll(() => rows(url, waiting), { timeout: 60_000 }).toEqual([]);
  expect(await rows(url, "select id from credit_holds where status = 'held'")).toEqual([]);
  const checked = await launch(process.execPath, ["scripts/ledger-check.ts", "--json"], { DATABASE_URL: url }).ended;
  expect(checked).toMatchObject({ code: 0, stderr: "" });
  const { figures, differences } = JSON.parse(checked.stdout) as { figures: { sum: number }; differences: object[] };
  expect(differences).toEqual([]);
  expect(figures.sum).toBe(0);
  expect(unanswered).toBeGreaterThan(0);
  const counts = (Object.keys(STEPS) as Step[]).map((step) => `${idsOf(step).length} ${STEPS[step]}`).join(", ");
  process.stdout.write(
    `${KILLS} kill -9 of the server: ${counts} acknowledged, ${unanswered} requests unanswered and repeated; 0 lost, ` +
      `0 doubled; ledger: ${checked.stdout}`,
  );
});
