import { Api } from "../kit/api.ts";
import type { DocumentedOperation, OpenApiDocument } from "../kit/document.ts";
import type { TestApp } from "../setup/app.ts";
import { type Case, casesOf } from "./cases.ts";
import { Examples } from "./examples.ts";
import type { MockJudge } from "./mock.ts";
import type { Difference, Surface } from "./surface.ts";
import { World } from "./world.ts";

export type RunOptions = {
  readonly app: TestApp;
  readonly document: OpenApiDocument;
  readonly seed: number;
  readonly cases: number;
  /** Whether an operation is looked at; all that every surface has unless told. */
  readonly only?: (op: DocumentedOperation) => boolean;
  /** The first is what the others are held to. */
  readonly surfaces: readonly Surface[];
  readonly mock?: MockJudge;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number, what: string) => void;
  readonly onDifference?: (difference: Difference) => void;
  /** Told of the cases before any is run. */
  readonly onCases?: (cases: readonly Case[]) => void;
};

export type Result = {
  readonly differences: readonly Difference[];
  /** Cases that were run. */
  readonly cases: number;
  readonly operations: number;
  /** Calls by surface, with those that made and looked at resources. */
  readonly calls: Readonly<Record<string, number>>;
  /** Cases by the status of their last answer over HTTP. */
  readonly statuses: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly complete: boolean;
};

/** Runs one set of cases through every surface, each on a tenant of its own, and compares what they show. */
export async function runSurfaces(options: RunOptions): Promise<Result> {
  const started = performance.now();
  const api = new Api(options.document);
  const examples = new Examples(api);
  const { document, seed, only } = options;
  const cases = casesOf({ api, examples, document, seed }, options.cases, only);
  options.onCases?.(cases);
  const differences: Difference[] = [];
  const statuses: Record<string, number> = {};
  const report = (difference: Difference) => {
    differences.push(difference);
    options.onDifference?.(difference);
  };
  const world = new World({ ...options, api, examples, report });
  let done = 0;
  try {
    for (const one of cases) {
      if (options.signal?.aborted) break;
      options.onProgress?.(done, cases.length, one.name);
      const live = await world.run(one);
      const last = String(live.at(-1));
      statuses[last] = (statuses[last] ?? 0) + 1;
      for (const [at, call] of one.calls.entries()) await options.mock?.judge(one.name, call, live[at], report);
      done++;
    }
  } finally {
    for (const surface of options.surfaces) await surface.close();
  }
  return {
    differences,
    cases: done,
    operations: new Set(cases.map(({ operation }) => operation.id)).size,
    calls: { ...world.calls, ...(options.mock ? { mock: options.mock.calls } : {}) },
    statuses,
    seconds: Math.round((performance.now() - started) / 100) / 10,
    complete: done === cases.length,
  };
}
