import { afterAll, beforeAll, expect, test } from "vitest";
import { freshOrganization, openTestApp, type TestApp } from "../setup/app.ts";
import { adminOn, recorded } from "./cli.ts";

let reelmark: TestApp;
let admin: ReturnType<typeof adminOn>;
beforeAll(async () => {
  reelmark = await openTestApp();
  admin = adminOn(reelmark.databaseUrl);
});
afterAll(() => reelmark.close());

test("list-organizations shows every organization, oldest first, to a person and to a program", async () => {
  expect(await admin("list-organizations")).toMatchObject({ code: 0, out: "There is no organization yet.\n" });
  const [first, second] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
  const run = await admin("list-organizations --json");
  const shown = { name: "Test Studio", plan: "scale", members: 1, created_at: expect.stringMatching(/T.*Z$/) };
  expect(JSON.parse(run.out)).toEqual({
    organizations: [
      { id: first.organizationId, ...shown },
      { id: second.organizationId, ...shown },
    ],
  });
  const { out } = await admin("list-organizations");
  expect(out.split("\n")[0]).toMatch(new RegExp(`^${first.organizationId}  scale  1  .*  Test Studio$`));
  const last = (await recorded(reelmark.databaseUrl)).at(-1);
  expect(last).toMatchObject({ operation: "admin.list-organizations", org_id: "", actor_kind: "operator" });
});

test("change-plan holds from the next request on: 403 PLAN_LIMIT for keys on free, and back", async () => {
  const [owner, other] = [await freshOrganization(reelmark), await freshOrganization(reelmark)];
  const [key, stranger] = [await owner.key(), await other.key()];
  const id = owner.organizationId;
  expect(await admin(`change-plan --organization ${id} --plan free`)).toEqual({
    code: 0,
    out: `${id} (Test Studio): scale → free.\n`,
    err: "",
  });
  await expect(key.api.listBrands()).rejects.toMatchObject({ status: 403, code: "PLAN_LIMIT" });
  await expect(owner.api.listBrands()).resolves.toBeDefined();
  await expect(stranger.api.listBrands()).resolves.toBeDefined();

  await admin(`change-plan --organization ${id} --plan pro`);
  await expect(key.api.listBrands()).resolves.toBeDefined();

  const query = { operation: "admin.change-plan" };
  const { data } = await owner.api.listAuditEvents({ query });
  expect(data).toHaveLength(2);
  expect(data[0]).toMatchObject({
    actor: { kind: "operator" },
    resource: { kind: "organization", id },
    fields: ["plan"],
  });
  await expect(other.api.listAuditEvents({ query })).resolves.toMatchObject({ data: [] });
});

test("change-plan fails for an organization that does not exist, and is not recorded", async () => {
  const before = await recorded(reelmark.databaseUrl);
  const run = await admin("change-plan --organization org_00000000000000000000000000 --plan pro");
  expect(run).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringMatching(/no organization org_0.*list-organizations/),
  });
  expect(await recorded(reelmark.databaseUrl)).toEqual(before);
});
