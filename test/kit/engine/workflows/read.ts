import { type Api, pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { expressionsOf } from "./conditions.ts";
import { type Expression, expressionsIn, pointer, WorkflowError } from "./expressions.ts";
import {
  type Action,
  type Body,
  type Criterion,
  fieldsOf,
  listOf,
  mapOf,
  type Parameter,
  readAction,
  readBody,
  readCriterion,
  readOutputs,
  readParameter,
} from "./parts.ts";

export type Step = {
  readonly id: string;
  readonly op: DocumentedOperation;
  readonly parameters: readonly Parameter[];
  readonly body: Body | undefined;
  readonly criteria: readonly Criterion[];
  readonly onSuccess: readonly Action[];
  readonly onFailure: readonly Action[];
  readonly outputs: Readonly<Record<string, Expression>>;
};

/** One workflow of an Arazzo document: a promise that the operations keep together. */
export type Workflow = {
  readonly id: string;
  readonly summary: string;
  /** Names of the inputs, and what they are unless given. */
  readonly inputs: ReadonlyMap<string, unknown>;
  readonly dependsOn: readonly string[];
  readonly steps: readonly Step[];
  readonly outputs: Readonly<Record<string, Expression>>;
};

const ROOT = ["arazzo", "info", "sourceDescriptions", "workflows", "components"];
const WORKFLOW = ["workflowId", "summary", "description", "inputs", "dependsOn", "steps", "outputs"];
const AT_EACH_STEP = {
  parameters: "say them at each step",
  successActions: "say them at each step, as onSuccess",
  failureActions: "say them at each step, as onFailure",
};
const STEP = ["stepId", "description", "operationId", "operationPath", "parameters", "requestBody", "successCriteria"];
const STEP_AFTER = ["onSuccess", "onFailure", "outputs"];
const NO_CALLS = { workflowId: "write the steps of that workflow out, or name it in dependsOn" };

/**
 * Reads the workflows of an Arazzo 1.0 document about the operations of one OpenAPI document, in an order in which each
 * comes after those that it depends on. Throws WorkflowError where it is wrong, or holds what is not supported.
 */
export function readWorkflows(document: unknown, api: Api): Workflow[] {
  const { arazzo } = mapOf("the document", document);
  if (!/^1\.0\.\d+/.test(String(arazzo))) {
    const found = arazzo === undefined ? "it names no version" : `it says ${arazzo}`;
    throw new WorkflowError(`it is no Arazzo 1.0 document: ${found}`);
  }
  const root = fieldsOf(document, ROOT);
  const sources = listOf("sourceDescriptions", root.sourceDescriptions).map((one) =>
    fieldsOf(one, ["name", "url", "type"]),
  );
  if (sources.length !== 1 || (sources[0]?.type ?? "openapi") !== "openapi") {
    throw new WorkflowError(
      "sourceDescriptions must name one OpenAPI document: workflows over several are not supported",
    );
  }
  const found = listOf("workflows", root.workflows).map((one, at) => {
    const { workflowId: id } = mapOf(`workflows[${at}]`, one);
    if (typeof id !== "string") throw new WorkflowError(`workflows[${at}] has no workflowId`);
    return within(`workflow ${id}`, () => readWorkflow(id, one, String(sources[0]?.name), api));
  });
  const double = found.find(({ id }, at) => found.findIndex((one) => one.id === id) !== at);
  if (double) throw new WorkflowError(`two workflows have the id ${double.id}`);
  return inOrder(found);
}

function within<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    throw new WorkflowError(`${where}: ${error.message}`);
  }
}

function inOrder(workflows: readonly Workflow[]): Workflow[] {
  const done: Workflow[] = [];
  const visit = (workflow: Workflow, above: readonly string[]): void => {
    if (done.includes(workflow)) return;
    if (above.includes(workflow.id))
      throw new WorkflowError(`${[...above, workflow.id].join(" depends on ")}: a circle`);
    for (const id of workflow.dependsOn) {
      const other = workflows.find((one) => one.id === id);
      if (!other) throw new WorkflowError(`workflow ${workflow.id}: dependsOn names ${id}, which is not there`);
      visit(other, [...above, workflow.id]);
    }
    done.push(workflow);
  };
  for (const workflow of workflows) visit(workflow, []);
  return done;
}

