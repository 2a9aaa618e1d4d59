import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { document } from "../docs/document.ts";
import { type RunningMock, runMock, runScript } from "./process.ts";

let folder = "";
let spec = "";
let mock: RunningMock;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mock-"));
  spec = join(folder, "openapi.json");
  await writeFile(spec, JSON.stringify(document));
  mock = await runMock(spec);
});
afterAll(async () => {
  await mock.interrupt();
  await rm(folder, { recursive: true });
});

const BEARER = { authorization: "Bearer anything" };
const ID = "brd_01jz8e6vq3";

const call = (path: string, init: RequestInit = {}) => fetch(`${mock.url}/api${path}`, init);
const get = (path: string, headers: Record<string, string> = BEARER) => call(path, { headers });
const post = (body: string, headers: Record<string, string> = {}) =>
  call("/v1/brands", { method: "POST", body, headers: { ...BEARER, "content-type": "application/json", ...headers } });

type Envelope = { error: { code: string; message: string; details: { issues?: object[] }; request_id: string } };

/** The envelope: exactly its four fields, and the request id that the header names. */
async function refusal(response: Response) {
  // Its keys are asserted in the next line, and every test looks at the values.
  const body = (await response.json()) as Envelope;
  expect(Object.keys(body.error)).toEqual(["code", "message", "details", "request_id"]);
  expect(response.headers.get("x-request-id")).toBe(body.error.request_id);
  expect(response.headers.get("content-type")).toMatch(/^application\/json/);
  return { status: response.status, code: body.error.code, issues: body.error.details.issues, error: body.error };
}

describe("answers", () => {
  test("200 with the document's example", async () => {
    const response = await get("/v1/brands");
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual(document.components.schemas.BrandPage.examples[0]);
  });

  test("201 for a body that fits, with x-api-key as the credential", async () => {
    const response = await call("/v1/brands", {
      method: "POST",
      headers: { "x-api-key": "anything", "content-type": "application/json" },
      body: JSON.stringify({ name: "Studio Nora" }),
    });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual(document.components.schemas.Brand.examples[0]);
  });

  test("204 without a body", async () => {
    const response = await call(`/v1/brands/${ID}`, { method: "DELETE", headers: BEARER });
    expect(response.status).toBe(204);
    expect(await response.text()).toBe("");
  });

  test("a literal path hides an id's, with all of its methods", async () => {
    expect((await get("/v1/brands/none")).status).toBe(204);
    expect((await call("/v1/brands/none", { method: "DELETE", headers: BEARER })).status).toBe(405);
  });

  test("a public operation asks for no credential", async () => {
    expect((await get("/v1/health", {})).status).toBe(200);
  });

  test("Prefer: code chooses an answer, and its request id is the request's own", async () => {
    const response = await get(`/v1/brands/${ID}`, { ...BEARER, prefer: "code=404", "x-request-id": "mine-1" });
    expect(await refusal(response)).toMatchObject({ status: 404, code: "NOT_FOUND", error: { request_id: "mine-1" } });
  });

  test("Prefer: dynamic makes data that the schema allows", async () => {
    const response = await get(`/v1/brands/${ID}`, { ...BEARER, prefer: "dynamic=true" });
    const brand = (await response.json()) as Record<string, unknown>; // its fields are asserted below
    expect(response.status).toBe(200);
    expect(brand).not.toEqual(document.components.schemas.Brand.examples[0]);
    for (const field of document.components.schemas.Brand.required) expect(typeof brand[field]).toBe("string");
  });

  test("400 when Prefer asks for a status that the document does not declare", async () => {
    const refused = await refusal(await get("/v1/brands", { ...BEARER, prefer: "code=418" }));
    expect(refused).toMatchObject({ status: 400, issues: [{ path: "headers.prefer" }] });
  });

  test("Accept of a type that no answer has is not refused", async () => {
    expect((await get("/v1/brands", { ...BEARER, accept: "text/csv" })).status).toBe(200);
  });
});

