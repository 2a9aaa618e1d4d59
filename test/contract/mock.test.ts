import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { NAMES } from "../kit/engine/usage.ts";
import { contract } from "../kit-engine/spawn.ts";
import { type RunningMock, runMock } from "../mock/process.ts";
import { MADE_UP } from "./made-up.ts";

const SPEC = "spec/openapi.json";
const folder = mkdtempSync(join(tmpdir(), "contract-mock-"));
/** Any credential will do; those who sign are not asked for a signature. */
const PEOPLE = [
  {
    name: "anybody",
    headers: { authorization: "Bearer anything-at-all" },
    tenant: "t1",
    scopes: ["*"],
    auth: "session",
  },
  { name: "a signed address", headers: {}, tenant: "t1", scopes: ["*"], auth: "signed" },
  { name: "a provider", headers: {}, tenant: "t1", scopes: ["*"], auth: "provider" },
];

let mock: RunningMock;
let options: string[];

beforeAll(async () => {
  mock = await runMock(SPEC);
  const principals = join(folder, "principals.json");
  writeFileSync(principals, JSON.stringify(PEOPLE));
  const known = ["--known", "test/contract/mock-known.json"];
  options = ["--spec", SPEC, "--base-url", `${mock.url}/api`, "--principals", principals, "--stateless", ...known];
});

afterAll(async () => {
  await mock.interrupt();
  rmSync(folder, { recursive: true, force: true });
});

async function clean(...args: string[]): Promise<string> {
  const { code, out, err } = await contract(...options, "--seed", "1", ...args);
  expect(out + err).toMatch(/\n0 findings, /);
  expect(out).not.toContain("ended early");
  expect(code).toBe(0);
  return out;
}

test("the mock keeps to the contract in every operation, but for what it is known for", {
  timeout: 180_000,
}, async () => {
  const checks = NAMES.filter((name) => !MADE_UP.has(name)).join();
  const out = await clean("--checks", checks);
  expect(out).toMatch(/^answered: (\d+) of \1 operations/m);
  expect(out).toMatch(/^not run: tenant_isolation: the server must know whose a resource is \(--stateless\)$/m);
});

// All of them with CONTRACT_MOCK=all; else those that the list names, and one whose body has every kind of field.
const all = process.env.CONTRACT_MOCK === "all";
const SOME = ["createUpload", "login", "createBrand"];

test("nor do made-up inputs find more", { timeout: all ? 400_000 : 180_000 }, async () => {
  await clean("--max-seconds", "360", ...(all ? [] : SOME.flatMap((id) => ["--only", id])));
});
