/** `npm run bench:authenticate`: how long the one look-up of every request takes, by the number of API keys there are. */
import { hash, randomInt } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type pg from "pg";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { APP_ROLE, migrateDatabase } from "../../server/db/migrate.ts";
import { openPool } from "../../server/kit/postgres/pool.ts";
import { run, UsageError } from "../usage.ts";

const help = `npm run bench:authenticate [-- --keys 1000,100000,1000000]

Fills a PostgreSQL of its own with API keys (ten an organization), and looks random ones up: 2,000 times after 500 that do
not count, one after the other on one connection. Prints the median and the 99th percentile of the SQL function
authenticate() by the server's own clock, and of the round trip as the server makes it. Takes about a minute.`;

const WARM_UP = 500;
const LOOK_UPS = 2_000;
const KEYS_OF_ONE = 10;

const keyHash = (n: number): Buffer => hash("sha256", `key ${n}`, "buffer");
const randomHashes = (count: number, keys: number) =>
  Array.from({ length: count }, () => keyHash(randomInt(1, keys + 1)));

/** Adds keys up to `to`, with their organizations, users and memberships, and has the planner know of them. */
async function fill(owner: pg.Pool, from: number, to: number): Promise<void> {
  const [first, last] = [Math.ceil(from / KEYS_OF_ONE) + 1, to / KEYS_OF_ONE];
  const each = `from generate_series(${first}::int, ${last}::int) as n`;
  await owner.query(`insert into users (id, name) select 'usr_' || n, 'User ' || n ${each}`);
  await owner.query(`insert into organizations (id, name) select 'org_' || n, 'Organization ' || n ${each}`);
  await owner.query(`insert into memberships (org_id, user_id, role) select 'org_' || n, 'usr_' || n, 'owner' ${each}`);
  await owner.query(
    `insert into api_keys (id, org_id, created_by, label, key_hash, prefix, scopes)
     select 'key_' || k, 'org_' || n, 'usr_' || n, 'bench', sha256(convert_to('key ' || k, 'UTF8')), 'rm_0000000',
            '{brands:read,brands:write}'
       from generate_series(${from + 1}::int, ${to}::int) as k, lateral (select (k - 1) / ${KEYS_OF_ONE} + 1 as n) as owner`,
  );
  await owner.query("vacuum analyze");
}

// By the server's clock, without the way there and back.
const INSIDE = `create function bench_authenticate(p_hashes bytea[]) returns float8[] language plpgsql as $$
declare
  begun timestamptz;
  took float8[] := '{}';
  one bytea;
begin
  foreach one in array p_hashes loop
    begun := clock_timestamp();
    perform * from authenticate(one, null, null, null);
    took := took || extract(epoch from clock_timestamp() - begun)::float8 * 1e6;
  end loop;
  return took;
end $$`;

async function inside(owner: pg.Pool, hashes: Buffer[]): Promise<number[]> {
  const { rows } = await owner.query<{ took: number[] }>("select bench_authenticate($1) as took", [hashes]);
  return rows[0]?.took ?? [];
}

async function roundTrips(app: pg.Pool, hashes: Buffer[]): Promise<number[]> {
  const took: number[] = [];
  const client = await app.connect();
  for (const one of hashes) {
    const begun = performance.now();
    const { rows } = await client.query({
      name: "authenticate",
      text: "select * from authenticate($1, $2, $3, $4)",
      values: [one, null, null, null],
    });
    took.push((performance.now() - begun) * 1000);
    if (rows.length !== 1) throw new Error("a key that is there was not found");
  }
  client.release();
  return took;
}

function percentiles(took: number[]): [string, string] {
  const sorted = took.slice(WARM_UP).sort((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN).toFixed(0);
  return [at(0.5), at(0.99)];
}

/** How many keys at each step. Throws UsageError unless they are whole and grow. */
function steps(text: string): number[] {
  const numbers = text.split(",").map(Number);
  const good = numbers.every((n, i) => Number.isInteger(n / KEYS_OF_ONE) && n > (numbers[i - 1] ?? 0));
  if (good) return numbers;
  throw new UsageError(`--keys takes growing multiples of ${KEYS_OF_ONE}, such as 1000,100000`);
}

async function main(): Promise<void> {
  const options = { keys: { type: "string", default: "1000,100000,1000000" }, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ options });
  if (values.help) return console.log(help);
  const sizes = steps(values.keys);
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-bench-"));
  // As root, PostgreSQL runs as another user, who must reach its folder.
  fs.chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  await migrateDatabase(postgres.url);
  const bounds = { name: "reelmark-bench", url: postgres.url, max: 1, statementTimeoutMs: 300_000, onError: () => {} };
  const owner = openPool(bounds);
  const app = openPool({ ...bounds, role: APP_ROLE });
  try {
    await owner.query(INSIDE);
    console.log("microseconds      authenticate()      with the round trip");
    console.log("API keys            p50     p99           p50     p99");
    let filled = 0;
    for (const keys of sizes) {
      await fill(owner, filled, keys);
      filled = keys;
      const hashes = () => randomHashes(WARM_UP + LOOK_UPS, keys);
      const figures = [...percentiles(await inside(owner, hashes())), ...percentiles(await roundTrips(app, hashes()))];
      const [a = "", b = "", c = "", d = ""] = figures.map((figure) => figure.padStart(8));
      console.log(`${keys.toLocaleString("en").padEnd(15)}${a}${b}      ${c}${d}`);
    }
  } finally {
    await Promise.all([owner.end(), app.end()]);
    await postgres.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
}

await run("bench:authenticate", main);
