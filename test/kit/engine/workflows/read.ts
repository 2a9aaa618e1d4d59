import type { Api } from "../../api.ts";
import { pathParams } from "../../api.ts";
import type { DocumentedOperation } from "../../document.ts";
import { type Condition, expressionsOf, parseCondition } from "./conditions.ts";
import {
  type Expression,
  expressionsIn,
  isExpression,
  parseExpression,
  pointer,
  WorkflowError,
} from "./expressions.ts";

export type Criterion = {
  /** As the document says it, for who reads a finding. */
  readonly text: string;
  readonly test: { readonly condition: Condition } | { readonly context: Expression; readonly pattern: RegExp };
};

export type Action = {
  readonly type: "end" | "retry";
  readonly criteria: readonly Criterion[];
  /** Seconds between two tries, and how many tries follow the first. */
  readonly retryAfter: number;
  readonly retryLimit: number;
};

export type Parameter = { readonly name: string; readonly in: "path" | "query" | "header"; readonly value: unknown };

export type Step = {
  readonly id: string;
  readonly op: DocumentedOperation;
  readonly parameters: readonly Parameter[];
  readonly body:
    | {
        readonly type: string | undefined;
        readonly payload: unknown;
        readonly replacements: readonly { readonly way: readonly string[]; readonly value: unknown }[];
      }
    | undefined;
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

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(record) : []);

/**
 * Reads the workflows of an Arazzo 1.0 document about the operations of one OpenAPI document, in an order in which each
 * comes after those that it depends on. Throws WorkflowError where it is wrong, or holds what is not supported.
 */
