import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { ApiError } from "../../client/index.ts";
import { PUBLIC_URL, type TestApp } from "./app.ts";

/** Runs one statement as the owner of the tables, past row level security: how tests look and reach behind the API. */
export async function query<Row extends pg.QueryResultRow>(
  databaseUrl: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("set app.maintenance = 'on'");
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** Names of the tables in which a text stands, in any column: as text, inside another, or as the bytes of it. */
export async function tablesHolding(databaseUrl: string, text: string): Promise<string[]> {
  const tables = await query<{ name: string }>(
    databaseUrl,
    "select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1",
  );
  const found: string[] = [];
  for (const { name } of tables) {
    const rows = await query<{ found: boolean }>(
      databaseUrl,
      `select exists (select from ${name} t where position($1 in t::text) > 0 or position($2 in t::text) > 0) as found`,
      [text, Buffer.from(text).toString("hex")],
    );
    if (rows[0]?.found) found.push(name);
  }
  return found;
}

/** Waits for all calls: what the good ones answered, and how the others were refused. Any other error is thrown. */
export async function settle<T>(calls: readonly Promise<T>[]): Promise<{ good: T[]; refused: ApiError[] }> {
  const good: T[] = [];
  const refused: ApiError[] = [];
  for (const result of await Promise.allSettled(calls)) {
    if (result.status === "fulfilled") good.push(result.value);
    else if (result.reason instanceof ApiError) refused.push(result.reason);
    else throw result.reason;
  }
  return { good, refused };
}

/** `n` calls at once. */
export const times = <T>(n: number, call: (index: number) => Promise<T>): Promise<T>[] =>
  Array.from({ length: n }, (_, index) => call(index));

export type RawAnswer = { readonly status: number; readonly headers: Headers; readonly body: unknown };

/** One request without the typed client, for what that client cannot say. `path` is below the base, `/v1/…`. */
export async function send(
  app: Pick<TestApp, "fetch">,
  method: string,
  path: string,
  options: { token?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<RawAnswer> {
  const headers = new Headers(options.headers);
  if (options.token !== undefined) headers.set("authorization", `Bearer ${options.token}`);
  const json = options.body === undefined ? {} : { body: JSON.stringify(options.body) };
  if (options.body !== undefined) headers.set("content-type", "application/json");
  const response = await app.fetch(new Request(`${PUBLIC_URL}/api${path}`, { method, headers, ...json }));
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? undefined : JSON.parse(text) };
}

/** The paths of a 400's issues. */
export function issuePaths({ body }: RawAnswer): Set<string> {
  const { details } = (body as { error: { details: { issues?: { path: string }[] } } }).error;
  return new Set(details.issues?.map(({ path }) => path));
}

/** An answer as two callers may compare it: all of it but the request's id and the counting of requests. */
export function comparable({ status, headers, body }: RawAnswer): unknown {
  const kept = [...headers].filter(([name]) => name !== "x-request-id" && !name.startsWith("x-ratelimit-"));
  const text = JSON.stringify(body)?.replace(/"request_id":"[^"]*"/, "");
  return { status, headers: Object.fromEntries(kept), text };
}

/**
 * Asks until something is so; the test's own timeout ends it. The pauses grow to a quarter of a second: on a slow
 * machine hundreds of looks a minute would run into the very limits of a plan that the server keeps.
 */
export async function until<T>(look: () => Promise<T | undefined | false> | T | undefined | false): Promise<T> {
  for (let pause = 20; ; pause = Math.min(pause * 1.3, 250)) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await sleep(pause);
  }
}
