/** Checked by `tsc`, never run: what must not compile in a workflow. */
import { workflowsOf } from "../../spec/kit/workflow.ts";
import { contract } from "../fixtures/notes/spec/contract.ts";

const { step } = workflowsOf(contract, { run: "A word" });
const expected = { expect: [200] } as const;

export const fits = step("fits", "updateNote", {
  params: { note_id: "$steps.write.outputs.id" },
  body: { title: "Milk {$inputs.run}", pinned: "$steps.write.outputs.pinned" },
  ...expected,
});

// @ts-expect-error an operation that the contract does not have
export const operation = step("operation", "burnNote", expected);

// @ts-expect-error a path parameter that is missing
export const param = step("param", "getNote", expected);

// @ts-expect-error a path parameter of another name
export const name = step("name", "getNote", { params: { note: "x" }, ...expected });

// @ts-expect-error a body that lacks what is required
export const lacking = step("lacking", "createNote", { body: { text: "Two bottles" }, ...expected });

// @ts-expect-error a field that the body does not have
export const field = step("field", "createNote", { body: { title: "Milk", titel: "Milk" }, ...expected });

// @ts-expect-error a value of another type, which is no expression
export const value = step("value", "createNote", { body: { title: "Milk", pinned: "yes" }, ...expected });

// @ts-expect-error a step that expects nothing proves nothing
export const nothing = step("nothing", "listNotes", { expect: [] });
