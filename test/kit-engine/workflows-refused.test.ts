import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { notesDocument } from "../fixtures/notes/spec/contract.ts";
import { notesWorkflows } from "../fixtures/notes/spec/workflows.ts";
import { Api } from "../kit/api.ts";
import { readWorkflows } from "../kit/engine/workflows/read.ts";
import { type NotesServer, serveNotes } from "./notes-server.ts";
import { contractHere } from "./spawn.ts";
import { arazzo, read, reading, workflow, write } from "./workflow-documents.ts";

const api = new Api(notesDocument());

describe("what is wrong, or not supported, is refused in a sentence", () => {
  const step = (change: object) => arazzo([write, { ...read, ...change }]);
  const criterion = (one: object) => step({ successCriteria: [one] });
  const cases: [what: string, document: unknown, sentence: RegExp][] = [
    ["another version", { ...arazzo([write]), arazzo: "1.1.0" }, /^it is no Arazzo 1\.0 document: it says 1\.1\.0$/],
    ["no document", "text", /^the document must be an object$/],
    ["another document", { openapi: "3.1.0" }, /^it is no Arazzo 1\.0 document: it names no version$/],
    [
      "a misspelled field, which would check nothing",
      step({ sucessCriteria: [] }),
      /^workflow tried: step read: there is no field sucessCriteria: there are stepId, /,
    ],
    ["a field that is no list", step({ successCriteria: "200" }), /step read: successCriteria must be a list$/],
    ["a criterion that is no object", step({ successCriteria: ["$statusCode"] }), /"\$statusCode" must be an object$/],
    [
      "two sources",
      { ...arazzo([write]), sourceDescriptions: [{ name: "a" }, { name: "b" }] },
      /^sourceDescriptions must name one OpenAPI document/,
    ],
    ["no steps", arazzo([]), /^workflow tried: it has no steps$/],
    [
      "two workflows of one id",
      { ...arazzo([write]), workflows: [workflow("a", [write]), workflow("a", [write])] },
      /^two workflows have the id a$/,
    ],
    ["two steps of one id", arazzo([write, write]), /two steps have the id write$/],
    [
      "an operation that is not there",
      step({ operationId: "burnNote" }),
      /^workflow tried: step read: the document has no operation burnNote$/,
    ],
    [
      "a path that leads nowhere",
      step({ operationId: undefined, operationPath: "{$sourceDescriptions.notes.url}#/paths/~1x/get" }),
      /leads to no operation of the document$/,
    ],
    [
      "a step that calls a workflow",
      step({ operationId: undefined, workflowId: "tried" }),
      /workflowId is not supported: write the steps/,
    ],
    ["no path parameter", step({ parameters: [] }), /getNote wants the path parameter note_id$/],
    [
      "a path parameter too much",
      step({ parameters: [...read.parameters, { name: "x", in: "path", value: 1 }] }),
      /getNote has no path parameter x$/,
    ],
    [
      "a query parameter that is not there",
      step({ parameters: [...read.parameters, { name: "x", in: "query", value: 1 }] }),
      /getNote has no query parameter x$/,
    ],
    [
      "a cookie",
      step({ parameters: [...read.parameters, { name: "x", in: "cookie", value: 1 }] }),
      /where it is: path, query or header$/,
    ],
    [
      "a component",
      step({ parameters: [{ reference: "$components.parameters.x" }] }),
      /reference is not supported: components are not read, so write it out$/,
    ],
    ["a body where there is none", step({ requestBody: { payload: {} } }), /getNote takes no body$/],
    [
      "a later step",
      arazzo([reading("$statusCode == 200"), write]),
      /\$steps\.write\.outputs\.id: no step before it has the id write$/,
    ],
    [
      "an output that is not there",
      criterion({ condition: "$steps.write.outputs.size == 1" }),
      /that step has no output size$/,
    ],
    [
      "an input that is not there",
      criterion({ condition: "$inputs.nobody == 1" }),
      /\$inputs\.nobody: inputs names no nobody$/,
    ],
    [
      "a workflow that it does not depend on",
      criterion({ condition: "$workflows.tried.outputs.x == 1" }),
      /dependsOn must name tried$/,
    ],
    [
      "an expression that there is not",
      criterion({ condition: "$sourceDescriptions.notes.url == 1" }),
      /is no runtime expression that is supported/,
    ],
    [
      "a condition that breaks off",
      criterion({ condition: "$statusCode ==" }),
      /is not complete: a value is missing at its end$/,
    ],
    [
      "a condition with a rest",
      criterion({ condition: "$statusCode == 200 201" }),
      /is not complete: "201" is left over$/,
    ],
    ["an open bracket", criterion({ condition: "($statusCode == 200" }), /a bracket is not closed$/],
    ["double quotes", criterion({ condition: '$method == "GET"' }), /texts stand in single quotes$/],
    [
      "a JSONPath",
      criterion({ context: "$response.body", condition: "$.a", type: "jsonpath" }),
      /criteria of the type jsonpath are not supported: write a simple condition, or a regex$/,
    ],
    [
      "an XPath",
      criterion({ context: "$response.body", condition: "/a", type: { type: "xpath", version: "xpath-30" } }),
      /type xpath are not supported/,
    ],
    [
      "a pattern that is none",
      criterion({ context: "$statusCode", condition: "(", type: "regex" }),
      /Invalid regular expression.*correct the condition$/,
    ],
    [
      "a goto",
      step({ onFailure: [{ name: "x", type: "goto", stepId: "write" }] }),
      /stepId is not supported: an action can end the workflow or try the step again$/,
    ],
    [
      "a retry on success",
      step({ onSuccess: [{ name: "x", type: "retry" }] }),
      /type retry is not supported here: end is$/,
    ],
    [
      "actions of the workflow",
      arazzo([write], { failureActions: [] }),
      /failureActions is not supported: say them at each step/,
    ],
    [
      "a circle",
      {
        ...arazzo([write]),
        workflows: [workflow("a", [write], { dependsOn: ["b"] }), workflow("b", [write], { dependsOn: ["a"] })],
      },
      /^a depends on b depends on a: a circle$/,
    ],
    [
      "what it depends on is not there",
      arazzo([write], { dependsOn: ["b"] }),
      /dependsOn names b, which is not there$/,
    ],
  ];

  test.each(cases)("%s", (_, workflows, sentence) => {
    expect(() => readWorkflows(workflows, api)).toThrow(
      expect.objectContaining({ name: "WorkflowError", message: expect.stringMatching(sentence) }),
    );
  });
});

