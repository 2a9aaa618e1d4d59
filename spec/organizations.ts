import { emailAddress, line } from "./fields.ts";
import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { id, input, nullable, patch, query, ruled, schema, timestamp, z } from "./kit/schema.ts";
import { ROLES } from "./roles.ts";
import { planId } from "./usage.ts";
import { operation } from "./vocabulary.ts";

export const organizationName = line(80, "The organization's name", "Orange Cat Studio");

const role = z.enum(ROLES).describe("What a member may do: the Roles guide has the table").meta({ example: "member" });

const address = emailAddress("An e-mail address", "tom@orangecat.example");

export const User = schema("User", "A person who can log in", {
  id: id("usr"),
  email: nullable(
    emailAddress("The address they log in with; null for a user of an external issuer", "nora@orangecat.example"),
  ),
  email_verified: z.boolean().describe("Whether the address is known to be theirs"),
  name: z.string().max(80).describe("Shown to your team").meta({ example: "Nora Lindt" }),
  created_at: timestamp("When the user signed up"),
});

export const Organization = schema("Organization", "A tenant: everything but users belongs to one", {
  id: id("org"),
  name: organizationName,
  plan: planId,
  role: role.describe("What the caller is in this organization").meta({ example: "owner" }),
  created_at: timestamp("When the organization was created"),
});

export const OrganizationList = schema("OrganizationList", "The organizations of a user", {
  data: z.array(Organization).describe("Every organization you are a member of, oldest membership first"),
});

export const OrganizationInput = input("OrganizationInput", "A new organization", { name: organizationName });

export const OrganizationPatch = patch("OrganizationPatch", "What to change of an organization", {
  name: organizationName,
});

export const Member = schema("Member", "A user in an organization", {
  user_id: id("usr", "The member's user id"),
  name: z.string().max(80).describe("The member's name").meta({ example: "Nora Lindt" }),
  email: nullable(address),
  role,
  joined_at: timestamp("When they became a member"),
});

export const MemberPatch = patch("MemberPatch", "What to change of a member", { role });

export const Invitation = schema(
  "Invitation",
  "An invitation to an organization, open until it is accepted, revoked or over",
  {
    id: id("inv"),
    email: address
      .describe("Who is invited; only a user with this address can accept")
      .meta({ example: "tom@orangecat.example" }),
    role,
    status: z.enum(["pending", "accepted", "expired"]).describe("`expired` after 7 days"),
    invited_by: nullable(id("usr", "Who invited; null when they have left")),
    created_at: timestamp("When the invitation was made"),
    expires_at: timestamp("When it can no longer be accepted"),
  },
);

export const InvitationInput = input("InvitationInput", "A new invitation", { email: address, role });

export const AcceptInvitationInput = input("AcceptInvitationInput", "The token of an invitation", {
  token: z
    .string()
    .regex(/^rmi_[A-Za-z0-9_-]{43}$/, "must be the token of an invitation mail")
    .describe("The token from the mail; it works once")
    .meta({ example: "rmi_Zm9yZXZlciBhbmQgYSBkYXkgYW5kIHRoZW4gc29tZS4" }),
});

export const listOrganizations = operation({
  id: "listOrganizations",
  method: "get",
  path: "/v1/organizations",
  tag: "Organizations",
  summary: "List your organizations",
  description: "Every organization you are a member of. Name one in `X-Organization-Id` when there are several.",
  auth: "session",
  responses: { 200: OrganizationList },
});

export const createOrganization = operation({
  id: "createOrganization",
  method: "post",
  path: "/v1/organizations",
  tag: "Organizations",
  summary: "Create an organization",
  description: "You become its owner. From then on requests name the organization in `X-Organization-Id`.",
  auth: "session",
  idempotent: "key",
  body: OrganizationInput,
  responses: { 201: Organization },
});

export const getOrganization = operation({
  id: "getOrganization",
  method: "get",
  path: "/v1/organization",
  tag: "Organizations",
  summary: "Get the organization",
  description: "The organization that the credential acts for.",
  scopes: ["organization:read"],
  effect: { reads: "organization" },
  responses: { 200: Organization },
});

export const updateOrganization = operation({
  id: "updateOrganization",
  method: "patch",
  path: "/v1/organization",
  tag: "Organizations",
  summary: "Update the organization",
  scopes: ["organization:write"],
  effect: { updates: "organization" },
  body: OrganizationPatch,
  responses: { 200: Organization },
});

