import { newKey, step, workflow } from "./steps.ts";

const changeOf = (
  id: string,
  query: Readonly<Record<string, string>>,
  count: number,
  ...more: (string | { context: `$${string}`; matches: string })[]
) =>
  step(id, "listAuditEvents", {
    as: "$inputs.owner",
    query,
    expect: [200, `$response.body#/count == ${count}`, ...more],
  });

const BRAND = "$steps.make-a-brand.outputs.id";

export const auditFilters = workflow({
  id: "audit-events-say-who-did-what-to-what",
  summary:
    "Each change is recorded with its user, its resource and the names of its fields, and is found by each of them",
  steps: [
    step("who-acts", "getProfile", {
      as: "$inputs.member",
      expect: [200],
      outputs: { user: "$response.body#/user/id", session: "$response.body#/credential/id" },
    }),
    step("who-owns-it", "getProfile", {
      as: "$inputs.owner",
      expect: [200],
      outputs: { user: "$response.body#/user/id" },
    }),
    step("make-a-brand", "createBrand", {
      as: "$inputs.member",
      body: { name: "First", slug: "first" },
      expect: [201],
      outputs: { id: "$response.body#/id" },
    }),
    step("rename-it", "updateBrand", {
      as: "$inputs.owner",
      params: { brand_id: BRAND },
      body: { name: "Renamed" },
      expect: [200],
    }),
    newKey("create-key", ["brands:read"], "$inputs.member"),
    changeOf(
      "by-the-brand",
      { resource_id: BRAND },
      2,
      "$response.body#/data/0/operation == 'updateBrand'",
      "$response.body#/data/0/actor/user_id == $steps.who-owns-it.outputs.user",
      { context: "$response.body#/data/0/fields", matches: '^\\["name"\\]$' },
      "$response.body#/data/1/operation == 'createBrand'",
      "$response.body#/data/1/resource/kind == 'brand'",
      "$response.body#/data/1/actor/kind == 'session'",
      "$response.body#/data/1/actor/user_id == $steps.who-acts.outputs.user",
      "$response.body#/data/1/actor/credential_id == $steps.who-acts.outputs.session",
      { context: "$response.body#/data/1/fields", matches: '^\\[("name","slug"|"slug","name")\\]$' },
    ),
    changeOf(
      "by-the-key",
      { resource_id: "$steps.create-key.outputs.id" },
      1,
      "$response.body#/data/0/operation == 'createApiKey'",
      { context: "$response.body#/data/0/fields", matches: "^(?!.*Key of).*label" },
    ),
    changeOf("by-owner-and-operation", { user_id: "$steps.who-owns-it.outputs.user", operation: "createBrand" }, 0),
    changeOf("by-member-and-operation", { user_id: "$steps.who-acts.outputs.user", operation: "createBrand" }, 1),
    step("delete-it", "deleteBrand", { as: "$inputs.owner", params: { brand_id: BRAND }, expect: [204] }),
    changeOf(
      "keep-what-was-done",
      { resource_id: BRAND },
      3,
      "$response.body#/data/0/operation == 'deleteBrand'",
      "$response.body#/data/0/resource/kind == 'brand'",
      { context: "$response.body#/data/0/fields", matches: "^\\[\\]$" },
    ),
  ],
});
