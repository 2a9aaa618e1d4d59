import { page } from "./kit/page.ts";
import { exampleId, id, moment, nullable, schema, timestamp, z } from "./kit/schema.ts";
import { operation } from "./vocabulary.ts";

export const AuditEvent = schema("AuditEvent", "Who changed what. Written with the change, never changed after", {
  id: id("evt"),
  operation: z.string().describe("The operation's id, or the operator's command").meta({ example: "createBrand" }),
  actor: z
    .object({
      kind: z
        .enum(["session", "api_key", "oauth", "operator", "anonymous", "signed", "provider"])
        .describe(
          "What kind of credential acted: `oauth` is a client that a user approved, `signed` is an address that the server made, `provider` a payment service",
        )
        .meta({ example: "api_key" }),
      user_id: nullable(id("usr", "The user behind it")),
      credential_id: nullable(
        z
          .string()
          .describe("The session's, key's or client's id")
          .meta({ example: exampleId("key") }),
      ),
    })
    .describe("Who acted"),
  resource: nullable(
    z
      .object({
        kind: z.string().describe("What kind of resource").meta({ example: "brand" }),
        id: nullable(
          z
            .string()
            .describe("Its id")
            .meta({ example: exampleId("brd") }),
        ),
      })
      .describe("What was changed"),
  ),
  fields: z
    .array(z.string())
    .describe("Names of the fields that the request set; never their values")
    .meta({ example: ["name", "slug"] }),
  request_id: z
    .string()
    .describe("The request, as in `X-Request-Id`")
    .meta({ example: exampleId("req") }),
  address: nullable(z.string().describe("Where the request came from").meta({ example: "203.0.113.7" })),
  created_at: timestamp("When it happened"),
});

export const listAuditEvents = operation({
  id: "listAuditEvents",
  method: "get",
  path: "/v1/audit-events",
  tag: "Audit",
  summary: "List audit events",
  description: "Every change in the organization, newest first.",
  scopes: ["audit:read"],
  effect: { lists: "audit_event" },
  query: page.query({
    operation: z.string().min(1).max(64).describe("Only events of this operation id").optional(),
    user_id: id("usr", "Only events of this user").optional(),
    resource_id: z.string().min(1).max(64).describe("Only events of this resource").optional(),
    since: moment("Only events at or after this time").optional(),
    until: moment("Only events before this time").optional(),
  }),
  responses: { 200: page.of(AuditEvent) },
});