describe("on the command line", () => {
  const folder = mkdtempSync(join(tmpdir(), "contract-workflows-"));
  const file = (name: string, content: unknown): string => {
    writeFileSync(join(folder, name), JSON.stringify(content));
    return join(folder, name);
  };
  let notes: NotesServer;
  let options: string[];
  beforeAll(async () => {
    notes = await serveNotes();
    const people = file("principals.json", notes.principals);
    options = ["--spec", notes.spec, "--base-url", notes.url, "--principals", people, "--checks", "workflow"];
  });
  afterAll(async () => {
    await notes.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test("--workflows runs a document over HTTP: 0 where it goes well, 1 where it does not", async () => {
    const well = await contractHere(...options, "--workflows", file("well.json", notesWorkflows()));
    expect(well.err + well.out).toMatch(/\n0 findings, 8 requests/);
    expect(well.code).toBe(0);
    const bad = await contractHere(
      ...options,
      "--workflows",
      file("bad.json", arazzo([write, reading("$statusCode == 404")])),
    );
    expect(bad.out).toMatch(
      /^workflow: getNote\n {2}expected {2}tried, step read: \$statusCode == 404 \(It goes well\)\n/,
    );
    expect(bad.code).toBe(1);
  });

  test.each([
    ["no file", "/none.json", /^--workflows \/none\.json cannot be read: ENOENT/],
    [
      "what cannot be run",
      file("none.json", arazzo([])),
      /^--workflows .* cannot be run: workflow tried: it has no steps$/m,
    ],
  ])("2 for %s", async (_, place, sentence) => {
    const { code, err } = await contractHere(...options, "--workflows", place);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
  });
});
