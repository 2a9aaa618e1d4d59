import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Draft } from "../kit/draft.ts";
import { toCurl } from "../kit/generate/curl.ts";

type Seen = { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: Buffer };

let seen: Seen | undefined;
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => void chunks.push(chunk));
  request.on("end", () => {
    seen = { method: request.method, url: request.url, headers: request.headers, body: Buffer.concat(chunks) };
    response.end();
  });
});
beforeAll(() => new Promise<void>((done) => void server.listen(0, "127.0.0.1", done)));
afterAll(() => new Promise<void>((done) => void server.close(() => done())));

/** Runs a script as a user pastes it. */
async function shell(script: string): Promise<void> {
  const child = spawn("sh", { stdio: ["pipe", "ignore", "ignore"] });
  child.stdin.end(`${script}\n`);
  const [code] = await once(child, "exit");
  expect(code).toBe(0);
}

const bytes = (...all: number[]) => new Uint8Array(all);
const post = (body: string | Uint8Array, type = "text/plain"): Draft => ({
  method: "POST",
  path: "/x",
  query: [],
  headers: {},
  body: { type, bytes: body },
});

test.each<[string, Draft]>([
  [
    "a plain GET",
    {
      method: "GET",
      path: "/x",
      query: [
        ["a", "1 & 2"],
        ["b[c]", "'quoted' $HOME `id`"],
      ],
      headers: {},
    },
  ],
  [
    "a credential and odd headers",
    {
      method: "DELETE",
      path: "/x",
      query: [],
      headers: { authorization: "Bearer rm_'1'", "x-empty": "", "x-at": "@file" },
    },
  ],
  ["brackets and dots in the path", { method: "GET", path: "/a/../b/[1-3]/{x,y}", query: [], headers: {} }],
  ["JSON with blanks behind it", post(`{"a":"it's"}${" ".repeat(200_000)}`, "application/json")],
  ["JSON", post('{"a":"it\'s \\"so\\"","b":"€😀"}', "application/json")],
  ["a body without POST", { ...post("x"), method: "PATCH" }],
  ["line breaks", post("a\r\nb\n\nc\n")],
  ["a body like a file's name", post("@/etc/hostname")],
  ["NUL and bytes that are no text", post(bytes(0, 255, 13, 10, 39, 128))],
  ["a NUL in a text", post("a\0b")],
  ["a body too long for an argument", post("x'".repeat(200_000))],
  ["an empty body", post("")],
])("curl sends %s as it is", async (_, draft) => {
  seen = undefined;
  const { port } = server.address() as AddressInfo;
  await shell(toCurl(`http://127.0.0.1:${port}`, draft));
  const got = seen as Seen | undefined;
  const search = draft.query
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  expect(got).toMatchObject({
    method: draft.method,
    url: `${draft.path}${search === "" ? "" : `?${search}`}`,
    headers: draft.headers,
  });
  expect(got?.body.equals(Buffer.from((draft.body?.bytes ?? "") as string))).toBe(true);
  if (draft.body) expect(got?.headers["content-type"]).toBe(draft.body.type);
});

test("the command is no longer than it must be", () => {
  expect(
    toCurl("http://localhost:3000/api/", { method: "GET", path: "/v1/brands", query: [["limit", "1"]], headers: {} }),
  ).toBe("curl 'http://localhost:3000/api/v1/brands?limit=1'");
  expect(toCurl("http://localhost:3000", post("{}", "application/json"))).toBe(
    "curl http://localhost:3000/x -H 'content-type: application/json' --data-binary '{}'",
  );
});
