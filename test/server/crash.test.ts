import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { startEmbeddedPostgres } from "../../server/db/embedded.ts";
import { cleanUp, freshKey, later, type RunningServer, startServer, temporaryFolder } from "./process.ts";

afterEach(cleanUp);

const ROUNDS = 20;
const WRITERS = 6;

type Write = { readonly slug: string; readonly idempotencyKey: string };
type Written = Write & { readonly id: string };

/** One POST with its key: the id of the brand that is acknowledged, or undefined when the server died under it. */
async function write(url: string, token: string, { slug, idempotencyKey }: Write): Promise<string | undefined> {
  const headers = {
    Authorization: `Bearer ${token}`,
    "Content-Type": "application/json",
    "Idempotency-Key": idempotencyKey,
  };
  let response: Response;
  let body: { id?: string };
  try {
    response = await fetch(`${url}/api/v1/brands`, {
      method: "POST",
      headers,
      body: JSON.stringify({ name: slug, slug }),
    });
    // What this server answers with 201 is held to the contract where it is read again, below.
    body = (await response.json()) as { id?: string };
  } catch {
    return undefined;
  }
  expect(response.status, JSON.stringify(body)).toBe(201);
  return body.id;
}

/** Every brand of the organization, read page by page. */
async function allBrands(server: RunningServer, key: string): Promise<Map<string, string>> {
  const api = server.api(key);
  const found = new Map<string, string>();
  let cursor: string | null = null;
  do {
    const page = await api.listBrands({ query: { limit: 100, ...(cursor === null ? {} : { cursor }) } });
    for (const { id, slug } of page.data) {
      expect(found.has(slug), `${slug} is there twice`).toBe(false);
      found.set(slug, id);
    }
    cursor = page.next_cursor;
  } while (cursor !== null);
  return found;
}

test("20 kill -9 under writes lose nothing acknowledged, and repeating the rest with its keys doubles nothing", {
  timeout: 240_000,
}, async () => {
  const env = { DATA_DIR: path.join(temporaryFolder(), "data") };
  // Where an assertion ends this test after a kill, PostgreSQL is an orphan: a start finds it, and its stop ends it.
  later(async () => (await startEmbeddedPostgres({ dataDir: env.DATA_DIR })).stop());
  let server = await startServer(env);
  const { key } = await freshKey(server);
  const acknowledged: Written[] = [];
  let open: Write[] = [];
  let sent = 0;

  for (let round = 0; round < ROUNDS; round++) {
    // First what the last crash left unanswered: the server must know whether it has been done.
    const url = server.url;
    const queue = open;
    open = [];
    const writer = async (): Promise<void> => {
      for (;;) {
        const next = queue.shift() ?? { slug: `brand-${++sent}`, idempotencyKey: `key-${sent}` };
        const id = await write(url, key, next);
        if (id === undefined) return void open.push(next);
        acknowledged.push({ ...next, id });
      }
    };
    const before = acknowledged.length;
    const writers = Array.from({ length: WRITERS }, writer);
    while (acknowledged.length < before + 5 + round) await sleep(2);
    await server.end("SIGKILL");
    await Promise.all(writers);
    open.push(...queue);
    server = await startServer(env);
  }

  const unanswered = open.length;
  const between = await allBrands(server, key);
  for (const { slug, id } of acknowledged) expect(between.get(slug), slug).toBe(id);
  for (const one of open) acknowledged.push({ ...one, id: (await write(server.url, key, one)) ?? "" });
  const after = await allBrands(server, key);
  expect(after).toEqual(new Map(acknowledged.map(({ slug, id }) => [slug, id])));
  expect(unanswered).toBeGreaterThan(0);

  // A replay says so, and answers what the first one would have.
  const [first] = acknowledged;
  if (!first) throw new Error("nothing was acknowledged");
  expect(await write(server.url, key, first)).toBe(first.id);
});
