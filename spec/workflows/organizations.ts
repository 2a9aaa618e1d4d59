import { OWNER, signUp, step, takePlan, workflow } from "./steps.ts";

export const lastOwnerStays = workflow({
  id: "the-last-owner-stays",
  summary:
    "The only owner of an organization can neither leave, nor be removed, nor become less; nor end their account",
  steps: [
    signUp,
    step("leave", "leaveOrganization", { as: OWNER, expect: [409] }),
    step("become-a-member", "updateMember", {
      as: OWNER,
      params: { user_id: "$steps.sign-up.outputs.user" },
      body: { role: "member" },
      expect: [409],
    }),
    step("be-removed", "removeMember", {
      as: OWNER,
      params: { user_id: "$steps.sign-up.outputs.user" },
      expect: [409],
    }),
    step("end-the-account", "deleteAccount", { as: OWNER, query: { confirm: "Nora Lindt" }, expect: [409] }),
    step("still-own-it", "getOrganization", { as: OWNER, expect: [200, "$response.body#/role == 'owner'"] }),
  ],
});

export const ownerMayGo = workflow({
  id: "an-owner-may-go-when-another-stays",
  summary: "With a second owner in place, the first may leave",
  steps: [
    step("who-is-it", "getProfile", {
      as: "$inputs.admin",
      expect: [200],
      outputs: { user: "$response.body#/user/id" },
    }),
    step("make-them-an-owner", "updateMember", {
      as: "$inputs.owner",
      params: { user_id: "$steps.who-is-it.outputs.user" },
      body: { role: "owner" },
      expect: [200, "$response.body#/role == 'owner'"],
    }),
    step("leave", "leaveOrganization", { as: "$inputs.owner", expect: [204] }),
    step("the-other-owns-it", "getOrganization", {
      as: "$inputs.admin",
      expect: [200, "$response.body#/role == 'owner'"],
    }),
  ],
});

const whoIs = (id: string, as: "$inputs.admin" | "$inputs.owner" | "$inputs.member") =>
  step(id, "getProfile", { as, expect: [200], outputs: { user: "$response.body#/user/id" } });

export const adminMakesNoOwner = workflow({
  id: "only-owners-make-and-unmake-owners",
  summary: "An admin gives nobody a role above their own, themselves included, and takes none from an owner",
  steps: [
    whoIs("the-admin", "$inputs.admin"),
    whoIs("the-owner", "$inputs.owner"),
    whoIs("the-member", "$inputs.member"),
    step("make-oneself-an-owner", "updateMember", {
      as: "$inputs.admin",
      params: { user_id: "$steps.the-admin.outputs.user" },
      body: { role: "owner" },
      expect: [403],
    }),
    step("make-a-member-an-owner", "updateMember", {
      as: "$inputs.admin",
      params: { user_id: "$steps.the-member.outputs.user" },
      body: { role: "owner" },
      expect: [403],
    }),
    step("unmake-the-owner", "updateMember", {
      as: "$inputs.admin",
      params: { user_id: "$steps.the-owner.outputs.user" },
      body: { role: "member" },
      expect: [403],
    }),
    step("remove-the-owner", "removeMember", {
      as: "$inputs.admin",
      params: { user_id: "$steps.the-owner.outputs.user" },
      expect: [403],
    }),
    step("invite-an-owner", "createInvitation", {
      as: "$inputs.admin",
      body: { email: "tom-{$inputs.run}@reelmark.example", role: "owner" },
      expect: [403],
    }),
    step("make-a-member-an-admin", "updateMember", {
      as: "$inputs.admin",
      params: { user_id: "$steps.the-member.outputs.user" },
      body: { role: "admin" },
      expect: [200, "$response.body#/role == 'admin'"],
    }),
  ],
});

export const onlyOwnersDelete = workflow({
  id: "only-owners-delete-an-organization",
  summary: "Deleting an organization wants `billing:write` beside `organization:write`, which admins lack",
  steps: [
    step("see-its-name", "getOrganization", {
      as: "$inputs.admin",
      expect: [200],
      outputs: { name: "$response.body#/name" },
    }),
    step("delete-it-as-an-admin", "deleteOrganization", {
      as: "$inputs.admin",
      query: { confirm: "$steps.see-its-name.outputs.name" },
      expect: [403],
    }),
    step("see-it-still", "getOrganization", { as: "$inputs.owner", expect: [200] }),
    step("delete-it-by-another-name", "deleteOrganization", {
      as: "$inputs.owner",
      query: { confirm: "Not {$steps.see-its-name.outputs.name}" },
      expect: [400],
    }),
    step("delete-it-as-the-owner", "deleteOrganization", {
      as: "$inputs.owner",
      query: { confirm: "$steps.see-its-name.outputs.name" },
      expect: [204],
    }),
    step("see-it-no-longer", "getOrganization", {
      as: "$inputs.admin",
      expect: [403],
    }),
  ],
});

const invite = (id: string, email: `${string}{$inputs.run}${string}`, status: 201 | 403 | 409) =>
  step(id, "createInvitation", {
    as: OWNER,
    body: { email, role: "member" },
    expect: status === 403 ? [403, "$response.body#/error/code == 'PLAN_LIMIT'"] : [status],
    ...(status === 201 ? { outputs: { id: "$response.body#/id" } } : {}),
  });

export const invitedInAnyCase = workflow({
  id: "an-address-is-invited-once-in-any-case",
  summary: "Upper and lower case of an address are the same: who is invited cannot be invited again by the other",
  steps: [
    signUp,
    invite("invite", "tom-{$inputs.run}@reelmark.example", 201),
    invite("invite-again", "Tom-{$inputs.run}@Reelmark.example", 409),
    step("see-one", "listInvitations", { as: OWNER, expect: [200, "$response.body#/count == 1"] }),
  ],
});

export const seatsOfPlan = workflow({
  id: "open-invitations-take-seats",
  summary:
    "Members and open invitations together never exceed the seats of the plan; a revoked one gives its seat back",
  steps: [
    signUp,
    takePlan("free"),
    step("see-the-seats", "getUsage", {
      as: OWNER,
      expect: [200, "$response.body#/seats/used == 1", "$response.body#/seats/limit == 2"],
    }),
    invite("take-the-second-seat", "tom-{$inputs.run}@reelmark.example", 201),
    invite("want-a-third-seat", "ida-{$inputs.run}@reelmark.example", 403),
    step("give-it-back", "revokeInvitation", {
      as: OWNER,
      params: { invitation_id: "$steps.take-the-second-seat.outputs.id" },
      expect: [204],
    }),
    invite("take-it-again", "ida-{$inputs.run}@reelmark.example", 201),
  ],
});

export const sameOrganizationEverywhere = workflow({
  id: "a-member-sees-the-same-organization-everywhere",
  summary: "The organization in a profile is the one that `GET /v1/organization` shows, field by field",
  steps: [
    step("see-the-organization", "getOrganization", {
      as: "$inputs.member",
      expect: [200],
      outputs: { organization: "$response.body", created_at: "$response.body#/created_at" },
    }),
    step("see-the-profile", "getProfile", {
      as: "$inputs.member",
      expect: [
        200,
        "$response.body#/organization/created_at == $steps.see-the-organization.outputs.created_at",
        "$response.body#/organization == $steps.see-the-organization.outputs.organization",
      ],
    }),
  ],
});