describe("refusals", () => {
  test.each(["{", "", '{"name":}', '{"name":"a"}}', "\u0000"])(
    "400 for the malformed JSON %j, without hanging",
    async (body) => {
      const refused = await refusal(await post(body));
      expect(refused).toMatchObject({ status: 400, code: "VALIDATION_ERROR", issues: [{ path: "body" }] });
    },
  );

  test("400 names every issue of body and headers", async () => {
    const { status, issues } = await refusal(
      await post(JSON.stringify({ nmae: "x", slug: "A" }), { "idempotency-key": "" }),
    );
    expect(status).toBe(400);
    const found = issues?.map((issue) => Object.values(issue).slice(0, 2).join(" "));
    expect(found?.sort()).toEqual([
      "body.name required",
      "body.nmae unrecognized_key",
      "body.slug invalid_format",
      "headers.idempotency-key invalid_format",
    ]);
  });

  test("400 for a fixed-size list that is too long (prefixItems)", async () => {
    const body = JSON.stringify({ name: "a", ratio: [9, 16, 1] });
    expect(await refusal(await post(body))).toMatchObject({
      status: 400,
      issues: [{ path: "body.ratio", code: "too_big" }],
    });
  });

  test.each([
    ["limit=0", "query.limit", "too_small"],
    ["limit=1e1", "query.limit", "invalid_type"],
    ["limit=", "query.limit", "invalid_type"],
    ["limit=1&limit=2", "query.limit", "duplicate"],
    ["order=size", "query.order", "invalid_value"],
    ["colour=red", "query.colour", "unrecognized_key"],
    ["order=%ff", "query.order", "invalid_encoding"],
  ])("400 for the query ?%s", async (query, path, code) => {
    const refused = await refusal(await get(`/v1/brands?${query}`));
    expect(refused).toMatchObject({ status: 400, code: "VALIDATION_ERROR", issues: [{ path, code }] });
  });

  test("400 for an id of another kind", async () => {
    expect(await refusal(await get("/v1/brands/per_1"))).toMatchObject({
      status: 400,
      issues: [{ path: "params.brand_id" }],
    });
  });

  test("401 with a bare Bearer challenge when no credential is sent", async () => {
    const response = await get("/v1/brands", {});
    expect(response.headers.get("www-authenticate")).toBe("Bearer");
    expect(await refusal(response)).toMatchObject({ status: 401, code: "UNAUTHORIZED" });
  });

  test("401 before the body is looked at", async () => {
    const response = await call("/v1/brands", { method: "POST", body: "{", headers: { "content-type": "text/plain" } });
    expect((await refusal(response)).status).toBe(401);
  });

  test("401 for a credential of another kind", async () => {
    expect((await refusal(await get("/v1/brands", { authorization: "Basic YTpi" }))).status).toBe(401);
  });

  test("400 for two credentials at once", async () => {
    expect((await refusal(await get("/v1/brands", { ...BEARER, "x-api-key": "k" }))).status).toBe(400);
  });

  test("404 for a path that the document does not have", async () => {
    expect(await refusal(await get("/v1/nothing"))).toMatchObject({ status: 404, code: "NOT_FOUND" });
    expect((await refusal(await fetch(`${mock.url}/v1/brands`, { headers: BEARER }))).status).toBe(404);
  });

  test("405 with Allow for a method that the path does not have", async () => {
    const response = await call("/v1/brands", { method: "PUT", headers: BEARER });
    expect(response.headers.get("allow")).toBe("GET, HEAD, OPTIONS, POST");
    expect(await refusal(response)).toMatchObject({ status: 405, code: "METHOD_NOT_ALLOWED" });
  });

  test("413 over 1 MiB, declared or not", async () => {
    const big = JSON.stringify({ name: "a".repeat(1024 * 1024) });
    expect(await refusal(await post(big))).toMatchObject({ status: 413, code: "PAYLOAD_TOO_LARGE" });
    const chunked = await call("/v1/brands", {
      method: "POST",
      headers: { ...BEARER, "content-type": "application/json" },
      body: new Blob([big]).stream(),
      duplex: "half",
    });
    expect((await refusal(chunked)).status).toBe(413);
  });

  test("415 for a body of another media type", async () => {
    const refused = await refusal(await post("name=a", { "content-type": "application/x-www-form-urlencoded" }));
    expect(refused).toMatchObject({ status: 415, code: "UNSUPPORTED_MEDIA_TYPE" });
  });
});

