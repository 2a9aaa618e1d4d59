import { execFile } from "node:child_process";
import { cp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, describe, expect, test } from "vitest";
import { root, runIn, tree, treeOfTest } from "./tree.ts";

type Part = { [name: string]: Part };
/** A part of a document, by the names that lead to it; the document is JSON of known form, so every part is there. */
const at = (document: Part, ...names: string[]): Part =>
  names.reduce((part, name) => {
    const next = part[name];
    if (!next) throw new Error(`The document has no ${names.join(" ")}`);
    return next;
  }, document);
/** Puts anything in a document's place: the changes below are of every type that JSON has. */
const put = (part: Part, name: string, value: unknown) => void Object.assign(part, { [name]: value });
const schema = (document: Part, name: string) => at(document, "components", "schemas", name);
const field = (document: Part, name: string, property: string) => at(schema(document, name), "properties", property);
const list = (part: Part, name: string): unknown[] => part[name] as unknown as unknown[]; // what stands there is a list

let text = "";
beforeAll(async () => {
  text = await readFile(join(root, "spec/openapi.json"), "utf8");
});

/** What `spec:diff` says of the present document after `change`, with this changelog. */
async function diff(change: (document: Part) => void, { changelog = "", check = false } = {}) {
  const document: Part = JSON.parse(text);
  change(document);
  const folder = await tree({ "old.json": text, "new.json": JSON.stringify(document), "CHANGELOG.md": changelog });
  const files = ["--from", join(folder, "old.json"), "--to", join(folder, "new.json")];
  const args = [...files, "--changelog", join(folder, "CHANGELOG.md"), ...(check ? ["--check"] : [])];
  return await runIn(root, "scripts/spec-diff.ts", ...args).finally(() => rm(folder, { recursive: true }));
}

const brands = (document: Part) => at(document, "paths", "/v1/brands");

/** Changes that break somebody, each with the line that says so and the line that shows it. */
const BREAKING: readonly [name: string, change: (document: Part) => void, says: string, shows: string][] = [
  [
    "an operation that goes",
    (d) => void delete at(d, "paths", "/v1/plans").get,
    "listPlans (GET /v1/plans): is gone",
    "GET /v1/plans is 404 or 405",
  ],
  [
    "a field that becomes required",
    (d) => void list(schema(d, "BrandInput"), "required").push("description"),
    "createBrand (POST /v1/brands): the body: the whole must have required property 'description'",
    "was good, is 400",
  ],
  [
    "a field that goes from a closed body",
    (d) => void delete at(schema(d, "PersonaInput"), "properties").bio,
    "createPersona (POST /v1/personas): the body: the whole must NOT have additional properties (bio)",
    '"bio":',
  ],
  [
    "a longest length that shrinks",
    (d) => put(field(d, "OrganizationInput", "name"), "maxLength", 5),
    "createOrganization (POST /v1/organizations): the body: name must NOT have more than 5 characters",
    '{"name":',
  ],
  [
    "a field that goes from an answer",
    (d) => {
      delete at(schema(d, "Usage"), "properties").brands;
      put(
        schema(d, "Usage"),
        "required",
        list(schema(d, "Usage"), "required").filter((name) => name !== "brands"),
      );
    },
    "getUsage (GET /v1/usage): the answer: the whole must have required property 'brands'",
    "HTTP 200",
  ],
  [
    "a field of an answer that may be null",
    (d) => put(field(d, "Source", "post_count"), "type", ["integer", "null"]),
    "the answer: post_count must be integer",
    '"post_count":null',
  ],
  [
    "a page that shrinks",
    (d) => {
      const parameters = list(at(brands(d), "get"), "parameters") as { name?: string; schema: object }[];
      const limit = parameters.find(({ name }) => name === "limit");
      Object.assign(limit?.schema ?? {}, { maximum: 50 });
    },
    "listBrands (GET /v1/brands): query limit: the whole must be <= 50",
    "limit: 99",
  ],
  [
    "another scope",
    (d) => put(at(brands(d), "post"), "security", [{ bearer: ["audit:read"] }, { apiKey: ["audit:read"] }]),
    "createBrand (POST /v1/brands): needs another scope",
    "Authorization: Bearer … with brands:write is 403",
  ],
  [
    "no idempotency key",
    (d) => void delete at(brands(d), "post")["x-idempotent"],
    "createBrand (POST /v1/brands): takes no Idempotency-Key any more",
    "sent twice has two effects",
  ],
  [
    "a price",
    (d) => put(at(d, "paths", "/v1/uploads/import", "post"), "x-credits", 3),
    "importUpload (POST /v1/uploads/import): may cost 3 credits instead of 0",
    "with a balance of 0 credits is 402",
  ],
  [
    "another status of success",
    (d) => {
      const responses = at(d, "paths", "/v1/webhooks", "post", "responses");
      put(responses, "200", responses["201"]);
      delete responses["201"];
    },
    "createWebhook (POST /v1/webhooks): answers no 201 any more",
    "was 201",
  ],
  [
    "an event that goes",
    (d) => void delete at(d, "webhooks")["upload.ready"],
    "upload.ready (event upload.ready): is gone",
    "event upload.ready is not sent",
  ],
];

