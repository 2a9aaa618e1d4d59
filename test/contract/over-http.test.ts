import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Scope } from "../../spec/vocabulary.ts";
import type { Principal } from "../kit/engine/types.ts";
import { NAMES } from "../kit/engine/usage.ts";
import { contract } from "../kit-engine/spawn.ts";
import { newAddress } from "../organizations/people.ts";
import { cleanUp, later, launch, temporaryFolder } from "../server/launch.ts";
import { encryptionKey, PASSWORD, type RunningServer, startServer } from "../server/process.ts";
import { ALL_SCOPES } from "../setup/app.ts";
import { freshDatabase } from "../setup/database.ts";
import { MADE_UP } from "./made-up.ts";

afterAll(cleanUp);

/** An organization, signed up as anybody does, and who calls for it: by its owner's session, and by keys. */
async function organization({ api }: RunningServer, tenant: string) {
  const body = { email: newAddress("owner"), password: PASSWORD, name: "Owner", organization_name: "Studio" };
  const { access_token, organization: made } = await api().signUp({ body });
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const headers = { ...bearer(access_token), "x-organization-id": made?.id ?? expect.fail("sign-up made none") };
  const session: Principal = { name: `a session of ${tenant}`, tenant, scopes: ["*"], auth: "session", headers };
  const key = async (name: string, scopes?: readonly Scope[]): Promise<Principal> => {
    const { key: token } = await api(access_token).createApiKey({
      body: { label: name, scopes: [...(scopes ?? ALL_SCOPES)] },
    });
    return { name, tenant, scopes: scopes ?? ["*"], headers: bearer(token) };
  };
  return { session, key };
}

/** Made-up inputs come by the thousand: here one operation has them, in CONTRACT_HTTP=all each. */
const CHECKS = NAMES.filter((name) => !MADE_UP.has(name)).join();
const PERSONAS = ["listPersonas", "createPersona", "getPersona", "updatePersona", "deletePersona"];

test("a server that runs keeps to its contract, by its address, its document and a file of who may call", {
  timeout: 120_000,
}, async () => {
  const database = await freshDatabase();
  later(() => database.drop());
  const folder = temporaryFolder();
  const ENCRYPTION_KEY = encryptionKey();
  // Each workflow signs somebody up: at the usual limits they would wait for minutes.
  const limits = { RATE_LIMIT_PUBLIC: "100000", RATE_LIMIT_OPERATIONS: "10000" };
  const server = await startServer({ ...limits, DATABASE_URL: database.url, ENCRYPTION_KEY, STORAGE_DIR: folder });
  const home = await organization(server, "t1");
  const other = await organization(server, "t2");
  const people = [
    await home.key("owner"),
    home.session,
    await home.key("reader", ["personas:read"]),
    await home.key("writer", ["feedback:write"]),
    await other.key("other"),
    other.session,
  ];
  const principals = join(folder, "principals.json");
  writeFileSync(principals, JSON.stringify(people));
  const base = ["--spec", "spec/openapi.json", "--base-url", `${server.url}/api`, "--principals", principals];
  const runs = [
    [...PERSONAS.flatMap((id) => ["--only", id]), "--checks", CHECKS, "--workflows", "spec/arazzo.json"],
    ["--only", "deletePersona"],
  ];
  for (const args of runs) {
    const { code, out, err } = await contract(...base, ...args, "--seed", "1");
    // Workers of this server work: what needs them at rest, or feeds to read, is not run, by name.
    expect(err + out).toMatch(
      /^(not run: .* needs (still|feeds): .*\n)*answered: (\d) of \3 operations?, .*\n0 findings, \d+ requests/,
    );
    expect(code).toBe(0);
  }
});

test("without an address, the command starts this server in its own process", { timeout: 120_000 }, async () => {
  const { code, out, err } = await contract(
    "--only",
    "getPersona",
    "--checks",
    "owner_may,missing_auth",
    "--seed",
    "1",
  );
  expect(err + out).toMatch(/^answered: 1 of 1 operation, .*\n0 findings, \d+ requests/);
  expect(code).toBe(0);
});

test.runIf(process.env.CONTRACT_HTTP === "all")(
  "the whole contract over HTTP, with what no document tells",
  { timeout: 600_000 },
  async () => {
    const { PATH = "" } = process.env;
    const run = launch(process.execPath, ["test/contract/over-http.ts", "--seed", "1", "--max-seconds", "550"], {
      PATH,
    });
    const { code, stdout, stderr } = await run.ended;
    expect(stdout + stderr).toMatch(/^answered: (\d+) of \1 operations, .*\n0 findings, /m);
    expect(code).toBe(0);
  },
);
