import { line } from "./fields.ts";
import { exampleId, patch, schema, z } from "./kit/schema.ts";
import { Organization, User } from "./organizations.ts";
import { operation, ScopeName } from "./vocabulary.ts";

const credential = z
  .object({
    kind: z.enum(["api_key", "session", "oauth"]).describe("What was sent").meta({ example: "session" }),
    id: z
      .string()
      .describe("The key's or session's id")
      .meta({ example: exampleId("ses") }),
    scopes: z
      .array(ScopeName)
      .describe("What it may do now: its scopes, cut to the user's role")
      .meta({ example: ["profile:read", "brands:read"] }),
  })
  .describe("The credential of this request");

export const Profile = schema("Profile", "Who the credential acts for", {
  user: User,
  organization: Organization,
  credential,
});

export const ProfilePatch = patch("ProfilePatch", "What to change in your profile", {
  name: line(80, "Shown to your team", "Nora Lindt"),
});

export const getProfile = operation({
  id: "getProfile",
  method: "get",
  path: "/v1/profile",
  tag: "Profile",
  summary: "Get your profile",
  description:
    "The user behind the credential, the organization it acts for, and what it may do. The first call to make with a new key.",
  scopes: ["profile:read"],
  effect: { reads: "profile" },
  responses: { 200: Profile },
});

export const updateProfile = operation({
  id: "updateProfile",
  method: "patch",
  path: "/v1/profile",
  tag: "Profile",
  summary: "Update your profile",
  description: "A merge patch (RFC 7396): fields that are absent stay as they are.",
  scopes: ["profile:write"],
  effect: { updates: "profile" },
  body: ProfilePatch,
  responses: { 200: Profile },
});
