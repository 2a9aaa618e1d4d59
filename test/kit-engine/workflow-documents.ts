/** Arazzo documents about the notes API: of one workflow that writes a note and reads it, as far as a test changes that. */
const TITLE = { context: "$response.body#/title", condition: "^Milk r[0-9a-f]{14}$", type: "regex" };
export const write = {
  stepId: "write",
  operationId: "createNote",
  parameters: [{ name: "Authorization", in: "header", value: "$inputs.owner" }],
  requestBody: { payload: { title: "Milk {$inputs.run}", text: null } },
  successCriteria: [{ condition: "$statusCode == 201" }, TITLE],
  outputs: { id: "$response.body#/id", title: "$response.body#/title", note: "$response.body" },
};
export const read = {
  stepId: "read",
  operationId: "getNote",
  parameters: [
    { name: "Authorization", in: "header", value: "$inputs.owner" },
    { name: "note_id", in: "path", value: "$steps.write.outputs.id" },
  ],
};

/** An Arazzo document of one workflow with these steps. */
export const arazzo = (steps: readonly object[], more: object = {}) => ({
  arazzo: "1.0.1",
  info: { title: "Tried", version: "1" },
  sourceDescriptions: [{ name: "notes", url: "./openapi.json", type: "openapi" }],
  workflows: [workflow("tried", steps, more)],
});

export const workflow = (workflowId: string, steps: readonly object[], more: object = {}) => ({
  workflowId,
  summary: "It goes well",
  inputs: { type: "object", properties: { run: { type: "string" }, owner: { type: "string" } } },
  steps,
  ...more,
});

export const reading = (...conditions: string[]) => ({
  ...read,
  successCriteria: conditions.map((condition) => ({ condition })),
});