export function readWorkflows(document: unknown, api: Api): Workflow[] {
  const root = record(document);
  if (!/^1\.0\.\d+/.test(String(root.arazzo))) {
    const found = root.arazzo === undefined ? "it names no version" : `it says ${root.arazzo}`;
    throw new WorkflowError(`it is no Arazzo 1.0 document: ${found}`);
  }
  const sources = list(root.sourceDescriptions);
  if (sources.length !== 1 || (sources[0]?.type ?? "openapi") !== "openapi") {
    throw new WorkflowError(
      "sourceDescriptions must name one OpenAPI document: workflows over several are not supported",
    );
  }
  const found = list(root.workflows).map((one, at) => {
    const id = one.workflowId;
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

/** Throws for fields that change what a document means and that nobody here reads. */
function refuse(value: Json, fields: Readonly<Record<string, string>>): void {
  for (const [field, instead] of Object.entries(fields)) {
    if (value[field] !== undefined) throw new WorkflowError(`${field} is not supported: ${instead}`);
  }
}

function readWorkflow(id: string, value: Json, source: string, api: Api): Workflow {
  refuse(value, {
    parameters: "say them at each step",
    successActions: "say them at each step, as onSuccess",
    failureActions: "say them at each step, as onFailure",
  });
  const dependsOn = Array.isArray(value.dependsOn) ? value.dependsOn.map(String) : [];
  const properties = Object.entries(record(record(value.inputs).properties));
  const inputs = new Map(properties.map(([name, schema]) => [name, record(schema).default] as const));
  const steps: Step[] = [];
  for (const [at, one] of list(value.steps).entries()) {
    const stepId = typeof one.stepId === "string" ? one.stepId : undefined;
    if (stepId === undefined) throw new WorkflowError(`steps[${at}] has no stepId`);
    if (steps.some((step) => step.id === stepId)) throw new WorkflowError(`two steps have the id ${stepId}`);
    const read = within(`step ${stepId}`, () => readStep(stepId, one, source, api));
    within(`step ${stepId}`, () => checkNames(one, read.step, { inputs, steps, dependsOn }));
    steps.push(read.step);
  }
  if (steps.length === 0) throw new WorkflowError("it has no steps");
  const outputs = readOutputs(value.outputs);
  within("outputs", () => knownNames(Object.values(outputs), { inputs, steps, dependsOn }));
  return { id, summary: String(value.summary ?? id), inputs, dependsOn, steps, outputs };
}

type Names = { inputs: ReadonlyMap<string, unknown>; steps: readonly Step[]; dependsOn: readonly string[] };

/** Throws where a step reads what no input, earlier step or earlier workflow gives: it would have no value when it runs. */
function checkNames(value: Json, step: Step, names: Names): void {
  const criteria = [...step.criteria, ...[...step.onFailure, ...step.onSuccess].flatMap((action) => action.criteria)];
  const looked = criteria.flatMap(({ test }) => ("pattern" in test ? [test.context] : expressionsOf(test.condition)));
  const sent = expressionsIn([step.parameters.map((one) => one.value), value.requestBody]);
  knownNames([...sent, ...looked, ...Object.values(step.outputs)], names);
}

function knownNames(expressions: readonly Expression[], { inputs, steps, dependsOn }: Names): void {
  for (const { text, source } of expressions) {
    if (source.of === "inputs" && !inputs.has(source.name))
      throw new WorkflowError(`${text}: inputs names no ${source.name}`);
    if (source.of === "workflows" && !dependsOn.includes(source.workflow)) {
      throw new WorkflowError(`${text}: dependsOn must name ${source.workflow}`);
    }
    if (source.of !== "steps") continue;
    const giver = steps.find((one) => one.id === source.step);
    if (!giver) throw new WorkflowError(`${text}: no step before it has the id ${source.step}`);
    if (!(source.name in giver.outputs)) throw new WorkflowError(`${text}: that step has no output ${source.name}`);
  }
}

function readStep(id: string, value: Json, source: string, api: Api): { step: Step } {
  refuse(value, { workflowId: "write the steps of that workflow out, or name it in dependsOn" });
  const op = operationOf(value, source, api);
  const parameters = list(value.parameters).map((one) => readParameter(one, op));
  for (const { name } of pathParams(op)) {
    if (!parameters.some((one) => one.in === "path" && one.name === name)) {
      throw new WorkflowError(`${op.id} wants the path parameter ${name}`);
    }
  }
  return {
    step: {
      id,
      op,
      parameters,
      body: readBody(value.requestBody, op),
      criteria: list(value.successCriteria).map(readCriterion),
      onSuccess: list(value.onSuccess).map((one) => readAction(one, ["end"])),
      onFailure: list(value.onFailure).map((one) => readAction(one, ["end", "retry"])),
      outputs: readOutputs(value.outputs),
    },
  };
}

function operationOf({ operationId, operationPath }: Json, source: string, api: Api): DocumentedOperation {
  if (typeof operationId === "string") {
    const name = operationId.replace(`$sourceDescriptions.${source}.`, "");
    const op = api.operations.find((one) => one.id === name);
    if (!op) throw new WorkflowError(`the document has no operation ${name}`);
    return op;
  }
  const [, from, way] = /^\{\$sourceDescriptions\.([^}]+)\.url\}#\/paths\/(.+)$/.exec(String(operationPath)) ?? [];
  const [path, method] = way === undefined ? [] : pointer(String(operationPath), `/${way}`);
  const op = api.operations.find((one) => one.path === path && one.method === method?.toUpperCase());
  if (op && from === source) return op;
  if (operationPath === undefined) throw new WorkflowError("it names no operation: give it an operationId");
  throw new WorkflowError(`operationPath ${operationPath} leads to no operation of the document`);
}

function readParameter(value: Json, op: DocumentedOperation): Parameter {
  refuse(value, { reference: "components are not read; write the parameter out" });
  const { name, in: place } = value;
  if (typeof name !== "string" || (place !== "path" && place !== "query" && place !== "header")) {
    throw new WorkflowError(`the parameter ${String(name)} must say a name, and where it is: path, query or header`);
  }
  if (place === "path" && !pathParams(op).some((one) => one.name === name)) {
    throw new WorkflowError(`${op.id} has no path parameter ${name}`);
  }
  if (value.value === undefined) throw new WorkflowError(`the parameter ${name} has no value`);
  return { name, in: place, value: value.value };
}

function readBody(value: unknown, op: DocumentedOperation): Step["body"] {
  if (value === undefined) return undefined;
  const { contentType, payload, replacements } = record(value);
  if (!op.body) throw new WorkflowError(`${op.id} takes no body`);
  return {
    type: typeof contentType === "string" ? contentType : undefined,
    payload,
    replacements: list(replacements).map(({ target, value: put }) => {
      if (typeof target !== "string" || target.startsWith("//")) {
        throw new WorkflowError("the target of a replacement must be a JSON Pointer: XPath is not supported");
      }
      return { way: pointer(target, target), value: put };
    }),
  };
}

function readCriterion(value: Json): Criterion {
  const { condition, context, type = "simple" } = value;
  if (typeof condition !== "string") throw new WorkflowError("a criterion has no condition");
  if (type === "simple") return { text: condition, test: { condition: parseCondition(condition) } };
  if (type !== "regex") {
    const name = typeof type === "string" ? type : String(record(type).type);
    throw new WorkflowError(`criteria of the type ${name} are not supported: write a simple condition, or a regex`);
  }
  if (typeof context !== "string" || !isExpression(context))
    throw new WorkflowError("a regex wants an expression as its context");
  try {
    return {
      text: `${context} matches ${condition}`,
      test: { context: parseExpression(context), pattern: new RegExp(condition, "u") },
    };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WorkflowError(`${error.message}: correct the condition`);
  }
}

function readAction(value: Json, types: readonly Action["type"][]): Action {
  refuse(value, {
    reference: "components are not read; write the action out",
    workflowId: "end or retry",
    stepId: "end or retry",
  });
  const type = types.find((one) => one === value.type);
  if (!type)
    throw new WorkflowError(
      `an action of the type ${String(value.type)} is not supported here: ${types.join(" or ")} is`,
    );
  const { retryAfter = 0, retryLimit = 1 } = value;
  if (typeof retryAfter !== "number" || typeof retryLimit !== "number" || retryAfter < 0 || retryLimit < 0) {
    throw new WorkflowError("retryAfter and retryLimit must be numbers of 0 or more");
  }
  return { type, criteria: list(value.criteria).map(readCriterion), retryAfter, retryLimit };
}

function readOutputs(value: unknown): Readonly<Record<string, Expression>> {
  return Object.fromEntries(
    Object.entries(record(value)).map(([name, text]) => {
      if (!/^[A-Za-z0-9_-]+$/.test(name))
        throw new WorkflowError(`the output "${name}" must be of letters, digits, - and _`);
      return [name, parseExpression(String(text))];
    }),
  );
}
