import { none } from "./kit/media.ts";
import { page } from "./kit/page.ts";
import { id, schema, timestamp, z } from "./kit/schema.ts";
import { organizationName } from "./organizations.ts";
import { operation, ScopeName } from "./vocabulary.ts";

export const Grant = schema("Grant", "A program that you let act for you, in one organization", {
  id: id("oag"),
  client_id: z
    .string()
    .max(80)
    .describe("Which program: the client id of its registration, `reelmark-cli` for the command line")
    .meta({ example: "oac_b7Qm2rV0yB1nTq8sUeW5xLd7" }),
  client_name: z
    .string()
    .max(100)
    .describe(
      "What the program calls itself. Nobody has checked it: two programs may have one name, and it may be a lie",
    )
    .meta({ example: "Storyboard for Desktop" }),
  organization_id: id("org", "The organization that it acts for"),
  organization_name: organizationName,
  scopes: z
    .array(ScopeName)
    .describe("What you let it do; never more than your role in the organization allows at the time")
    .meta({ example: ["brands:read", "personas:read"] }),
  created_at: timestamp("When you approved it"),
  expires_at: timestamp(
    "When it ends, unless the program refreshes its tokens before. It ends sooner with the session in which you approved it",
  ),
});

export const listGrants = operation({
  id: "listGrants",
  method: "get",
  path: "/v1/grants",
  tag: "Account",
  summary: "List the programs that you let in",
  description: "What you approved on a consent page or by a device's code, in all your organizations, newest first.",
  auth: "session",
  effect: { lists: "oauth_grant" },
  query: page.query({}),
  responses: { 200: page.of(Grant) },
});

export const revokeGrant = operation({
  id: "revokeGrant",
  method: "delete",
  path: "/v1/grants/{grant_id}",
  tag: "Account",
  summary: "Shut a program out",
  description:
    "Its tokens are refused from their next request on, and cannot be refreshed. To come back it must ask you again.",
  auth: "session",
  effect: { deletes: "oauth_grant" },
  responses: { 204: none("The program is shut out") },
});
