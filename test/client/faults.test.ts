import { afterAll, beforeAll, expect, test } from "vitest";
import { ApiError, ConnectionError, createClient } from "../../client/index.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { query } from "../setup/support.ts";
import { testClock } from "./clock.ts";
import { FAULTS, faultyProxy } from "./proxy.ts";

/** How many POSTs; 10,000 take about two minutes. */
const POSTS = Number(process.env.CLIENT_FAULTS ?? 200);
const AT_ONCE = 24;
/** How long the client waits for one answer at least, in milliseconds. */
const PATIENCE = 400;
/** How much of what is tried goes wrong. */
const RATE = 0.6;

let app: TestApp;
beforeAll(async () => {
  app = await openTestApp();
});
afterAll(() => app.close());

/** Random numbers that are the same in every run (mulberry32). */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test(`${POSTS} faulted POSTs: what is acknowledged happened once, what is not at most once`, async () => {
  const { token, api: owner } = await freshOrganization(app);
  const brand = await owner.createBrand({ body: { name: "Faults", slug: "faults" } });
  const random = dice(20_260_115);
  // As long as this machine takes now for as many at once without faults, and as much again.
  const began = performance.now();
  const warm = (at: number) => owner.createPersona({ body: { brand_id: brand.id, name: `warm-${at}` } });
  await Promise.all(Array.from({ length: AT_ONCE }, (_, at) => warm(at)));
  const patience = Math.min(2000, Math.max(PATIENCE, 2 * (performance.now() - began)));
  const proxy = await faultyProxy(
    app.fetch,
    () => (random() < RATE ? (FAULTS[Math.floor(random() * FAULTS.length)] ?? "none") : "none"),
    patience,
  );
  const api = createClient({ baseUrl: `${proxy.url}/api`, token, timeout: patience, timing: testClock(random) });
  const acknowledged = new Map<string, string>();
  const refused: unknown[] = [];
  // Every second one has two steps on the server, and nothing of its own that would keep it from happening twice.
  const post = (name: string, at: number) =>
    at % 2
      ? api.createPersona({ body: { brand_id: brand.id, name } })
      : api.createResumableUpload({ body: { filename: name, size: 1 } });
  const names = Array.from({ length: POSTS }, (_, at) => `fault-${at}`);
  const rest = [...names.entries()];
  const worker = async () => {
    for (let next = rest.pop(); next; next = rest.pop()) {
      const [at, name] = next;
      await post(name, at).then(
        ({ id }) => acknowledged.set(name, id),
        (error: unknown) => refused.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  await proxy.close();

  const rows = await query<{ name: string; id: string }>(
    app.databaseUrl,
    "select name, id from personas union all select filename, id from uploads",
  );
  const happened = Map.groupBy(rows, (row) => row.name);
  const twice = [...happened].filter(([, found]) => found.length > 1);
  expect(twice).toEqual([]);
  for (const [name, id] of acknowledged) expect(happened.get(name)?.[0]?.id, name).toBe(id);
  // A repeat never meets what its own first try has done: it is given that answer, or told to come back.
  const wrong = refused.filter(
    (error) =>
      !(error instanceof ConnectionError) &&
      !(error instanceof ApiError && (error.response.headers.has("retry-after") || [502, 503].includes(error.status))),
  );
  expect(wrong).toEqual([]);
  expect(acknowledged.size + refused.length).toBe(POSTS);
  // It was no walk in the park: every fault was done, and some calls did not get through.
  for (const fault of FAULTS) expect(proxy.done.get(fault), fault).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  // How many got through says how fast the machine is: what is slower than its patience is given up and sent again.
  expect(acknowledged.size).toBeGreaterThan(0);
  if (process.env.CLIENT_FAULTS) {
    const unheard = names.filter((name) => happened.has(name)).length - acknowledged.size;
    process.stdout.write(
      `${JSON.stringify({ posts: POSTS, acknowledged: acknowledged.size, refused: refused.length, unheard, requests: Object.fromEntries(proxy.done) })}\n`,
    );
  }
}, 600_000);
