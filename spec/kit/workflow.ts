import type { Operation, ParamNames } from "./operation.ts";

/** A text that stands for a value of the run, or holds one: a runtime expression of Arazzo 1.0.1. */
type Expression = `$${string}` | `${string}{$${string}}${string}`;

/** What a body may be: the operation's own fields, each as it is or as an expression. */
type BodyOf<O> = O extends { readonly body: { readonly _zod: { readonly input: infer I } } }
  ? { readonly [F in keyof I]: I[F] | Expression }
  : never;

type ParamsOf<O> = O extends { readonly path: infer P extends string } ? ParamNames<P> : never;

/** What must hold of an answer: its status, a simple condition, or a pattern where upper and lower case differ. */
type Expected = number | string | { readonly context: Expression; readonly matches: string };

type StepDefinition<O> = {
  readonly description?: string;
  /** The value of `Authorization`; nobody's request without it. */
  readonly as?: Expression;
  /** Further headers. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | boolean>>;
  readonly body?: BodyOf<O>;
  /** A body that is not JSON: its media type, and its text as it is sent. */
  readonly raw?: { readonly type: string; readonly text: string };
  readonly expect: readonly [Expected, ...Expected[]];
  readonly outputs?: Readonly<Record<string, Expression>>;
  /** Tries again where something is written a little later: so many times, so many seconds apart. */
  readonly retry?: { readonly times: number; readonly everySeconds: number };
} & ([ParamsOf<O>] extends [never] ? unknown : { readonly params: Readonly<Record<ParamsOf<O>, string>> });

type ArazzoStep = {
  readonly stepId: string;
  readonly description?: string;
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly value: unknown }[];
  readonly requestBody?: { readonly contentType: string; readonly payload: unknown };
  readonly successCriteria: readonly object[];
  readonly onFailure?: readonly object[];
  readonly outputs?: Readonly<Record<string, string>>;
};

export type Workflow = {
  readonly workflowId: string;
  readonly summary: string;
  readonly description?: string;
  readonly inputs?: object;
  readonly steps: readonly ArazzoStep[];
};

type WorkflowDefinition = {
  /** In kebab-case. */
  readonly id: string;
  /** The promise in words. */
  readonly summary: string;
  readonly description?: string;
  readonly steps: readonly ArazzoStep[];
};

/** In which order workflows were written: a module's namespace would give them by the alphabet. */
const written = new WeakMap<object, number>();
let count = 0;

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

const criterion = (one: Expected): object => {
  if (typeof one === "number") return { condition: `$statusCode == ${one}` };
  if (typeof one === "string") return { condition: one };
  return { context: one.context, condition: one.matches, type: "regex" };
};

/** Every expression in a value, as the document says it. */
const expressionsIn = (value: unknown): string[] =>
  [...JSON.stringify(value).matchAll(/\$(?:inputs|steps)\.[A-Za-z0-9_.-]+/g)].map(([text]) => text);

/**
 * Tells the operations of a contract and the inputs of its workflows once: `inputs` says of each what it is. The `step()`
 * it returns takes no other operation, path parameter or field of a body; `workflow()` throws for an input that is not
 * there, and for a value that no earlier step gives.
 */