describe("what breaks", () => {
  let said = "";
  beforeAll(async () => {
    const { code, stdout, stderr } = await diff((document) => {
      for (const [, change] of BREAKING) change(document);
    });
    expect([code, stderr]).toEqual([0, ""]);
    [said = ""] = stdout.split("\nCompatible:");
  });

  test.each(BREAKING)("%s is breaking, and is shown", (_name, _change, says, shows) => {
    const lines = said.split(/^- /m).filter((group) => group.includes(says));
    expect(lines, said).toHaveLength(1);
    expect(lines[0]).toContain(shows);
  });
});

test("what readers must let pass, and what is looser, is compatible", async () => {
  const { stdout } = await diff((d) => {
    put(field(d, "BrandInput", "name"), "maxLength", 200);
    put(field(d, "Brand", "name"), "maxLength", 200);
    list(field(d, "Brand", "status"), "enum").push("frozen");
    put(at(schema(d, "Persona"), "properties"), "colour", { type: "string" });
    put(at(schema(d, "PersonaInput"), "properties"), "colour", { type: "string", maxLength: 9 });
    put(at(d, "paths"), "/v1/colours", { get: { operationId: "listColours", responses: {} } });
    put(schema(d, "Usage"), "description", "Said otherwise");
  });
  expect(stdout).not.toMatch(/Breaking|May break/);
  expect(stdout).toContain("listColours (GET /v1/colours): is new");
  expect(stdout).toContain("createBrand, createPersona: the body has changed");
  expect(stdout).not.toContain("getUsage");
});

test("a pattern that no tried value tells apart wants a look", async () => {
  const { stdout } = await diff((d) => put(field(d, "BrandInput", "slug"), "pattern", "^[a-z0-9]+(-[a-z0-9]+){0,40}$"));
  expect(stdout).toContain("May break, look at them:\n\n- createBrand (POST /v1/brands): the body has changed");
});

test("the same document has no change", async () => {
  expect((await diff(() => undefined)).stdout).toBe("Nothing has changed for those who call the API.\n");
});

describe("--check", () => {
  const gone = (d: Part) => void delete at(d, "paths", "/v1/plans").get;
  const log = (section: string, line: string) =>
    `# Changelog\n\n## [Unreleased]\n\n### ${section}\n\n- ${line}\n\n## [0.1.0]\n\n### Removed\n\n- \`listBrands\`\n`;

  test("a breaking change without a line in the changelog fails, and says what to do", async () => {
    const { code, stdout } = await diff(gone, { check: true, changelog: log("Added", "`listPlans` and more") });
    expect(code).toBe(1);
    expect(stdout).toContain("listPlans (GET /v1/plans): is gone");
    expect(stdout).toContain("CHANGELOG.md");
  });

  test.each(["`listPlans` is gone: use `getUsage`", "`GET /v1/plans` is gone", "`/v1/plans` is gone"])(
    "one that is told passes: %s",
    async (line) => {
      expect(await diff(gone, { check: true, changelog: log("Removed", line) })).toEqual({
        code: 0,
        stdout: "",
        stderr: "",
      });
    },
  );

  test("one that an earlier release told does not pass", async () => {
    const change = (d: Part) => void delete at(d, "paths", "/v1/brands").get;
    expect((await diff(change, { check: true, changelog: log("Changed", "something else") })).code).toBe(1);
  });
});

test("the contract is what spec/ says, whether or not it was generated since", async () => {
  const folder = await treeOfTest({});
  for (const name of ["spec", "scripts", "package.json"])
    await cp(join(root, name), join(folder, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  const brands = join(folder, "spec/brands.ts");
  await writeFile(brands, (await readFile(brands, "utf8")).replace(".max(48)", ".max(20)"));
  const program = join(folder, "scripts/spec-diff.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [program, "--from", join(root, "spec/openapi.json")]);
  expect(stdout).toContain("createBrand (POST /v1/brands): the body: slug must NOT have more than 20 characters");
});

test("the last release is compared with, and a state that git does not have is one sentence", async () => {
  const { code, stderr } = await runIn(root, "scripts/spec-diff.ts", "no-such-ref");
  expect(code).toBe(1);
  expect(stderr).toContain('Git has no spec/openapi.json at "no-such-ref"');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect((await runIn(root, "scripts/spec-diff.ts", "--check")).code).toBe(0);
});