function readWorkflow(id: string, value: unknown, source: string, api: Api): Workflow {
  const fields = fieldsOf(value, WORKFLOW, AT_EACH_STEP);
  const dependsOn = listOf("dependsOn", fields.dependsOn).map(String);
  const properties = Object.entries(mapOf("properties", mapOf("inputs", fields.inputs).properties));
  const inputs = new Map(properties.map(([name, schema]) => [name, mapOf(name, schema).default] as const));
  const steps: Step[] = [];
  for (const [at, one] of listOf("steps", fields.steps).entries()) {
    const { stepId, requestBody } = mapOf(`steps[${at}]`, one);
    if (typeof stepId !== "string") throw new WorkflowError(`steps[${at}] has no stepId`);
    if (steps.some((step) => step.id === stepId)) throw new WorkflowError(`two steps have the id ${stepId}`);
    within(`step ${stepId}`, () => {
      const step = readStep(stepId, one, source, api);
      checkNames(step, requestBody, { inputs, steps, dependsOn });
      steps.push(step);
    });
  }
  if (steps.length === 0) throw new WorkflowError("it has no steps");
  const outputs = readOutputs(fields.outputs);
  within("outputs", () => knownNames(Object.values(outputs), { inputs, steps, dependsOn }));
  return { id, summary: String(fields.summary ?? id), inputs, dependsOn, steps, outputs };
}

type Names = Pick<Workflow, "inputs" | "steps" | "dependsOn">;

/** Throws where a step reads what no input, earlier step or earlier workflow gives: it would have no value when it runs. */
function checkNames(step: Step, requestBody: unknown, names: Names): void {
  const criteria = [...step.criteria, ...[...step.onFailure, ...step.onSuccess].flatMap((action) => action.criteria)];
  const looked = criteria.flatMap(({ test }) => ("pattern" in test ? [test.context] : expressionsOf(test.condition)));
  const sent = expressionsIn([step.parameters.map((one) => one.value), requestBody]);
  knownNames([...sent, ...looked, ...Object.values(step.outputs)], names);
}

function knownNames(expressions: readonly Expression[], { inputs, steps, dependsOn }: Names): void {
  for (const { text, source } of expressions) {
    if (source.of === "inputs" && !inputs.has(source.name)) {
      throw new WorkflowError(`${text}: inputs names no ${source.name}`);
    }
    if (source.of === "workflows" && !dependsOn.includes(source.workflow)) {
      throw new WorkflowError(`${text}: dependsOn must name ${source.workflow}`);
    }
    if (source.of !== "steps") continue;
    const giver = steps.find((one) => one.id === source.step);
    if (!giver) throw new WorkflowError(`${text}: no step before it has the id ${source.step}`);
    if (!(source.name in giver.outputs)) throw new WorkflowError(`${text}: that step has no output ${source.name}`);
  }
}

function readStep(id: string, value: unknown, source: string, api: Api): Step {
  const fields = fieldsOf(value, [...STEP, ...STEP_AFTER], NO_CALLS);
  const op = operationOf(fields, source, api);
  const parameters = listOf("parameters", fields.parameters).map((one) => readParameter(one, op));
  for (const { name } of pathParams(op)) {
    if (!parameters.some((one) => one.in === "path" && one.name === name)) {
      throw new WorkflowError(`${op.id} wants the path parameter ${name}`);
    }
  }
  return {
    id,
    op,
    parameters,
    body: readBody(fields.requestBody, op),
    criteria: listOf("successCriteria", fields.successCriteria).map(readCriterion),
    onSuccess: listOf("onSuccess", fields.onSuccess).map((one) => readAction(one, ["end"])),
    onFailure: listOf("onFailure", fields.onFailure).map((one) => readAction(one, ["end", "retry"])),
    outputs: readOutputs(fields.outputs),
  };
}

type Named = { readonly operationId?: unknown; readonly operationPath?: unknown };

function operationOf({ operationId, operationPath }: Named, source: string, api: Api): DocumentedOperation {
  if (typeof operationId === "string") {
    const name = operationId.replace(`$sourceDescriptions.${source}.`, "");
    const op = api.operations.find((one) => one.id === name);
    if (!op) throw new WorkflowError(`the document has no operation ${name}`);
    return op;
  }
  if (operationPath === undefined) throw new WorkflowError("it names no operation: give it an operationId");
  const [, from, way] = /^\{\$sourceDescriptions\.([^}]+)\.url\}#\/paths\/(.+)$/.exec(String(operationPath)) ?? [];
  const [path, method] = way === undefined ? [] : pointer(String(operationPath), `/${way}`);
  const op = api.operations.find((one) => one.path === path && one.method === method?.toUpperCase());
  if (op && from === source) return op;
  throw new WorkflowError(`operationPath ${operationPath} leads to no operation of the document`);
}
