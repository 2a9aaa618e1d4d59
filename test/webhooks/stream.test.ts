import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { blocksOf } from "../../client/cli/events.ts";
import { type Client, createClient } from "../../client/index.ts";
import { newId } from "../../server/kit/ids.ts";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { until } from "../setup/support.ts";
import { happen } from "./support.ts";

let place: TestApp;
let serving: Serving;
beforeAll(async () => {
  // Fewer connections than streams: no stream may hold one.
  place = await openTestApp({ env: { DATABASE_POOL: "2" } });
  serving = await serve({ fetch: place.app.fetch, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await serving.close(0);
  await place.close();
});

type Query = NonNullable<Parameters<Client["streamEvents"]>[0]>["query"];

/** Opens a stream over HTTP, from now on or after an id, and waits until it is there. */
async function reading(token: string, { after, query }: { after?: string | undefined; query?: Query } = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const api = createClient({ baseUrl: `${serving.url}/api`, token, retries: 0 });
  const headers = after === undefined ? {} : { "last-event-id": after };
  const stream = await api.streamEvents({ headers, signal: stop.signal, ...(query && { query }) });
  const blocks = blocksOf(stream, stop.signal);
  const first = await blocks.next();
  let last = first.value?.id;
  return {
    stop: () => stop.abort(),
    last: () => last,
    /** The label of the next event's key, or undefined at the stream's end. */
    async next(): Promise<string | undefined> {
      for await (const { id, event, data } of { [Symbol.asyncIterator]: () => ({ next: () => blocks.next() }) }) {
        last = id ?? last;
        if (data === undefined) continue;
        const { type, payload } = JSON.parse(data);
        expect([type, payload.type]).toEqual([event, event]);
        return payload.data.label;
      }
      return undefined;
    },
  };
}

/** An event in a transaction that is still under way, with the time at which it was written. */
async function written(org: string, label: string, atMs: number) {
  const client = new pg.Client({ connectionString: place.databaseUrl });
  await client.connect();
  onTestFinished(() => client.end());
  const time = new Date(atMs).toISOString();
  const payload = JSON.stringify({ type: "api_key.created", timestamp: time, data: { label } });
  await client.query("begin");
  await client.query("select set_config('app.org_id', $1, true)", [org]);
  await client.query(
    "insert into webhook_events (id, org_id, type, payload, created_at) values ($1, $2, 'api_key.created', $3, $4)",
    [newId("msg", atMs), org, payload, time],
  );
  return () => client.query("commit");
}

test("events come as they happen, in order, and those of other tenants never", async () => {
  const [mine, other] = [await freshOrganization(place), await freshOrganization(place)];
  await happen(mine.api, "before");
  const stream = await reading(mine.token);
  await happen(other.api, "another tenant's");
  await happen(mine.api, "one");
  await happen(mine.api, "two");
  expect([await stream.next(), await stream.next()]).toEqual(["one", "two"]);
});

test("only the type that was asked for; the position moves on past the others", async () => {
  const { api, token } = await freshOrganization(place);
  const quiet = await reading(token, { query: { type: "sync.failed" } });
  const begun = quiet.last();
  const nothing = quiet.next();
  const stream = await reading(token, { query: { type: "api_key.revoked" } });
  const { id } = await happen(api, "short");
  await api.revokeApiKey({ params: { api_key_id: id } });
  expect(await stream.next()).toBe("short");
  await until(() => quiet.last() !== begun);
  quiet.stop();
  expect(await nothing).toBeUndefined();
});

test("a stream goes on after its last id: no gap and no repeat, also where nothing had come yet", async () => {
  const { api, token } = await freshOrganization(place);
  const first = await reading(token);
  first.stop();
  for (const label of ["a", "b", "c"]) await happen(api, label);
  const second = await reading(token, { after: first.last() });
  expect([await second.next(), await second.next()]).toEqual(["a", "b"]);
  second.stop();
  await happen(api, "d");
  const third = await reading(token, { after: second.last() });
  expect([await third.next(), await third.next()]).toEqual(["c", "d"]);
});

test("what commits late comes too, once, though later events were written and the reader had gone", async () => {
  const { api, token, organizationId } = await freshOrganization(place);
  const first = await reading(token);
  await happen(api, "before");
  expect(await first.next()).toBe("before");
  // Older than what was told, by its id and by its transaction than what follows.
  const commit = await written(organizationId, "late", Date.now() - 30_000);
  await happen(api, "meanwhile");
  first.stop();
  const second = await reading(token, { after: first.last() });
  const coming = second.next();
  // Time to be told of "meanwhile" too soon.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await commit();
  await happen(api, "after");
  expect([await coming, await second.next(), await second.next()]).toEqual(["late", "meanwhile", "after"]);
  second.stop();
  const third = await reading(token, { after: second.last() });
  await happen(api, "last");
  expect(await third.next()).toBe("last");
});

test("what had happened before is not told, though an older transaction was still under way", async () => {
  const { api, token, organizationId } = await freshOrganization(place);
  const commit = await written(organizationId, "under way", Date.now());
  await happen(api, "before");
  const stream = await reading(token);
  await commit();
  await happen(api, "after");
  expect([await stream.next(), await stream.next()]).toEqual(["under way", "after"]);
});

test("the position of a database that was restored since begins a few minutes earlier, and not never", async () => {
  const { api, token } = await freshOrganization(place);
  const first = await reading(token);
  await happen(api, "kept");
  await first.next();
  const [, id] = (first.last() ?? "").split(".");
  const second = await reading(token, { after: `zzzzzzz.${id}` });
  expect(await second.next()).toBe("kept");
});

test("400 for a position that is none, 403 without the scope", async () => {
  const { token, key } = await freshOrganization(place);
  for (const after of ["x", "1.msg_short", `${"z".repeat(11)}.${newId("msg", 0)}`])
    await expect(reading(token, { after })).rejects.toMatchObject({ status: 400, code: "VALIDATION_ERROR" });
  const reader = await key(["brands:read"]);
  await expect(reading(reader.key)).rejects.toMatchObject({ status: 403, code: "FORBIDDEN" });
});

test("a revoked key's stream ends before the next event", async () => {
  const { api, key } = await freshOrganization(place);
  const { id, key: secret } = await key(["webhooks:read"]);
  const stream = await reading(secret);
  await api.revokeApiKey({ params: { api_key_id: id } });
  await happen(api, "not for the revoked");
  expect(await stream.next()).toBeUndefined();
});

test("429 for the 21st stream of an organization, until one ends; other requests and tenants go on", async () => {
  const [mine, other] = [await freshOrganization(place), await freshOrganization(place)];
  const open = await Promise.all(Array.from({ length: 20 }, () => reading(mine.token)));
  const refused = { status: 429, code: "RATE_LIMITED", details: { limit: 20 } };
  await expect(reading(mine.token)).rejects.toMatchObject(refused);
  expect((await mine.api.listBrands()).data).toEqual([]);
  await happen(other.api);
  await reading(other.token);
  open[0]?.stop();
  await until(async () => (await reading(mine.token).catch(() => undefined)) !== undefined);
});

test("a server that is about to stop ends its streams at once", async () => {
  const { token } = await freshOrganization(place);
  const stream = await reading(token);
  place.app.drain();
  expect(await stream.next()).toBeUndefined();
});