describe("the protocol", () => {
  test("HEAD has the headers of GET and no body", async () => {
    const [head, full] = await Promise.all([
      call("/v1/brands", { method: "HEAD", headers: BEARER }),
      get("/v1/brands"),
    ]);
    expect(head.status).toBe(200);
    expect(head.headers.get("content-length")).toBe(String((await full.arrayBuffer()).byteLength));
    expect(await head.text()).toBe("");
  });

  test("OPTIONS is 204 with Allow, without a credential", async () => {
    const response = await call(`/v1/brands/${ID}`, { method: "OPTIONS" });
    expect([response.status, response.headers.get("allow")]).toEqual([204, "DELETE, GET, HEAD, OPTIONS"]);
  });

  test("a page of any origin may call it, credentials and all", async () => {
    // fetch() keeps the headers of a preflight for itself.
    const preflight = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const headers = {
        origin: "http://app.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,prefer",
      };
      const sent = httpRequest(`${mock.url}/api/v1/brands`, { method: "OPTIONS", headers }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, ...response.headers });
      });
      sent.on("error", reject).end();
    });
    expect(preflight).toMatchObject({
      status: 204,
      "access-control-allow-origin": "*",
      "access-control-allow-methods": "GET, HEAD, OPTIONS, POST",
      "access-control-allow-headers": "authorization,prefer",
    });
    const refused = await get("/v1/nothing", {});
    expect(refused.headers.get("access-control-allow-origin")).toBe("*");
    expect(refused.headers.get("access-control-expose-headers")).toBe("*");
  });

  test("X-Request-Id is kept when well formed and made anew when not", async () => {
    const kept = await get("/v1/health", { "x-request-id": "a.b-c_1" });
    expect(kept.headers.get("x-request-id")).toBe("a.b-c_1");
    const made = await get("/v1/health", { "x-request-id": "a b" });
    expect(made.headers.get("x-request-id")).toMatch(/^req_[A-Za-z0-9._-]+$/);
  });

  test("the reference of the mock is at /docs", async () => {
    const page = await fetch(`${mock.url}/docs`);
    expect(await page.text()).toContain("Scalar.createApiReference");
    expect(await (await fetch(`${mock.url}/openapi.json`)).json()).toEqual(document);
  });
});

describe("the command", () => {
  test("says where it is and how to choose an answer", () => {
    expect(mock.greeting).toContain(`${mock.url}/api/v1`);
    expect(mock.greeting).toContain("Prefer: code=404");
  });

  test("ends with status 0 on Ctrl-C, even under an upload that never ends", async () => {
    const other = await runMock(spec);
    const headers = { ...BEARER, "content-type": "application/json", "content-length": 100, expect: "100-continue" };
    const upload = httpRequest(`${other.url}/api/v1/brands`, { method: "POST", headers }).on("error", () => undefined);
    await new Promise((resolve) => upload.on("continue", resolve).flushHeaders());
    upload.write("{");
    expect(await other.interrupt()).toMatchObject({ status: 0, stderr: "" });
  });

  test("a taken port is one sentence that says what to do", async () => {
    const port = new URL(mock.url).port;
    const { status, stderr } = await runScript("mock", ["--port", port, "--spec", spec]);
    expect([status, stderr]).toEqual([1, expect.stringMatching(new RegExp(`^Port ${port} is taken: .*--port\n`))]);
  });

  test.each([
    [["--spec", "/nowhere.json"], "npm run generate"],
    [["--port", "http"], "is not a port"],
    [["--prot", "1"], "--prot"],
  ])("%j is refused with a sentence", async (args, sentence) => {
    const { status, stderr } = await runScript("mock", args);
    expect([status, stderr]).toEqual([1, expect.stringContaining(sentence)]);
    expect(stderr).not.toMatch(/^\s+at /m);
  });
});
