import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freshDatabase } from "../setup/database.ts";
import { cleanUp, later } from "./launch.ts";
import { encryptionKey, PASSWORD, type RunningServer, startServer } from "./process.ts";
import { head, openWire } from "./wire.ts";

const ENCRYPTION_KEY = encryptionKey();
let server: RunningServer;
let databaseUrl: string;
beforeAll(async () => {
  const database = await freshDatabase();
  later(() => database.drop());
  databaseUrl = database.url;
  server = await startServer({ DATABASE_URL: databaseUrl, ENCRYPTION_KEY, LOG_LEVEL: "debug" });
});
afterAll(cleanUp);

const json = { "Content-Type": "application/json" };

async function sql(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(text);
  await client.end();
}

/** Sends one request and resolves with its answer, whatever it is. */
const send = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
  fetch(`${server.url}${path}`, { method, headers, ...(body === undefined ? {} : { body }) });

test("a 500 is logged with its request id and stack, and its client sees neither cause nor stack", async () => {
  const email = "broken@reelmark.example";
  const body = { email, password: PASSWORD, name: "Broken", organization_name: "Broken" };
  const { access_token: token } = await server.api().signUp({ body });
  await sql("alter table brands rename column timezone to zone");
  try {
    const headers = { Authorization: `Bearer ${token}`, "X-Request-Id": "req-of-the-500" };
    const response = await send("GET", "/api/v1/brands", headers);
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: "INTERNAL_ERROR", request_id: "req-of-the-500" } });
    expect(text).not.toMatch(/timezone|column| at /);
    const line = await server.line(
      ({ msg, request_id }) => msg === "a handler failed" && request_id === "req-of-the-500",
    );
    expect(line).toMatchObject({ level: "error", operation: "listBrands", error_code: "42703" });
    expect(line.stack).toMatch(/column .*timezone.*\n {4}at /);
  } finally {
    await sql("alter table brands rename column zone to timezone");
  }
});

test("no credential reaches the log, whatever is sent, where, and how it fails", async () => {
  const secrets = new Map<string, string>([
    ["encryption key", ENCRYPTION_KEY.slice(3)],
    ["password", "a-password-that-nobody-else-has"],
    ["new key", ""],
    ["access token", ""],
    ["refresh token", ""],
    ["second refresh token", ""],
    ["mistyped key", `rm_${"0123456789abcdef".repeat(4)}`],
    ["token of nobody", "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJub2JvZHkifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ"],
    ["basic", "dXNlcjp0aGUtYmFzaWMtcGFzc3dvcmQ="],
    ["cookie", "session-cookie-3f9a7c"],
    ["idempotency key", "idempotency-key-5d1e0b"],
    ["token in the query", "token-in-the-query-77c2"],
    ["text in a body that is no JSON", "half-a-body-with-a-secret"],
    ["unknown field", "value-of-an-unknown-field"],
  ]);
  const secret = (name: string) => secrets.get(name) ?? "";
  const email = "secretive@reelmark.example";
  const password = secret("password");

  const account = { email, password, name: "Secretive", organization_name: "Secrets" };
  const session = await server.api().signUp({ body: account });
  secrets.set("access token", session.access_token).set("refresh token", session.refresh_token);
  const api = server.api(session.access_token);
  const made = await api.createApiKey({ body: { label: "secret", scopes: ["brands:read"] } });
  secrets.set("new key", made.key);
  const next = await server.api().refreshSession({ body: { refresh_token: session.refresh_token } });
  secrets.set("second refresh token", next.refresh_token);
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

  const attempts: Promise<Response>[] = [
    send("POST", "/api/v1/auth/login", json, JSON.stringify({ email, password })),
    send("POST", "/api/v1/auth/login", json, JSON.stringify({ email, password: `${password}!` })),
    send("POST", "/api/v1/auth/login", json, `{"email":"${email}","password":"${password}`),
    send("POST", "/api/v1/auth/login", json, secret("text in a body that is no JSON")),
    send("POST", "/api/v1/auth/sign-up", json, JSON.stringify(account)),
    send("POST", "/api/v1/auth/refresh", json, JSON.stringify({ refresh_token: session.refresh_token })),
    send("GET", "/api/v1/brands", bearer(made.key)),
    send("GET", "/api/v1/brands", { "x-api-key": made.key }),
    send("GET", "/api/v1/brands", { "x-api-key": made.key, ...bearer(session.access_token) }),
    send("POST", "/api/v1/brands", { ...bearer(made.key), ...json }, JSON.stringify({ name: "x", slug: "x" })),
    send("GET", "/api/v1/brands", bearer(secret("mistyped key"))),
    send("GET", "/api/v1/brands", { "x-api-key": secret("mistyped key") }),
    send("GET", "/api/v1/brands", bearer(secret("token of nobody"))),
    send("GET", "/api/v1/brands", { Authorization: `Basic ${secret("basic")}` }),
    send("GET", "/api/v1/brands", { ...bearer(made.key), Cookie: `sid=${secret("cookie")}` }),
    send("GET", `/api/v1/brands?access_token=${secret("token in the query")}`, bearer(made.key)),
    send("GET", `/api/v1/nothing?token=${secret("token in the query")}&key=${made.key}`),
    send(
      "POST",
      "/api/v1/brands",
      { ...bearer(session.access_token), ...json, "Idempotency-Key": secret("idempotency key") },
      JSON.stringify({ name: "x", slug: "x", api_key: secret("unknown field") }),
    ),
    send("POST", "/api/v1/auth/logout", bearer(session.access_token)),
  ];
  const statuses = (await Promise.all(attempts)).map(({ status }) => status);
  expect(statuses).toContain(401);
  expect(statuses).toContain(400);
  const wire = openWire(server.url);
  wire.send(head({ method: "GET", path: "/api/v1/brands", headers: { ...bearer(made.key), "Content-Length": "x" } }));
  await wire.closed;

  await sql("alter table api_keys rename column label to title");
  await send("GET", "/api/v1/api-keys", bearer(next.access_token));
  await sql("alter table api_keys rename column title to label");

  const { stdout, stderr } = await server.end();
  expect(stderr).toBe("");
  expect(stdout).toContain('"operation":"login"');
  const told = [...secrets].filter(([, value]) => value === "" || (stdout + stderr).includes(value));
  expect(told.map(([name]) => name)).toEqual([]);
  // Nor is the database's own password, which stands in DATABASE_URL.
  expect(stdout).not.toContain(new URL(databaseUrl).password);
});
