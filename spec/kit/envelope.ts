import { ERRORS } from "./errors.ts";
import { exampleId, schema, z } from "./schema.ts";

const issue = z.object({
  path: z
    .string()
    .describe("Where: a dotted path that begins with body, query, params or headers")
    .meta({ example: "body.name" }),
  code: z.string().describe("What is wrong, for programs").meta({ example: "too_small" }),
  message: z.string().describe("What is wrong, for people").meta({ example: "must have at least 1 character" }),
});

const details = z
  .looseObject({ issues: z.array(issue).optional().describe("Every problem of the request, on VALIDATION_ERROR") })
  .describe("What a program may want to know; its fields depend on `code`");

const body = z.object({
  code: z
    .enum(Object.keys(ERRORS) as [keyof typeof ERRORS, ...(keyof typeof ERRORS)[]])
    .describe("What happened, for programs. New codes may be added"),
  message: z
    .string()
    .describe("What happened and what to do, for people")
    .meta({ example: "body.name: must have at least 1 character" }),
  details,
  request_id: z
    .string()
    .describe("The request's id, as in `X-Request-Id`")
    .meta({ example: exampleId("req") }),
});

/** The one body of every error. */
export const ErrorEnvelope = schema("Error", "The body of every error", { error: body.describe("The error") });
