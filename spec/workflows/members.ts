import { newKey, OWNER, signUp, step, use, workflow } from "./steps.ts";

export const memberReach = workflow({
  id: "a-member-does-what-the-roles-say",
  summary: "A member works with what is there; money, records, people and endpoints are not theirs",
  steps: [
    step("work", "createBrand", { as: "$inputs.member", body: { name: "First", slug: "first" }, expect: [201] }),
    step("see-the-team", "listMembers", { as: "$inputs.member", expect: [200, "$response.body#/count == 2"] }),
    step("see-endpoints", "listWebhooks", { as: "$inputs.member", expect: [200] }),
    step("make-an-endpoint", "createWebhook", {
      as: "$inputs.member",
      body: { url: "https://hooks.example.com/reelmark" },
      expect: [403],
    }),
    step("see-the-balance", "getBalance", { as: "$inputs.member", expect: [403] }),
    step("see-the-records", "listAuditEvents", { as: "$inputs.member", expect: [403] }),
    step("rename-the-organization", "updateOrganization", {
      as: "$inputs.member",
      body: { name: "Taken over" },
      expect: [403],
    }),
    step("invite", "createInvitation", {
      as: "$inputs.member",
      body: { email: "tom-{$inputs.run}@reelmark.example", role: "viewer" },
      expect: [403],
    }),
    step("mint-a-wider-key", "createApiKey", {
      as: "$inputs.member",
      body: { label: "Wider", scopes: ["brands:read", "webhooks:write"] },
      expect: [403],
    }),
    step("mint-a-key", "createApiKey", {
      as: "$inputs.member",
      body: { label: "Mine", scopes: ["brands:read", "brands:write"] },
      expect: [201],
    }),
  ],
});

export const adminReach = workflow({
  id: "an-admin-sees-money-and-moves-none",
  summary: "An admin sees the balance and the records, and neither buys credits nor changes the plan",
  steps: [
    step("see-the-balance", "getBalance", { as: "$inputs.admin", expect: [200] }),
    step("see-the-records", "listAuditEvents", { as: "$inputs.admin", expect: [200] }),
    step("buy", "createTopUp", { as: "$inputs.admin", body: { credits: 100 }, expect: [403] }),
    step("reload", "setAutoReload", {
      as: "$inputs.admin",
      body: { enabled: true, threshold: 1, credits: 100 },
      expect: [403],
    }),
    step("change-the-plan", "changeBillingPlan", { as: "$inputs.admin", body: { plan: "pro" }, expect: [403] }),
    step("rename-the-organization", "updateOrganization", {
      as: "$inputs.admin",
      body: { name: "Renamed" },
      expect: [200, "$response.body#/name == 'Renamed'", "$response.body#/role == 'admin'"],
    }),
    step("see-the-name-as-the-owner", "listOrganizations", {
      as: "$inputs.owner",
      expect: [200, "$response.body#/data/0/name == 'Renamed'", "$response.body#/data/0/role == 'owner'"],
    }),
  ],
});

const members = (id: string, role: "owner" | "admin" | "member" | "viewer", count: number) =>
  step(id, "listMembers", { as: "$inputs.owner", query: { role }, expect: [200, `$response.body#/count == ${count}`] });

export const changedRole = workflow({
  id: "a-changed-role-is-seen-everywhere",
  summary: "A new role holds from the next request on: in the list, in the profile, in what sessions may do, and back",
  steps: [
    step("who-is-the-member", "getProfile", {
      as: "$inputs.member",
      expect: [200, "$response.body#/organization/role == 'member'"],
      outputs: { user: "$response.body#/user/id", name: "$response.body#/user/name" },
    }),
    step("make-them-an-admin", "updateMember", {
      as: "$inputs.owner",
      params: { user_id: "$steps.who-is-the-member.outputs.user" },
      body: { role: "admin" },
      expect: [
        200,
        "$response.body#/role == 'admin'",
        "$response.body#/user_id == $steps.who-is-the-member.outputs.user",
        "$response.body#/name == $steps.who-is-the-member.outputs.name",
      ],
    }),
    members("no-member-is-left", "member", 0),
    members("an-admin-is-there", "admin", 1),
    step("see-the-records", "listAuditEvents", { as: "$inputs.member", expect: [200] }),
    step("see-oneself", "getProfile", {
      as: "$inputs.member",
      expect: [
        200,
        "$response.body#/organization/role == 'admin'",
        { context: "$response.body#/credential/scopes", matches: "^(?!.*billing:write).*audit:read" },
      ],
    }),
    step("make-them-a-viewer", "updateMember", {
      as: "$inputs.owner",
      params: { user_id: "$steps.who-is-the-member.outputs.user" },
      body: { role: "viewer" },
      expect: [200],
    }),
    step("see-no-records", "listAuditEvents", { as: "$inputs.member", expect: [403] }),
    members("no-admin-is-left", "admin", 0),
    members("a-viewer-is-there", "viewer", 1),
  ],
});

export const deletedOrganization = workflow({
  id: "a-deleted-organization-leaves-its-people",
  summary: "A deleted organization takes its keys with it, and no user: they found another one",
  steps: [
    signUp,
    newKey("create-key", ["brands:read"]),
    use("use-the-key", "create-key", 200),
    step("rename-it", "updateOrganization", { as: OWNER, body: { name: "Short-lived" }, expect: [200] }),
    step("delete-it-by-its-old-name", "deleteOrganization", {
      as: OWNER,
      query: { confirm: "Studio {$inputs.run}" },
      expect: [400],
    }),
    step("delete-it", "deleteOrganization", { as: OWNER, query: { confirm: "Short-lived" }, expect: [204] }),
    use("use-the-key-again", "create-key", 401),
    step("be-in-none", "listOrganizations", { as: OWNER, expect: [200, "!$response.body#/data/0"] }),
    step("keep-the-session", "listSessions", { as: OWNER, expect: [200, "$response.body#/count == 1"] }),
    step("found-another", "createOrganization", { as: OWNER, body: { name: "Next" }, expect: [201] }),
    step("see-it", "getOrganization", {
      as: OWNER,
      expect: [200, "$response.body#/name == 'Next'", "$response.body#/role == 'owner'"],
    }),
    step("see-it-empty", "getUsage", {
      as: OWNER,
      expect: [200, "$response.body#/api_keys == 0", "$response.body#/seats/used == 1"],
    }),
  ],
});
