import { randomBytes } from "node:crypto";
import type { DocumentedOperation } from "../../document.ts";
import type { Check, Run } from "../run.ts";
import { type Played, play } from "../workflows/play.ts";
import type { Workflow } from "../workflows/read.ts";

/** The operation under which a workflow is run: the first of its own that is looked at. */
export const homeOf = ({ steps }: Workflow, run: Run): DocumentedOperation | undefined =>
  steps.find(({ op }) => run.options.only?.(op) ?? true)?.op;

type Values = Readonly<Record<string, unknown>>;
type Ended = { readonly inputs: Values; readonly played: Played } | { readonly why: string };

/** What has come of workflows in a run: those that others depend on are run once. */
const ended = new WeakMap<Run, Map<string, Ended>>();

/** A word that no run before has used, for names and addresses that must be new: it begins with a letter. */
const newWord = (): string => `r${randomBytes(7).toString("hex")}`;

/** Values of a workflow's inputs: what the caller of the run gives, principals by name, defaults; or what is missing. */
async function inputsOf({ inputs }: Workflow, run: Run): Promise<{ values: Values; missing: readonly string[] }> {
  const names = [...inputs.keys()];
  const given = (await run.options.inputs?.(names)) ?? {};
  const values = Object.fromEntries(
    [...inputs].flatMap(([name, otherwise]) => {
      const who = run.cast.all.find((one) => one.name === name);
      const value = given[name] ?? who?.headers.authorization ?? otherwise ?? (name === "run" ? newWord() : undefined);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return { values, missing: names.filter((name) => values[name] === undefined) };
}

async function once(workflow: Workflow, run: Run): Promise<Ended> {
  const all = ended.get(run) ?? new Map<string, Ended>();
  ended.set(run, all);
  const known = all.get(workflow.id);
  if (known) return known;
  const end = await toItsEnd(workflow, run, all);
  all.set(workflow.id, end);
  return end;
}

async function toItsEnd(workflow: Workflow, run: Run, all: ReadonlyMap<string, Ended>): Promise<Ended> {
  const before = new Map<string, { inputs: Values; outputs: Values }>();
  for (const id of workflow.dependsOn) {
    const other = run.workflows.find((one) => one.id === id);
    const end = other && (all.get(id) ?? (await once(other, run)));
    if (!end || "why" in end || !("outputs" in end.played)) {
      return { why: `${workflow.id} depends on ${id}, which did not come to its end` };
    }
    before.set(id, { inputs: end.inputs, outputs: end.played.outputs });
  }
  const { values, missing } = await inputsOf(workflow, run);
  if (missing.length > 0) {
    return {
      why: `${workflow.id} needs ${missing.join(" and ")}: an input, or a principal of that name`,
    };
  }
  const played = await play(workflow, values, {
    base: run.options.baseUrl,
    workflows: before,
    send: (op, draft, mayBe429) =>
      mayBe429 ? run.session.sendOnce(op, draft, undefined) : run.send(op, draft, undefined),
    sleep: (seconds) => run.clock.sleep(seconds * 1000),
  });
  return { inputs: values, played };
}

/** Runs one workflow and reports where it fails. Returns why it could not be run, or undefined. */
export async function runWorkflow(workflow: Workflow, run: Run): Promise<string | undefined> {
  const end = await once(workflow, run);
  if ("why" in end) return end.why;
  if ("outputs" in end.played) return undefined;
  const { step, expected, seen, exchanges } = end.played;
  const where = `${workflow.id}, step ${step.id}: ${expected} (${workflow.summary})`;
  run.report(workflows.name, step.op, { expected: where, seen }, exchanges);
  return undefined;
}

export const workflows: Check = {
  name: "workflow",
  about: "Every workflow of an Arazzo document goes as it says: what operations promise together",
  applies: (op, run) => run.workflows.some((one) => homeOf(one, run) === op),
  async run(op, run) {
    for (const workflow of run.workflows.filter((one) => homeOf(one, run) === op)) {
      const why = await runWorkflow(workflow, run);
      if (why !== undefined) run.notRun.push({ check: this.name, operation: op.id, why });
    }
  },
};
