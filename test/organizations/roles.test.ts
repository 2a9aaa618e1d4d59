import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contract } from "../../spec/index.ts";
import { ROLES, type Role } from "../../spec/roles.ts";
import { freshOrganization, openTestApp, PUBLIC_URL, type TestApp, type TestOrganization } from "../setup/app.ts";
import { memberOf, type Person } from "./people.ts";

/** A table of the Roles guide between its marks: rows of cells, without the head. */
function guideTable(name: string): string[][] {
  const text = readFileSync(new URL("../../spec/guides/roles.md", import.meta.url), "utf8");
  const inside = text.slice(text.indexOf(`<!-- ${name} -->`), text.indexOf(`<!-- /${name} -->`));
  const lines = inside.split("\n").filter((line) => line.startsWith("|"));
  return lines.slice(2).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

let reelmark: TestApp;
let owner: TestOrganization;
const people = new Map<Role, Pick<Person, "api" | "token">>();

beforeAll(async () => {
  reelmark = await openTestApp();
  owner = await freshOrganization(reelmark);
  // Every role by a member, so that leaving or logging out takes nothing away from the organization.
  for (const role of ROLES) people.set(role, await memberOf(reelmark, owner.organizationId, role));
});
afterAll(() => reelmark.close());

const personOf = (role: Role) => people.get(role) ?? owner;

test("the guide's scopes are what a session of each role has", async () => {
  const rows = guideTable("role-scopes");
  expect(rows.length).toBeGreaterThan(30);
  for (const [at, role] of ROLES.entries()) {
    const { credential } = await personOf(role).api.getProfile();
    const told = rows.filter((cells) => cells[2 + at] === "yes").map(([scope = ""]) => scope.replaceAll("`", ""));
    expect(told.sort(), role).toEqual([...credential.scopes].sort());
  }
});

const OPERATIONS = Object.values(contract);
/** Those that end a membership or a session come last, and the session's end after all. */
const lateness = (id: string) => ["leaveOrganization", "logout"].indexOf(id);
const inOrder = [...OPERATIONS].sort((a, b) => lateness(a.id) - lateness(b.id));

const PREFIXES: Readonly<Record<string, string>> = {
  user_id: "usr",
  session_id: "ses",
  grant_id: "oag",
  invitation_id: "inv",
  api_key_id: "key",
  brand_id: "brd",
};

/** Calls an operation with nothing in it and ids of nothing: whoever is let in gets 2xx, 400, 404 or 415, never 403. */
async function knock(op: (typeof OPERATIONS)[number], token: string): Promise<number> {
  const path = op.path.replace(/\{([a-z_]+)\}/g, (_, name: string) => {
    return `${PREFIXES[name] ?? "per"}_01k4zn8w3v7q2m5t9r6x0h1czz`;
  });
  const headers = { authorization: `Bearer ${token}` };
  const response = await reelmark.fetch(
    new Request(`${PUBLIC_URL}/api${path}`, { method: op.method.toUpperCase(), headers }),
  );
  return response.status;
}

test("the guide has every operation, and each of its cells is true: 403 exactly where it says –", async () => {
  const rows = new Map(guideTable("role-operations").map((cells) => [cells[0]?.replaceAll("`", ""), cells]));
  expect([...rows.keys()]).toEqual(OPERATIONS.map(({ id }) => id));
  const told: Record<string, string> = {};
  const seen: Record<string, string> = {};
  for (const op of inOrder) {
    for (const [at, role] of ROLES.entries()) {
      const name = `${op.id} by ${role}`;
      told[name] = rows.get(op.id)?.[4 + at] ?? "";
      const status = await knock(op, personOf(role).token);
      if (op.auth === "signed" || op.auth === "provider") {
        // A session is nothing to them: without a signature nobody is let in.
        seen[name] = "";
        expect([401, 403], name).toContain(status);
        continue;
      }
      seen[name] = status === 403 ? "–" : "yes";
      expect([200, 204, 400, 403, 404, 415], `${name}: ${status}`).toContain(status);
    }
  }
  expect(seen).toEqual(told);
  expect(Object.values(seen).filter((cell) => cell === "–").length).toBeGreaterThan(15);
});
