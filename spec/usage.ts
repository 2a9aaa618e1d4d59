import { nullable, schema, timestamp, z } from "./kit/schema.ts";
import { PLAN_IDS } from "./plans.ts";
import { operation } from "./vocabulary.ts";

export const planId = z.enum(PLAN_IDS).describe("The plan's id");

const bound = (about: string, example: number) =>
  nullable(z.int().min(0).describe(`${about}; null for no bound`).meta({ example }));

export const Plan = schema("Plan", "What a plan gives", {
  id: planId,
  name: z.string().describe("The plan's name").meta({ example: "Pro" }),
  api_access: z.boolean().describe("Whether API keys may be used at all"),
  requests_per_minute: z
    .object({
      key: bound("Requests a minute of an API key, where the plan sets them", 60),
      session: bound("Requests a minute of a session, where the plan sets them", 120),
    })
    .describe("Rate limits; where they are null the operator's configuration holds"),
  seats: bound("Members and open invitations together", 10),
  storage_bytes: bound("Bytes of files kept", 100_000_000_000),
  file_bytes: bound("Bytes of one file", 5_000_000_000),
  monthly_credits: bound("Credits given each month", 1000),
});

export const PlanList = schema("PlanList", "Every plan", {
  data: z.array(Plan).describe("Every plan, smallest first"),
});

const use = (about: string, example: number) =>
  z
    .object({
      used: z.int().min(0).describe("How much is used now").meta({ example }),
      limit: bound("How much the plan gives", 10),
    })
    .describe(about);

export const Usage = schema("Usage", "What an organization uses of its plan", {
  plan: Plan,
  seats: use("Members and open invitations", 3),
  api_keys: z.int().min(0).describe("Active API keys").meta({ example: 2 }),
  brands: z.int().min(0).describe("Brands").meta({ example: 1 }),
  personas: z.int().min(0).describe("Personas").meta({ example: 4 }),
  sources: z.int().min(0).describe("Sources").meta({ example: 6 }),
  storage_bytes: use("Bytes of files kept, with those announced", 10_485_760),
  as_of: timestamp("When this was counted"),
});

export const listPlans = operation({
  id: "listPlans",
  method: "get",
  path: "/v1/plans",
  tag: "Plans",
  summary: "List plans",
  description: "What each plan gives. No credential is needed.",
  auth: "public",
  responses: { 200: PlanList },
});

export const getUsage = operation({
  id: "getUsage",
  method: "get",
  path: "/v1/usage",
  tag: "Plans",
  summary: "Get the organization's use of its plan",
  scopes: ["organization:read"],
  responses: { 200: Usage },
});
