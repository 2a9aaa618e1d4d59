import { describe, expect, test } from "vitest";
import { notesWorkflows } from "../fixtures/notes/spec/workflows.ts";
import { notesTarget } from "../fixtures/notes/target.ts";
import { runContract } from "../kit/engine/contract.ts";
import type { RunOptions } from "../kit/engine/run.ts";
import type { Send } from "../kit/engine/types.ts";
import { arazzo, read, reading, workflow, write } from "./workflow-documents.ts";

/** A run of the workflows alone. */
const run = (workflows: unknown, options: Partial<RunOptions> = {}) =>
  runContract({ ...notesTarget(), checks: new Set(["workflow"]), seed: 1, maxSeconds: 20, workflows, ...options });

const found = async (workflows: unknown, options: Partial<RunOptions> = {}) => {
  const { findings, notRun } = await run(workflows, options);
  expect(notRun).toEqual([]);
  return findings.map(({ operation, expected, seen }) => `${operation}: ${expected}; ${seen}`);
};

test("the workflows of notes go as they say", async () => {
  expect(await found(notesWorkflows())).toEqual([]);
});

describe("a criterion that holds", () => {
  test.each([
    "$statusCode == 200 && $response.body#/id == $steps.write.outputs.id",
    "$statusCode >= 200 && $statusCode < 300",
    "$statusCode == 404 || ($statusCode == 200 && !false)",
    "$response.body.title == $steps.write.outputs.note.title",
    "$response.body#/title == $steps.write.outputs.title",
    "$response.body#/text == null",
    "$response.body#/pinned == false && $response.body#/pinned != true",
    "$response.body#/color == 'YELLOW'",
    "$response.body#/color != 'it''s blue'",
    "$response.body#/created_at <= $response.body#/updated_at",
    "$response.header.content-type != 'text/html'",
    "$response.header.X-RateLimit-Limit > 5",
    "$request.path.note_id == $steps.write.outputs.id && $method == 'GET'",
    "$request.header.authorization == $inputs.owner",
    "$response.body == $steps.write.outputs.note",
    "!$response.body#/nowhere",
  ])("%s", async (condition) => {
    expect(await found(arazzo([write, reading(condition)]))).toEqual([]);
  });
});

