import { afterAll, beforeAll, expect, test } from "vitest";
import { realTime } from "../../client/backoff.ts";
import { verifyWebhook } from "../../client/index.ts";
import { type Serving, serve } from "../../server/kit/serve.ts";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { until } from "../setup/support.ts";
import { type ShellOptions, shell } from "./terminal.ts";

let place: TestApp;
let hook: Serving;
const got: { readonly headers: Headers; readonly body: string }[] = [];
beforeAll(async () => {
  place = await openTestApp();
  const fetch = async (request: Request) => {
    got.push({ headers: request.headers, body: await request.text() });
    return new Response("thanks", { status: 202 });
  };
  hook = await serve({ fetch, host: "127.0.0.1", port: 0 });
});
afterAll(async () => {
  await hook.close(0);
  await place.close();
});

/** Pauses as the real clock makes them, but for their length. */
const quick = {
  ...realTime,
  sleep: (ms: number, signal?: AbortSignal) => realTime.sleep(Math.min(ms, 20), signal),
};

/** Has every stream break off within its third block. */
async function cutting(request: Request): Promise<Response> {
  const answer = await place.fetch(request);
  if (!answer.headers.get("content-type")?.startsWith("text/event-stream")) return answer;
  let left = 2;
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      if (left-- > 0) return controller.enqueue(bytes);
      controller.enqueue(bytes.subarray(0, 20));
      controller.error(new Error("cut"));
    },
  });
  return new Response(answer.body?.pipeThrough(cut) ?? null, answer);
}

async function listening(flags: readonly string[], options: ShellOptions = {}) {
  const { token, api } = await freshOrganization(place);
  const make = (label: string) => api.createApiKey({ body: { label, scopes: ["brands:read"] } });
  await make("before");
  const stop = new AbortController();
  let heard = "";
  const run = shell(place, {
    ...options,
    env: { REELMARK_TOKEN: token },
    timing: quick,
    signal: stop.signal,
    watch: (text) => {
      heard += text;
    },
  });
  const running = run("listen", ...flags);
  await until(() => heard.includes("Ctrl-C"));
  const end = async () => {
    stop.abort();
    return running;
  };
  return { api, make, run, end, secret: /whsec_\S+/.exec(heard)?.[0] ?? "", heard: () => heard };
}

test("what happens from now on is forwarded, once and in order, signed with a secret of its own", async () => {
  const { make, end, secret } = await listening(["--forward", `${hook.url}/hook`]);
  for (const label of ["one", "two", "three"]) await make(label);
  await until(() => got.length >= 3);
  const events = await Promise.all(got.map(({ body, headers }) => verifyWebhook(body, headers, secret)));
  expect(events.map(({ type, data }) => [type, (data as { label?: string }).label])).toEqual([
    ["api_key.created", "one"],
    ["api_key.created", "two"],
    ["api_key.created", "three"],
  ]);
  const { code, out } = await end();
  expect(code).toBe(0);
  expect(out.trim().split("\n")).toHaveLength(3);
  expect(out).toContain(`${events[0]?.id}  [202]`);
  expect(got.splice(0)).toHaveLength(3);
});

test("only the events that were asked for; the secret stays the same", async () => {
  const { api, make, end, run, secret } = await listening(["--forward", hook.url, "--events", "api_key.revoked"]);
  const { id } = await make("short");
  await api.revokeApiKey({ params: { api_key_id: id } });
  await until(() => got.length > 0);
  await end();
  expect(got.splice(0).map(({ body }) => JSON.parse(body).type)).toEqual(["api_key.revoked"]);
  expect(secret).toMatch(/^whsec_/);
  const again = shell(place, { folder: run.folder, signal: AbortSignal.abort() });
  expect((await again("profiles", "list")).out).not.toContain(secret);
});

test("a receiver that is down is said, and does not end it", async () => {
  let said = "";
  const read = (text: string) => {
    said += text;
  };
  const { make, end } = await listening(["--forward", "http://127.0.0.1:1/hook"], { read });
  await make("nobody");
  await until(() => said.includes("\n"));
  const { code, out } = await end();
  expect([code, out]).toEqual([0, expect.stringMatching(/api_key\.created {2}msg_\w+ {2}\[no answer: .+\]\n/)]);
});

test("a stream that breaks off is opened again where it ended: nothing is lost, and nothing comes twice", async () => {
  const { make, end, heard } = await listening(["--forward", hook.url], { fetch: cutting });
  for (const label of ["a", "b", "c", "d"]) await make(label);
  await until(() => got.length >= 4);
  await end();
  expect(got.splice(0).map(({ body }) => JSON.parse(body).data.label)).toEqual(["a", "b", "c", "d"]);
  expect(heard()).toContain("Trying again.");
});

test("3 when the credential is no longer good", async () => {
  const { token, key } = await freshOrganization(place);
  const { id, key: secret } = await key(["webhooks:read"]);
  const api = place.api(token);
  let heard = "";
  const watch = (text: string) => {
    heard += text;
  };
  const run = shell(place, { env: { REELMARK_TOKEN: secret }, timing: quick, watch });
  const running = run("listen", "--forward", hook.url);
  await until(() => heard.includes("Ctrl-C"));
  await api.revokeApiKey({ params: { api_key_id: id } });
  expect(await running).toMatchObject({ code: 3, out: "" });
});

test("2 for an address that is none, an event that is not, a secret that is none", async () => {
  const run = shell(place);
  for (const flags of [
    ["--forward", "localhost"],
    ["--forward", hook.url, "--events", "api_key.create"],
    ["--forward", hook.url, "--secret", "hunter2"],
    [],
  ])
    expect(await run("listen", ...flags)).toMatchObject({ code: 2 });
});
