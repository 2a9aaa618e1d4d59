import type { DocumentedOperation } from "../../document.ts";
import { type Condition, parseCondition } from "./conditions.ts";
import { type Expression, isExpression, parseExpression, pointer, WorkflowError } from "./expressions.ts";

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

export type Body = {
  /** The operation's own unless said. */
  readonly type: string | undefined;
  readonly payload: unknown;
  readonly replacements: readonly { readonly way: readonly string[]; readonly value: unknown }[];
};

type Json = Readonly<Record<string, unknown>>;

/**
 * An object of the document. Throws where it is none, or has a field that nobody here reads: one that is misspelled, or one
 * of `unsupported`, whose text says what to write instead. What is left out in silence would seem to hold.
 */
export function fieldsOf(
  value: unknown,
  known: readonly string[],
  unsupported: Readonly<Record<string, string>> = {},
): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new WorkflowError(`${JSON.stringify(value)} must be an object`);
  }
  for (const [name, inside] of Object.entries(value)) {
    if (inside === undefined || name.startsWith("x-") || known.includes(name)) continue;
    const instead = unsupported[name];
    if (instead !== undefined) throw new WorkflowError(`${name} is not supported: ${instead}`);
    throw new WorkflowError(`there is no field ${name}: there are ${known.join(", ")}`);
  }
  // An object that is no array is read by the names of its fields.
  return value as Json;
}

/** A list of the document, where it is given. Throws where it is none. */
export function listOf(name: string, value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new WorkflowError(`${name} must be a list`);
  return value;
}

/** A map of the document, where it is given: its names are free. Throws where it is none. */
export function mapOf(name: string, value: unknown): Json {
  if (value === undefined) return {};
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new WorkflowError(`${name} must be an object`);
  // As in `fieldsOf`.
  return value as Json;
}

const NO_COMPONENTS = { reference: "components are not read, so write it out" };

/** Reads a parameter of a step. Throws WorkflowError. */
export function readParameter(value: unknown, op: DocumentedOperation): Parameter {
  const { name, in: place, value: given } = fieldsOf(value, ["name", "in", "value"], NO_COMPONENTS);
  if (typeof name !== "string" || (place !== "path" && place !== "query" && place !== "header")) {
    throw new WorkflowError(`the parameter ${String(name)} must say a name, and where it is: path, query or header`);
  }
  // Headers such as Authorization are no parameters of a document.
  if (place !== "header" && !op.parameters.some((one) => one.in === place && one.name === name)) {
    throw new WorkflowError(`${op.id} has no ${place} parameter ${name}`);
  }
  if (given === undefined) throw new WorkflowError(`the parameter ${name} has no value`);
  return { name, in: place, value: given };
}

/** Reads the body of a step. Throws WorkflowError. */
export function readBody(value: unknown, op: DocumentedOperation): Body | undefined {
  if (value === undefined) return undefined;
  const { contentType, payload, replacements } = fieldsOf(value, ["contentType", "payload", "replacements"]);
  if (!op.body) throw new WorkflowError(`${op.id} takes no body`);
  return {
    type: typeof contentType === "string" ? contentType : undefined,
    payload,
    replacements: listOf("replacements", replacements).map((one) => {
      const { target, value: put } = fieldsOf(one, ["target", "value"]);
      if (typeof target !== "string" || target.startsWith("//")) {
        throw new WorkflowError("the target of a replacement must be a JSON Pointer: XPath is not supported");
      }
      return { way: pointer(target, target), value: put };
    }),
  };
}

/** Reads a criterion of a step or of an action. Throws WorkflowError. */
export function readCriterion(value: unknown): Criterion {
  const { condition, context, type = "simple" } = fieldsOf(value, ["context", "condition", "type"]);
  if (typeof condition !== "string") throw new WorkflowError("a criterion has no condition");
  if (type === "simple") return { text: condition, test: { condition: parseCondition(condition) } };
  if (type !== "regex") {
    const name = typeof type === "string" ? type : String(mapOf("type", type).type);
    throw new WorkflowError(`criteria of the type ${name} are not supported: write a simple condition, or a regex`);
  }
  if (typeof context !== "string" || !isExpression(context)) {
    throw new WorkflowError("a regex wants an expression as its context");
  }
  const text = `${context} matches ${condition}`;
  try {
    return { text, test: { context: parseExpression(context), pattern: new RegExp(condition, "u") } };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new WorkflowError(`${error.message}: correct the condition`);
  }
}

/** Reads an action, of one of these types. Throws WorkflowError. */
export function readAction(value: unknown, types: readonly Action["type"][]): Action {
  const elsewhere = "an action can end the workflow or try the step again";
  const {
    type,
    criteria,
    retryAfter = 0,
    retryLimit = 1,
  } = fieldsOf(value, ["name", "type", "retryAfter", "retryLimit", "criteria"], {
    ...NO_COMPONENTS,
    workflowId: elsewhere,
    stepId: elsewhere,
  });
  const known = types.find((one) => one === type);
  if (!known) {
    throw new WorkflowError(`an action of the type ${String(type)} is not supported here: ${types.join(" or ")} is`);
  }
  if (typeof retryAfter !== "number" || typeof retryLimit !== "number" || retryAfter < 0 || retryLimit < 0) {
    throw new WorkflowError("retryAfter and retryLimit must be numbers of 0 or more");
  }
  return { type: known, criteria: listOf("criteria", criteria).map(readCriterion), retryAfter, retryLimit };
}

/** Reads the outputs of a step or a workflow. Throws WorkflowError. */
export function readOutputs(value: unknown): Readonly<Record<string, Expression>> {
  return Object.fromEntries(
    Object.entries(mapOf("outputs", value)).map(([name, text]) => {
      if (!/^[A-Za-z0-9_-]+$/.test(name)) {
        throw new WorkflowError(`the output "${name}" must be of letters, digits, - and _`);
      }
      return [name, parseExpression(String(text))];
    }),
  );
}
