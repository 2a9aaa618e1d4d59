import { bearer, PASSWORD, step, workflow } from "./steps.ts";

const SEEN_ORGANIZATION = step("see-where", "getOrganization", {
  as: "$inputs.owner",
  expect: [200],
  outputs: { id: "$response.body#/id", name: "$response.body#/name" },
});
const THERE = { "X-Organization-Id": "$steps.see-where.outputs.id" };

const seats = (id: string, used: number) =>
  step(id, "getUsage", { as: "$inputs.owner", expect: [200, `$response.body#/seats/used == ${used}`] });

const accept = (id: string, as: "$inputs.guest" | "$inputs.member", ...expect: readonly (number | string)[]) =>
  step(id, "acceptInvitation", {
    as,
    body: { token: "$inputs.invitation" },
    expect: [expect[0] ?? 200, ...expect.slice(1)],
  });

export const acceptedInvitation = workflow({
  id: "an-accepted-invitation-makes-a-member",
  summary: "An invitation makes who it was sent to a member, once, in its role; its seat is theirs until they leave",
  steps: [
    SEEN_ORGANIZATION,
    step("see-it-open", "listInvitations", {
      as: "$inputs.owner",
      expect: [
        200,
        "$response.body#/count == 1",
        "$response.body#/data/0/status == 'pending'",
        "$response.body#/data/0/email == $inputs.guest_email",
      ],
    }),
    seats("count-its-seat", 2),
    accept(
      "accept-it",
      "$inputs.guest",
      200,
      "$response.body#/id == $steps.see-where.outputs.id",
      "$response.body#/role == 'viewer'",
    ),
    accept("accept-it-again", "$inputs.guest", 404),
    step("see-it-accepted", "listInvitations", {
      as: "$inputs.owner",
      expect: [200, "$response.body#/count == 1", "$response.body#/data/0/status == 'accepted'"],
      outputs: { id: "$response.body#/data/0/id" },
    }),
    step("revoke-what-was-accepted", "revokeInvitation", {
      as: "$inputs.owner",
      params: { invitation_id: "$steps.see-it-accepted.outputs.id" },
      expect: [404],
    }),
    seats("count-them", 2),
    step("see-the-viewer", "listMembers", {
      as: "$inputs.owner",
      query: { role: "viewer" },
      expect: [200, "$response.body#/count == 1", "$response.body#/data/0/email == $inputs.guest_email"],
    }),
    step("invite-a-member", "createInvitation", {
      as: "$inputs.owner",
      body: { email: "$inputs.guest_email", role: "member" },
      expect: [409],
    }),
    step("leave", "leaveOrganization", { as: "$inputs.guest", headers: THERE, expect: [204] }),
    seats("count-the-owner", 1),
    step("see-it-no-longer", "getOrganization", { as: "$inputs.guest", headers: THERE, expect: [403] }),
  ],
});