describe("a criterion that does not hold is a finding", () => {
  test.each([
    ["$statusCode == 404", /^200 \{"id"/],
    ["$response.body#/title == 'Bread'", /^\$response\.body#\/title is "Milk r[0-9a-f]{14}"; 200 /],
    ["$response.body#/nowhere == null", /^\$response\.body#\/nowhere is not there; 200 /],
    ["$response.body#/text != null", /^\$response\.body#\/text is null; 200 /],
    ["$response.body#/title > 5", /^\$response\.body#\/title is "Milk/],
    ["$statusCode == 200 && ($statusCode == 201 || $statusCode > 299)", /^200 /],
    ["!($statusCode == 200)", /^200 /],
  ])("%s", async (condition, seen) => {
    const { findings } = await run(arazzo([write, reading(condition)]));
    expect(findings).toMatchObject([
      {
        check: "workflow",
        operation: "getNote",
        expected: `tried, step read: ${condition} (It goes well)`,
        seen: expect.stringMatching(seen),
      },
    ]);
    // Both requests, in their order: the shortest way to see it.
    expect(findings[0]?.curl).toMatch(
      /^curl http:\/\/notes\.test\/notes -H .*--data-binary.*\ncurl http:\/\/notes\.test\/notes\/not_\w+ -H /,
    );
  });
});

test("upper and lower case differ in a regex, and there alone", async () => {
  const criterion = { context: "$response.body#/color", condition: "^YELLOW$", type: "regex" };
  expect(await found(arazzo([write, { ...read, successCriteria: [criterion] }]))).toEqual([
    expect.stringContaining("tried, step read: $response.body#/color matches ^YELLOW$"),
  ]);
});

test("an output that an answer does not have is a finding, and ends the workflow", async () => {
  const steps = [{ ...write, outputs: { id: "$response.body#/number" } }, read];
  const { findings, requests } = await run(arazzo(steps));
  expect(findings).toMatchObject([
    { operation: "createNote", expected: expect.stringContaining("a value of $response.body#/number") },
  ]);
  expect(requests).toBe(1);
});

test("the answers of steps pass the judges too", async () => {
  const wrong: Send = () => Response.json({ id: "not_1", title: "Milk", pinned: "no" }, { status: 201 });
  const { findings } = await run(arazzo([{ ...write, successCriteria: [] }]), {
    send: wrong,
    checks: new Set(["workflow", "response_schema"]),
  });
  expect(findings.map(({ check }) => check)).toEqual(["response_schema"]);
});

test("a body can be a text, and its parts replaced; a path names an operation as an id does", async () => {
  const payload = '{"title": "Milk {$inputs.run}", "pinned": true}';
  const replaced = {
    ...write,
    stepId: "replaced",
    operationId: undefined,
    operationPath: "{$sourceDescriptions.notes.url}#/paths/~1notes/post",
    requestBody: {
      payload: { title: "Bread", pinned: false },
      replacements: [
        { target: "/title", value: "Cheese {$inputs.run}" },
        { target: "/pinned", value: "$steps.write.outputs.pinned" },
      ],
    },
    successCriteria: [
      { condition: "$response.body#/pinned == true && $request.body#/pinned == true" },
      { context: "$response.body#/title", condition: "^Cheese r", type: "regex" },
    ],
  };
  const first = { ...write, requestBody: { payload }, outputs: { pinned: "$response.body#/pinned" } };
  expect(await found(arazzo([first, replaced]))).toEqual([]);
});

describe("what is written a little later", () => {
  const { send, principals } = notesTarget();
  /** The notes API, whose answers to reading a note are old so many times. */
  const late = (times: number): Send => {
    let left = times;
    return async (request) => {
      const response = await send(request);
      if (request.method !== "GET" || left-- <= 0) return response;
      const { headers } = response;
      return new Response((await response.text()).replace('"text":null', '"text":"old"'), { headers });
    };
  };
  const slept: number[] = [];
  const clock = {
    now: Date.now,
    async sleep(ms: number) {
      slept.push(ms);
    },
  };
  const again = (retryLimit: number) => ({
    ...reading("$response.body#/text == null"),
    onFailure: [{ name: "again", type: "retry", retryAfter: 0.5, retryLimit }],
  });

  test("is asked for again, so many seconds apart", async () => {
    expect(await found(arazzo([write, again(3)]), { principals, send: late(3), clock })).toEqual([]);
    expect(slept).toEqual([500, 500, 500]);
  });

  test("and is a finding when it does not come", async () => {
    expect(await found(arazzo([write, again(2)]), { principals, send: late(3), clock })).toEqual([
      expect.stringContaining('$response.body#/text is "old"'),
    ]);
  });

  test("or at once, where the action is for another failure", async () => {
    const step = again(3);
    const criteria = [{ condition: "$statusCode == 503" }];
    const other = { ...step, onFailure: [{ ...step.onFailure[0], criteria }] };
    slept.length = 0;
    expect(await found(arazzo([write, other]), { principals, send: late(1), clock })).toHaveLength(1);
    expect(slept).toEqual([]);
  });
});

test("an action that ends a workflow leaves its other steps out", async () => {
  const end = { name: "done", type: "end", criteria: [{ condition: "$statusCode == 201" }] };
  const { findings, requests } = await run(arazzo([{ ...write, onSuccess: [end] }, reading("$statusCode == 404")]));
  expect(findings).toEqual([]);
  expect(requests).toBe(1);
});

test("a workflow comes after those that it depends on, and reads what they gave", async () => {
  const document = arazzo([write], { outputs: { id: "$steps.write.outputs.id" } });
  const value = "$workflows.tried.outputs.id";
  const parameters = [read.parameters[0], { ...read.parameters[1], value }];
  const after = workflow("after", [{ ...reading("$statusCode == 200"), parameters }], { dependsOn: ["tried"] });
  const both = { ...document, workflows: [after, ...document.workflows] };
  const { findings, requests } = await run(both);
  expect(findings).toEqual([]);
  expect(requests).toBe(2);
  const lost = { ...read, parameters: [read.parameters[0], { ...read.parameters[1], value: "not_here" }] };
  const failing = { ...lost, successCriteria: [{ condition: "$statusCode == 200" }] };
  const broken = { ...both, workflows: [after, workflow("tried", [failing], { outputs: { id: "$inputs.run" } })] };
  const outcome = await run(broken);
  expect(outcome.findings).toHaveLength(1);
  expect(outcome.notRun.map(({ why }) => why)).toEqual(["after depends on tried, which did not come to its end"]);
});

test("a workflow without its inputs is not run, by name; those of other names are", async () => {
  const mine = workflow("mine", [write]);
  const properties = { run: {}, owner: {}, keeper: { type: "string" } };
  const theirs = workflow("theirs", [write], { inputs: { type: "object", properties } });
  const document = { ...arazzo([write]), workflows: [theirs, mine] };
  const { findings, notRun, requests } = await run(document);
  expect(findings).toEqual([]);
  expect(notRun).toEqual([
    {
      check: "workflow",
      operation: "createNote",
      why: "theirs needs keeper: an input, or a principal of that name",
    },
  ]);
  expect(requests).toBe(1);
  const inputs = async (names: readonly string[]) => (names.includes("keeper") ? { keeper: "k" } : {});
  expect((await run(document, { inputs })).notRun).toEqual([]);
});

test("workflows without any operation that is looked at are left out", async () => {
  const { requests } = await run(notesWorkflows(), { only: ({ id }) => id === "listReminders" });
  expect(requests).toBe(0);
});
