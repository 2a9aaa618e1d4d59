import { describe, expect, test } from "vitest";
import { arazzo, workflowsIn, workflowsOf } from "../../spec/kit/workflow.ts";
import { contract } from "../fixtures/notes/spec/contract.ts";

const { step, workflow } = workflowsOf(contract, { run: "A word that no run before has used", owner: "A credential" });

const write = step("write", "createNote", {
  as: "$inputs.owner",
  body: { title: "Milk {$inputs.run}" },
  expect: [201, "$response.body#/pinned == false", { context: "$response.body#/title", matches: "^Milk" }],
  outputs: { id: "$response.body#/id" },
});
const read = step("read", "getNote", {
  description: "As its author",
  as: "$inputs.owner",
  params: { note_id: "$steps.write.outputs.id" },
  expect: [200],
  retry: { times: 3, everySeconds: 0.5 },
});
const list = step("list", "listNotes", { query: { limit: 1 }, expect: [401] });

test("a workflow becomes Arazzo's, with the inputs that its steps name", () => {
  const kept = workflow({ id: "a-note-is-kept", summary: "A note can be read", steps: [write, read, list] });
  const info = { title: "Notes", version: "1", description: "Notes." };
  expect(arazzo(info, { name: "notes", url: "./openapi.json" }, [kept])).toEqual({
    arazzo: "1.0.1",
    info,
    sourceDescriptions: [{ name: "notes", url: "./openapi.json", type: "openapi" }],
    workflows: [
      {
        workflowId: "a-note-is-kept",
        summary: "A note can be read",
        inputs: {
          type: "object",
          properties: {
            owner: { type: "string", description: "A credential" },
            run: { type: "string", description: "A word that no run before has used" },
          },
          required: ["owner", "run"],
        },
        steps: [
          {
            stepId: "write",
            operationId: "createNote",
            parameters: [{ name: "Authorization", in: "header", value: "$inputs.owner" }],
            requestBody: { contentType: "application/json", payload: { title: "Milk {$inputs.run}" } },
            successCriteria: [
              { condition: "$statusCode == 201" },
              { condition: "$response.body#/pinned == false" },
              { context: "$response.body#/title", condition: "^Milk", type: "regex" },
            ],
            outputs: { id: "$response.body#/id" },
          },
          {
            stepId: "read",
            description: "As its author",
            operationId: "getNote",
            parameters: [
              { name: "note_id", in: "path", value: "$steps.write.outputs.id" },
              { name: "Authorization", in: "header", value: "$inputs.owner" },
            ],
            successCriteria: [{ condition: "$statusCode == 200" }],
            onFailure: [{ name: "again", type: "retry", retryAfter: 0.5, retryLimit: 3 }],
          },
          {
            stepId: "list",
            operationId: "listNotes",
            parameters: [{ name: "limit", in: "query", value: 1 }],
            successCriteria: [{ condition: "$statusCode == 401" }],
          },
        ],
      },
    ],
  });
});

test("a step may send headers of its own, and a body that is not JSON", () => {
  const attach = step("attach", "uploadFile", {
    as: "$inputs.owner",
    headers: { "Idempotency-Key": "once" },
    raw: { type: "multipart/form-data; boundary=b", text: "--b--" },
    expect: [400],
  });
  expect(attach).toMatchObject({
    parameters: [
      { name: "Authorization", in: "header", value: "$inputs.owner" },
      { name: "Idempotency-Key", in: "header", value: "once" },
    ],
    requestBody: { contentType: "multipart/form-data; boundary=b", payload: "--b--" },
  });
});

test("the workflows of a module stand as they are written, whatever they are called", () => {
  const made = (id: string) => workflow({ id, summary: "S", steps: [list] });
  const [first, second] = [made("first"), made("second")];
  expect(workflowsIn({ a: second, b: first, c: "another export" })).toEqual([first, second]);
});

describe("what cannot be run is refused when it is written", () => {
  const lost = (change: Partial<Parameters<typeof workflow>[0]>) =>
    workflow({ id: "a-note-is-kept", summary: "S", steps: [write, read], ...change });
  const elsewhere = workflowsOf(contract, {});
  const reads = (value: string) => step("reads", "getNote", { params: { note_id: value }, expect: [200] });
  test.each<[what: string, write: () => unknown, sentence: RegExp]>([
    ["an id that is not in kebab-case", () => lost({ id: "aNote" }), /^workflow aNote: its id must be in kebab-case$/],
    ["no steps", () => lost({ steps: [] }), /^workflow a-note-is-kept: it has no steps$/],
    [
      "a step before the one it needs",
      () => lost({ steps: [read, write] }),
      /step read: .*no step before it has this id$/,
    ],
    ["two steps of one id", () => lost({ steps: [write, write] }), /two steps have the id write$/],
    [
      "an output that the step does not have",
      () => lost({ steps: [write, reads("$steps.write.outputs.size")] }),
      /step reads: \$steps\.write\.outputs\.size: that step has no output size$/,
    ],
    [
      "an input that was not told",
      () => elsewhere.workflow({ id: "a", summary: "S", steps: [write] }),
      /step write: \$inputs\.owner: there is no such input$/,
    ],
    [
      "a query parameter that the operation does not have",
      () => step("list", "listNotes", { query: { size: 1 }, expect: [200] }),
      /^step list: listNotes has no query parameter size$/,
    ],
    [
      "two workflows of one id",
      () => arazzo({ title: "", version: "", description: "" }, { name: "n", url: "u" }, [lost({}), lost({})]),
      /^two workflows have the id a-note-is-kept$/,
    ],
  ])("%s", (_, act, sentence) => {
    expect(act).toThrow(sentence);
  });
});
