import type { DocumentedOperation } from "../../document.ts";
import { type Draft, encode } from "../../draft.ts";
import type { Exchange } from "../types.ts";
import { expressionsOf, holds } from "./conditions.ts";
import { asText, type Expression, evaluate, filled, type Scene, WorkflowError } from "./expressions.ts";
import type { Action, Criterion } from "./parts.ts";
import type { Step, Workflow } from "./read.ts";

type Values = Readonly<Record<string, unknown>>;

/** Where a workflow is played. */
export type Stage = {
  readonly base: string;
  /** What earlier workflows took and gave. */
  readonly workflows: Scene["workflows"];
  /** Sends a request. A 429 is waited out, unless it `mayBe429`: then it is the answer. */
  send(op: DocumentedOperation, draft: Draft, mayBe429: boolean): Promise<Exchange>;
  sleep(seconds: number): Promise<void>;
};

/** How a workflow ended: with its outputs, or at a step whose criterion does not hold. */
export type Played =
  | { readonly outputs: Values }
  | {
      readonly step: Step;
      readonly expected: string;
      readonly seen: string;
      /** The requests that show it: each step's last try, in their order. */
      readonly exchanges: readonly Exchange[];
    };

/** Sends the steps of a workflow one after the other, until one fails or an action ends it. */
export async function play(workflow: Workflow, inputs: Values, stage: Stage): Promise<Played> {
  const done = new Map<string, Values>();
  const exchanges: Exchange[] = [];
  const scene: Scene = { inputs, steps: done, workflows: stage.workflows, base: stage.base };
  for (const step of workflow.steps) {
    const tried = await attempt(step, scene, stage);
    if (tried.scene?.exchange) exchanges.push(tried.scene.exchange);
    if ("failed" in tried) return { step, ...tried.failed, exchanges };
    done.set(step.id, tried.outputs);
    if (step.onSuccess.some((action) => applies(action, tried.scene))) break;
  }
  return { outputs: given(workflow.outputs, scene) };
}

type Tried =
  | { readonly scene: Scene; readonly outputs: Values }
  | { readonly scene: Scene | undefined; readonly failed: { readonly expected: string; readonly seen: string } };

/** One step, with the tries that its actions give it. */
async function attempt(step: Step, scene: Scene, stage: Stage): Promise<Tried> {
  const left = new Map(step.onFailure.map((action) => [action, action.retryLimit]));
  for (;;) {
    const tried = await once(step, scene, stage);
    if (!("failed" in tried) || !tried.scene) return tried;
    const now = tried.scene;
    // A retry that is used up gives way to the actions after it; to end is what a failure does by itself.
    const action = step.onFailure.find((one) => applies(one, now) && (one.type === "end" || (left.get(one) ?? 0) > 0));
    if (action?.type !== "retry") return tried;
    left.set(action, (left.get(action) ?? 0) - 1);
    const told = Number(now.exchange?.headers.get("retry-after") ?? Number.NaN);
    await stage.sleep(Number.isFinite(told) ? told : action.retryAfter);
  }
}

const applies = ({ criteria }: Action, scene: Scene): boolean => criteria.every((one) => passes(one, scene));

async function once(step: Step, scene: Scene, stage: Stage): Promise<Tried> {
  let draft: Draft;
  let path: Values;
  try {
    ({ draft, path } = drafted(step, scene));
  } catch (error) {
    if (!(error instanceof WorkflowError)) throw error;
    return { scene: undefined, failed: { expected: "values for its request", seen: error.message } };
  }
  const exchange = await stage.send(
    step.op,
    draft,
    step.criteria.some(({ text }) => /\$statusCode\s*==\s*429\b/.test(text)),
  );
  const now: Scene = { ...scene, exchange, path };
  const broken = step.criteria.find((one) => !passes(one, now));
  if (broken) return { scene: now, failed: { expected: broken.text, seen: seen(broken, now) } };
  const outputs = given(step.outputs, now);
  const missing = Object.entries(step.outputs).find(([name]) => outputs[name] === undefined);
  if (!missing) return { scene: now, outputs };
  return { scene: now, failed: { expected: `a value of ${missing[1].text}`, seen: answer(exchange) } };
}

function passes({ test }: Criterion, scene: Scene): boolean {
  if ("condition" in test) return holds(test.condition, scene);
  const value = evaluate(test.context, scene);
  return value !== undefined && test.pattern.test(asText(value));
}

const given = (outputs: Readonly<Record<string, Expression>>, scene: Scene): Values =>
  Object.fromEntries(Object.entries(outputs).map(([name, expression]) => [name, evaluate(expression, scene)]));

/** What the expressions of a criterion came to, and the answer. */
function seen({ test }: Criterion, scene: Scene): string {
  const looked = "condition" in test ? expressionsOf(test.condition) : [test.context];
  const values = looked
    .filter(({ source }) => source.of !== "statusCode")
    .map((one) => `${one.text} is ${short(evaluate(one, scene))}`);
  const last = scene.exchange ? [answer(scene.exchange)] : [];
  return [...values, ...last].join("; ");
}

const short = (value: unknown): string => (value === undefined ? "not there" : JSON.stringify(value).slice(0, 120));
const answer = ({ status, text }: Exchange): string => `${status} ${text.slice(0, 200)}`.trim();

/** The request of a step. Throws WorkflowError where a value that it wants is not there. */
function drafted({ op, parameters, body }: Step, scene: Scene): { draft: Draft; path: Values } {
  const values = parameters.map((one) => ({ ...one, value: filled(one.value, scene) }));
  const at = (place: string) => values.filter((one) => one.in === place);
  const path = Object.fromEntries(at("path").map(({ name, value }) => [name, value]));
  const draft: Draft = {
    method: op.method,
    path: op.path.replaceAll(/\{([^}]+)\}/g, (_, name: string) => encodeURIComponent(asText(path[name]))),
    query: at("query").flatMap(({ name, value }) =>
      (Array.isArray(value) ? value : [value]).map((one) => [name, asText(one)] as const),
    ),
    headers: Object.fromEntries(at("header").map(({ name, value }) => [name, asText(value)])),
    // Who goes on in an event stream wants all that was missed.
    goesOn: at("header").some(({ name }) => name.toLowerCase() === "last-event-id"),
  };
  return { draft: body ? { ...draft, body: encoded(op, body, scene) } : draft, path };
}

function encoded(op: DocumentedOperation, body: NonNullable<Step["body"]>, scene: Scene): NonNullable<Draft["body"]> {
  const [declared = "application/json", media] = Object.entries(op.body?.content ?? {})[0] ?? [];
  const type = body.type ?? declared;
  const payload = filled(body.payload, scene);
  // A text is the body as it is sent, whatever its type; everything else is written as its type has it.
  if (typeof payload === "string" && body.replacements.length === 0) return { type, bytes: payload };
  const value = structuredClone(payload);
  for (const { way, value: put } of body.replacements) replace(value, way, filled(put, scene));
  return encode(type, value, media?.schema);
}

function replace(value: unknown, way: readonly string[], put: unknown): void {
  const [last = "", ...above] = way.toReversed();
  let at = value;
  for (const part of above.toReversed()) at = (at as Record<string, unknown> | undefined)?.[part];
  if (typeof at !== "object" || at === null) throw new WorkflowError(`the payload has no /${way.join("/")} to replace`);
  (at as Record<string, unknown>)[last] = put;
}