export function workflowsOf<C extends Readonly<Record<string, Operation>>>(
  contract: C,
  inputs: Readonly<Record<string, string>>,
) {
  function step<const K extends keyof C & string>(
    id: string,
    operationId: K,
    definition: StepDefinition<C[K]>,
  ): ArazzoStep {
    const op = contract[operationId];
    if (!op) throw new Error(`step ${id}: the contract has no operation ${operationId}`);
    if (!KEBAB.test(id)) throw new Error(`step ${id}: its id must be in kebab-case`);
    const { description, as, query = {}, headers = {}, body, raw, expect, outputs, retry } = definition;
    const { params = {} } = definition as { params?: Readonly<Record<string, string>> };
    const at = (place: string, values: object) =>
      Object.entries(values).map(([name, value]: [string, unknown]) => ({ name, in: place, value }));
    checkQuery(id, op, Object.keys(query));
    const parameters = [
      ...at("path", params),
      ...at("query", query),
      ...at("header", { ...(as === undefined ? {} : { Authorization: as }), ...headers }),
    ];
    return {
      stepId: id,
      ...(description === undefined ? {} : { description }),
      operationId,
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(body === undefined ? {} : { requestBody: { contentType: "application/json", payload: body } }),
      ...(raw === undefined ? {} : { requestBody: { contentType: raw.type, payload: raw.text } }),
      successCriteria: expect.map(criterion),
      ...(retry
        ? { onFailure: [{ name: "again", type: "retry", retryAfter: retry.everySeconds, retryLimit: retry.times }] }
        : {}),
      ...(outputs ? { outputs } : {}),
    };
  }

  function workflow({ id, steps, ...said }: WorkflowDefinition): Workflow {
    if (!KEBAB.test(id)) throw new Error(`workflow ${id}: its id must be in kebab-case`);
    const used = new Set<string>();
    for (const [at, one] of steps.entries()) {
      const before = steps.slice(0, at);
      for (const text of expressionsIn(one)) {
        const problem = problemOf(text, before, inputs);
        if (problem) throw new Error(`workflow ${id}, step ${one.stepId}: ${text}: ${problem}`);
        const [, input] = /^\$inputs\.(.+)$/.exec(text) ?? [];
        if (input) used.add(input);
      }
      if (before.some(({ stepId }) => stepId === one.stepId)) {
        throw new Error(`workflow ${id}: two steps have the id ${one.stepId}`);
      }
    }
    if (steps.length === 0) throw new Error(`workflow ${id}: it has no steps`);
    const properties = Object.fromEntries(
      [...used].map((name) => [name, { type: "string", description: inputs[name] }]),
    );
    const result: Workflow = {
      workflowId: id,
      ...said,
      ...(used.size > 0 ? { inputs: { type: "object", properties, required: [...used] } } : {}),
      steps,
    };
    written.set(result, count++);
    return result;
  }

  return { step, workflow };
}

function checkQuery(step: string, { id, query }: Operation, names: readonly string[]): void {
  const { shape = {} } = (query ?? {}) as { shape?: object };
  const unknown = names.find((name) => !(name in shape));
  if (unknown !== undefined) throw new Error(`step ${step}: ${id} has no query parameter ${unknown}`);
}

/** Why an expression would have no value, or undefined. */
function problemOf(text: string, before: readonly ArazzoStep[], inputs: object): string | undefined {
  const [, input] = /^\$inputs\.(.+)$/.exec(text) ?? [];
  if (input !== undefined) return input in inputs ? undefined : "there is no such input";
  const [, id, output] = /^\$steps\.([^.]+)\.outputs\.(.+)$/.exec(text) ?? [];
  const step = before.find(({ stepId }) => stepId === id);
  if (!step || output === undefined) return "no step before it has this id";
  return output in (step.outputs ?? {}) ? undefined : `that step has no output ${output}`;
}

/** The workflows that a module exports, as they are written in it. */
export const workflowsIn = (module: object): Workflow[] =>
  // What is in the map is a workflow: `workflow()` alone puts something there.
  (Object.values(module) as Workflow[])
    .filter((one) => written.has(one))
    .sort((a, b) => (written.get(a) ?? 0) - (written.get(b) ?? 0));

/** The Arazzo 1.0.1 document of workflows about one OpenAPI document. Throws where two workflows have one id. */
export function arazzo(
  info: { readonly title: string; readonly version: string; readonly description: string },
  source: { readonly name: string; readonly url: string },
  workflows: readonly Workflow[],
): object {
  const ids = workflows.map(({ workflowId }) => workflowId);
  const double = ids.find((id, at) => ids.indexOf(id) !== at);
  if (double !== undefined) throw new Error(`two workflows have the id ${double}`);
  return { arazzo: "1.0.1", info, sourceDescriptions: [{ ...source, type: "openapi" }], workflows };
}