export const deleteOrganization = operation({
  id: "deleteOrganization",
  method: "delete",
  path: "/v1/organization",
  tag: "Organizations",
  summary: "Delete the organization",
  description:
    "Deletes it with everything in it, at once and for good: what was paid for too, so it wants `billing:write`, which owners alone have. By a session, and only when `confirm` is its exact name. While a subscription pays for its plan it is a 409: change the plan to free first.",
  auth: "session",
  scopes: ["organization:write", "billing:write"],
  effect: { deletes: "organization" },
  query: query({
    confirm: ruled(
      z.string().min(1).max(80).describe("The organization's name, exactly").meta({ example: "Orange Cat Studio" }),
      "is the organization's name",
    ),
  }),
  responses: { 204: none("The organization is gone, with everything in it") },
  errors: ["CONFLICT"],
});

export const listMembers = operation({
  id: "listMembers",
  method: "get",
  path: "/v1/organization/members",
  tag: "Organizations",
  summary: "List members",
  description: "The members of the organization, oldest user first.",
  scopes: ["organization:read"],
  effect: { lists: "member" },
  query: page.query({ role: role.optional() }),
  responses: { 200: page.of(Member) },
});

export const updateMember = operation({
  id: "updateMember",
  method: "patch",
  path: "/v1/organization/members/{user_id}",
  tag: "Organizations",
  summary: "Change a member's role",
  description:
    "Holds from the member's next request on, for their keys too. Only owners make or unmake owners, and the last one stays.",
  scopes: ["organization:write"],
  effect: { updates: "member" },
  body: MemberPatch,
  responses: { 200: Member },
  errors: ["CONFLICT"],
});

export const removeMember = operation({
  id: "removeMember",
  method: "delete",
  path: "/v1/organization/members/{user_id}",
  tag: "Organizations",
  summary: "Remove a member",
  description:
    "Their sessions lose the organization and their keys end, from the next request on. The last owner cannot be removed.",
  scopes: ["organization:write"],
  effect: { deletes: "member" },
  responses: { 204: none("They are no longer a member") },
  errors: ["CONFLICT"],
});

export const leaveOrganization = operation({
  id: "leaveOrganization",
  method: "post",
  path: "/v1/organization/leave",
  tag: "Organizations",
  summary: "Leave the organization",
  description: "Ends your own membership. The last owner cannot leave: hand the organization over, or delete it.",
  auth: "session",
  idempotent: "natural",
  responses: { 204: none("You are no longer a member") },
  errors: ["CONFLICT"],
});

export const listInvitations = operation({
  id: "listInvitations",
  method: "get",
  path: "/v1/organization/invitations",
  tag: "Organizations",
  summary: "List invitations",
  description: "The organization's invitations, newest first.",
  scopes: ["organization:read"],
  effect: { lists: "invitation" },
  query: page.query({}),
  responses: { 200: page.of(Invitation) },
});

export const createInvitation = operation({
  id: "createInvitation",
  method: "post",
  path: "/v1/organization/invitations",
  tag: "Organizations",
  summary: "Invite someone",
  description:
    "Sends a mail with a token that works once, for 7 days. Nobody invites to a role above their own. A seat is taken while the invitation is open.",
  scopes: ["organization:write"],
  idempotent: "key",
  effect: { creates: "invitation" },
  body: InvitationInput,
  responses: { 201: Invitation },
  errors: ["CONFLICT", "PLAN_LIMIT"],
});

export const revokeInvitation = operation({
  id: "revokeInvitation",
  method: "delete",
  path: "/v1/organization/invitations/{invitation_id}",
  tag: "Organizations",
  summary: "Revoke an invitation",
  description: "While it is not accepted; afterwards it is a 404: remove the member instead.",
  scopes: ["organization:write"],
  effect: { deletes: "invitation" },
  responses: { 204: none("The invitation is gone; its token is dead") },
});

export const acceptInvitation = operation({
  id: "acceptInvitation",
  method: "post",
  path: "/v1/invitations/accept",
  tag: "Organizations",
  summary: "Accept an invitation",
  description:
    "Makes you a member. Your verified address must be the one invited. Somebody without an account signs up with `invitation_token` instead.",
  auth: "session",
  idempotent: "natural",
  body: AcceptInvitationInput,
  responses: { 200: Organization },
  errors: ["NOT_FOUND", "CONFLICT", "PLAN_LIMIT"],
});