export const severalOrganizations = workflow({
  id: "a-user-of-several-organizations-names-one",
  summary:
    "Of several organizations each request names one, and has the role of that one; what is one's own needs none",
  steps: [
    SEEN_ORGANIZATION,
    step("see-ones-own", "getOrganization", {
      as: "$inputs.guest",
      expect: [200, "$response.body#/role == 'owner'"],
      outputs: { id: "$response.body#/id", organization: "$response.body" },
    }),
    step("be-no-member-yet", "getOrganization", { as: "$inputs.guest", headers: THERE, expect: [403] }),
    accept("accept", "$inputs.guest", 200),
    step("name-none", "getOrganization", { as: "$inputs.guest", expect: [400] }),
    step("name-the-first", "getOrganization", {
      as: "$inputs.guest",
      headers: { "X-Organization-Id": "$steps.see-ones-own.outputs.id" },
      expect: [200, "$response.body == $steps.see-ones-own.outputs.organization"],
    }),
    step("name-the-second", "getProfile", {
      as: "$inputs.guest",
      headers: THERE,
      expect: [
        200,
        "$response.body#/organization/id == $steps.see-where.outputs.id",
        "$response.body#/organization/role == 'viewer'",
        { context: "$response.body#/credential/scopes", matches: "^(?!.*brands:write).*brands:read" },
      ],
    }),
    step("write-in-the-second", "createBrand", {
      as: "$inputs.guest",
      headers: THERE,
      body: { name: "First", slug: "first" },
      expect: [403],
    }),
    step("list-them", "listOrganizations", {
      as: "$inputs.guest",
      expect: [
        200,
        "$response.body#/data/0 == $steps.see-ones-own.outputs.organization",
        "$response.body#/data/1/id == $steps.see-where.outputs.id",
        "$response.body#/data/1/role == 'viewer'",
        "!$response.body#/data/2",
      ],
    }),
    step("list-ones-sessions", "listSessions", { as: "$inputs.guest", expect: [200] }),
    step("found-a-third", "createOrganization", {
      as: "$inputs.guest",
      body: { name: "Third" },
      expect: [201, "$response.body#/role == 'owner'", "$response.body#/name == 'Third'"],
      outputs: { id: "$response.body#/id" },
    }),
    step("name-the-third", "getOrganization", {
      as: "$inputs.guest",
      headers: { "X-Organization-Id": "$steps.found-a-third.outputs.id" },
      expect: [200, "$response.body#/name == 'Third'"],
    }),
  ],
});

export const invitationForOne = workflow({
  id: "an-invitation-is-for-its-address",
  summary: "Only the user whose address was invited may accept, and nobody once the invitation was revoked",
  steps: [
    accept("accept-anothers", "$inputs.member", "$statusCode >= 403", "$statusCode <= 404"),
    step("see-it-open", "listInvitations", {
      as: "$inputs.owner",
      expect: [200, "$response.body#/data/0/status == 'pending'"],
      outputs: { id: "$response.body#/data/0/id" },
    }),
    seats("count-three", 3),
    step("revoke-it", "revokeInvitation", {
      as: "$inputs.owner",
      params: { invitation_id: "$steps.see-it-open.outputs.id" },
      expect: [204],
    }),
    accept("accept-what-was-revoked", "$inputs.guest", 404),
    seats("count-two", 2),
  ],
});

export const newcomer = workflow({
  id: "a-newcomer-signs-up-by-invitation",
  summary:
    "Signing up with an invitation joins that organization, makes none, and proves the address; once, for that address",
  steps: [
    SEEN_ORGANIZATION,
    step("sign-up-by-another-address", "signUp", {
      body: {
        email: "other-{$inputs.run}@reelmark.example",
        password: PASSWORD,
        name: "Tom",
        invitation_token: "$inputs.newcomer_invitation",
      },
      expect: ["$statusCode >= 400", "$statusCode <= 404"],
    }),
    step("sign-up-invited", "signUp", {
      body: {
        email: "$inputs.newcomer_email",
        password: PASSWORD,
        name: "Tom",
        invitation_token: "$inputs.newcomer_invitation",
      },
      expect: [
        201,
        "$response.body#/user/email_verified == true",
        "$response.body#/organization/id == $steps.see-where.outputs.id",
        "$response.body#/organization/role == 'member'",
      ],
      outputs: { token: "$response.body#/access_token" },
    }),
    step("see-one-organization", "listOrganizations", {
      as: bearer("sign-up-invited"),
      expect: [200, "!$response.body#/data/1", "$response.body#/data/0/name == $steps.see-where.outputs.name"],
    }),
    step("accept-it-too", "acceptInvitation", {
      as: bearer("sign-up-invited"),
      body: { token: "$inputs.newcomer_invitation" },
      expect: [404],
    }),
    step("see-two-members", "listMembers", { as: "$inputs.owner", expect: [200, "$response.body#/count == 2"] }),
  ],
});
