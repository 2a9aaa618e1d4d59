import { expect, test } from "vitest";
import { plainApp } from "../fixtures/plain/app.ts";
import type { OpenApiDocument } from "../kit/document.ts";
import { type Outcome, runContract } from "../kit/engine/contract.ts";

/** A run on a server with the library's defaults, which knows no credentials. */
async function run(seed: number): Promise<Outcome> {
  const app = plainApp();
  // What the library serves as its document is one.
  const document = (await (await app.request("/doc")).json()) as OpenApiDocument;
  return runContract({
    document,
    send: (request) => app.request(request),
    baseUrl: "http://plain.test",
    principals: [{ name: "anybody", headers: {}, tenant: "t1", scopes: ["*"] }],
    seed,
    maxSeconds: 60,
  });
}

/** Whether a body is JSON or not, and what is wrong with it, but for what differs from one case to the next. */
const said = ({ findings }: Outcome) =>
  findings.map(({ check, operation, expected, seen }) => `${operation} ${check}: ${expected}; ${seen}`).sort();

const ERROR_IS_ZODS = "the body must have required property 'code'; the body must have required property 'message'";

/** Every departure that @hono/zod-openapi has by itself, each tried by hand with curl. */
const DEPARTURES = [
  // A body of another type is a 415 in plain text, which no document of the library mentions.
  "createUser undeclared_status: one of 201; 415",
  "createUser error_envelope: the error body, as JSON; Unsupported Media Type",
  // Broken JSON is a 400 in plain text.
  "createUser undeclared_status: one of 201; 400",
  "createUser error_envelope: the error body, as JSON; Malformed JSON in request body",
  // What does not fit the schema is a 400 with the ZodError as it is.
  `createUser error_envelope: the error body; ${ERROR_IS_ZODS}`,
  "getUser undeclared_status: one of 200, 404; 400",
  `getUser error_envelope: the error body; ${ERROR_IS_ZODS}`,
  // A method that a path does not have is a 404, in plain text.
  ...["PUT", "PATCH", "DELETE"].map((method) => `listUsers unsupported_method: 405 for ${method}; 404`),
  "listUsers error_envelope: the error body, as JSON; 404 Not Found",
  ...["POST", "PUT", "PATCH", "DELETE"].map((method) => `getUser unsupported_method: 405 for ${method}; 404`),
  "getUser error_envelope: the error body, as JSON; 404 Not Found",
];

test.each([1, 2, 3])(
  "a server of plain @hono/zod-openapi has its known departures, and none besides: seed %i",
  async (seed) => {
    const outcome = await run(seed);
    expect(said(outcome)).toEqual([...DEPARTURES].sort());
    expect(outcome.notRun).toEqual([]);
    expect(outcome.kinds.map(({ name, source }) => `${name} by ${source}`)).toEqual(["user by paths"]);
  },
);
