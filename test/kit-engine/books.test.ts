import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { OpenApiDocument } from "../kit/document.ts";
import { type Outcome, runContract } from "../kit/engine/contract.ts";
import { loadDocument } from "../kit/engine/load.ts";
import { baseOf } from "../kit/engine/remote.ts";
import { findingText } from "../kit/engine/report.ts";

const at = (name: string) => fileURLToPath(new URL(`../fixtures/books/${name}`, import.meta.url));
const python = spawnSync("python3", ["--version"]).status === 0;

/** What the server itself knows of who may call. */
const PRINCIPALS = [
  { name: "ann", headers: { authorization: "Bearer ann-token" }, tenant: "ann", scopes: ["*"] },
  { name: "ann, reading", headers: { authorization: "Bearer ann-reads" }, tenant: "ann", scopes: ["read"] },
  { name: "bob", headers: { authorization: "Bearer bob-token" }, tenant: "bob", scopes: ["*"] },
];

/** A server in Python, in a process of its own. */
async function start(fault = "") {
  const child = spawn("python3", [at("server.py")], { env: { FAULT: fault }, stdio: ["ignore", "pipe", "inherit"] });
  const [port] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const close = async () => {
    const ended = once(child, "close");
    child.kill();
    await ended;
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

let document: OpenApiDocument;
/** The same without `links`: what belongs together shows in the paths alone. */
let linkless: OpenApiDocument;
let clean: Awaited<ReturnType<typeof start>>;

beforeAll(async () => {
  if (!python) return;
  document = await loadDocument(at("books.yaml"));
  linkless = JSON.parse(JSON.stringify(document, (key, value) => (key === "links" ? undefined : value)));
  clean = await start();
});

afterAll(() => clean?.close());

async function run(of: OpenApiDocument, url: string, checks?: readonly string[]): Promise<Outcome> {
  return runContract({
    document: of,
    send: (request) => fetch(request),
    baseUrl: await baseOf(url, of),
    principals: PRINCIPALS,
    seed: 1,
    maxSeconds: 100,
    ...(checks ? { checks: new Set(checks) } : {}),
  });
}

describe.skipIf(!python)(
  `a server in another language, by a document in YAML${python ? "" : ": python3 is not here"}`,
  { timeout: 120_000 },
  () => {
    test("nothing is found in one that keeps to it, whose resources' life is read from links", async () => {
      const { findings, notRun, kinds, tally, stopped } = await run(document, clean.url);
      expect(findings.map(findingText)).toEqual([]);
      expect(notRun).toEqual([]);
      expect(stopped).toBeUndefined();
      expect(kinds).toMatchObject([
        {
          name: "book",
          source: "links",
          creates: [{ id: "createBook" }],
          reads: { id: "getBook" },
          updates: [{ id: "replaceBook" }],
          deletes: { id: "deleteBook" },
        },
      ]);
      for (const check of ["use_after_delete", "tenant_isolation", "update_is_visible"]) {
        expect([check, tally.ranOn(check).size]).not.toEqual([check, 0]);
      }
    });

    test("nor where it is read from the shape of paths, and then its list is known too", async () => {
      const { findings, kinds, tally } = await run(linkless, clean.url);
      expect(findings.map(findingText)).toEqual([]);
      expect(kinds).toMatchObject([{ name: "book", source: "paths", lists: { id: "listBooks" } }]);
      expect(tally.ranOn("pagination_complete")).toEqual(new Set(["listBooks"]));
    });

    const FAULTS = [
      ["ghosts", "use_after_delete", "getBook"],
      ["one-shelf", "tenant_isolation", "getBook"],
      ["skips-one", "pagination_complete", "listBooks"],
      ["put-merges", "put_replaces", "replaceBook"],
      ["reader-writes", "scope", "createBook"],
    ] as const;
    test.each(FAULTS)("a fault is found: %s by %s of %s", async (fault, check, operation) => {
      const server = await start(fault);
      const { findings } = await run(linkless, server.url, [check, "update_is_visible"]).finally(server.close);
      expect(findings.map((one) => `${one.check} ${one.operation}`)).toContain(`${check} ${operation}`);
    });
  },
);
