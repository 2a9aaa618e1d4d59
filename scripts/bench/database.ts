import { randomBytes } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { launch, reelmark } from "./servers.ts";

/** The one PostgreSQL of a benchmark, with an organization of 200 brands among others, and a key that may read them. */
export type Bench = { readonly url: string; readonly key: string; close(): Promise<void> };

const ORGANIZATIONS = 25;
const BRANDS = 200;

const FILL = `insert into brands (id, org_id, name, slug, description, timezone, position)
  select 'brd_' || $1 || lpad(n::text, 4, '0') || repeat('0', 20), $1, 'Brand ' || n, 'brand-' || n,
         'Short videos about subject ' || n || ', three a week', 'Europe/Berlin', n - 1
    from generate_series(1, ${BRANDS}) n`;

/** Runs statements on a database as its owner. */
async function asOwner(url: string, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

async function post<T>(url: string, body: object, token?: string): Promise<T> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { "content-type": "application/json", ...authorization };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`POST ${url}: ${response.status} ${await response.text()}`);
  // Our own server's answer, held to its contract by the tests.
  return (await response.json()) as T;
}

/** Starts PostgreSQL in a temporary folder and fills it through the API and, for the bulk, by SQL. */
export async function openBench(): Promise<Bench> {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), "reelmark-bench-"));
  // PostgreSQL runs as another user when we are root, and must reach its folder.
  fs.chmodSync(dataDir, 0o755);
  const postgres = await startEmbeddedPostgres({ dataDir });
  const close = async () => {
    await postgres.stop();
    fs.rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    return { url: postgres.url, key: await fill(postgres.url), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function fill(url: string): Promise<string> {
  const server = await launch(reelmark(url));
  try {
    const email = `bench-${randomBytes(4).toString("hex")}@reelmark.example`;
    const account = { email, password: randomBytes(12).toString("hex"), name: "Bench", organization_name: "Bench" };
    type Session = { access_token: string; organization: { id: string } };
    const { access_token, organization } = await post<Session>(`${server.url}/api/v1/auth/sign-up`, account);
    const wanted = { label: "bench", scopes: ["brands:read"] };
    const { key } = await post<{ key: string }>(`${server.url}/api/v1/api-keys`, wanted, access_token);
    await asOwner(url, async (client) => {
      await client.query(FILL, [organization.id]);
      for (let n = 1; n < ORGANIZATIONS; n++) {
        await client.query("insert into organizations (id, name) values ($1, $1)", [`org_other${n}`]);
        await client.query(FILL, [`org_other${n}`]);
      }
      await client.query("vacuum analyze");
    });
    return key;
  } finally {
    await server.stop();
  }
}

/**
 * A copy of the database whose tenant tables have no policies. A view with the policy's own predicate stands before
 * brands, so that the same rows are read by the same plan, and the difference is the cost of the policies.
 */
export async function withoutPolicies(url: string): Promise<string> {
  const copy = new URL(url);
  copy.pathname = "/bench_without_policies";
  const maintenance = new URL(url);
  maintenance.pathname = "/postgres";
  const source = new URL(url).pathname.slice(1);
  await asOwner(maintenance.href, (client) =>
    client.query(`create database bench_without_policies template ${source}`),
  );
  await asOwner(copy.href, async (client) => {
    for (const table of ["organizations", "memberships", "api_keys", "brands"]) {
      await client.query(`alter table ${table} no force row level security, disable row level security`);
    }
    await client.query("alter table brands rename to all_brands");
    await client.query(
      "create view brands as select * from all_brands where org_id = (select current_setting('app.org_id', true))",
    );
    await client.query("grant select on brands to reelmark_app");
    await client.query("vacuum analyze");
  });
  return copy.href;
}
